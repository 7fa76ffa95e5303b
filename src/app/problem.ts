import { isUnavailable } from '../storage/unavailable.ts'

/** All the ways in which a request can fail, for every door. Each has its HTTP status in `http/errors.ts`. */
export const PROBLEM_CODES = [
  'invalid_request',
  'invalid_json',
  'payload_too_large',
  'unsupported_media_type',
  'unauthorized',
  'sender_not_authenticated',
  'forbidden',
  'not_found',
  'method_not_allowed',
  'request_timeout',
  'headers_too_large',
  'unknown_decision',
  'invalid_ruleset',
  'unknown_action',
  'unknown_state',
  'unknown_reason',
  'agent_not_allowed',
  'signal_conflict',
  'score_without_scale',
  'outcome_conflict',
  'alias_conflict',
  'already_claimed',
  'already_resolved',
  'not_claimed',
  'escalation_changed',
  'key_conflict',
  'delivery_pending',
  'shadow_conflict',
  'backtest_pending',
  'backtest_finished',
  'facts_too_large',
  'lease_used',
  'lease_revoked',
  'lease_expired',
  'payload_changed',
  'redacted',
  'idempotency_mismatch',
  'idempotency_in_progress',
  'rate_limited',
  'source_disabled',
  'overloaded',
  'unavailable',
  'damaged',
  'internal',
] as const
export type ProblemCode = (typeof PROBLEM_CODES)[number]

export interface FieldError {
  /** JSON path of what is wrong, `signals.3.confidence`. */
  readonly path: string
  readonly message: string
}

/** A failure that the caller is told, in words made for them: no internals, no stack. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly errors: readonly FieldError[] | undefined

  constructor(code: ProblemCode, detail: string, options: { errors?: readonly FieldError[]; cause?: unknown } = {}) {
    super(detail, { cause: options.cause })
    this.code = code
    this.errors = options.errors
  }
}

/** What the trail or a table keeps is not what was recorded there. */
export function damaged(stream: string, sequence: number, what: string, cause?: unknown): Problem {
  const where = `entry ${sequence} of \`${stream}\``
  return new Problem('damaged', `${where} can't be read back: ${what}; run \`umpire audit verify\` to see where`, {
    cause,
  })
}

/** Whatever was thrown as something that may be told: what went wrong inside is the log's. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (isUnavailable(error)) {
    return new Problem('unavailable', "the database can't be reached at the moment; try again shortly", {
      cause: error,
    })
  }
  return new Problem('internal', 'an unexpected error; quote `instance` to whoever runs this service', { cause: error })
}
