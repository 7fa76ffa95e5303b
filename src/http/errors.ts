import { asProblem, Problem, type ProblemCode } from '../app/problem.ts'

interface Kind {
  readonly status: number
  readonly title: string
  /** Seconds after which it makes sense to try again. */
  readonly retryAfter?: number
}

/** What each way to fail is over HTTP. */
export const KINDS: Readonly<Record<ProblemCode, Kind>> = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  unauthorized: { status: 401, title: 'A valid API key is needed' },
  sender_not_authenticated: { status: 401, title: 'The sender could not be authenticated' },
  forbidden: { status: 403, title: 'The API key may not do this' },
  agent_not_allowed: { status: 403, title: 'The API key does not speak for this agent' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'The resource does not have this method' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  alias_conflict: { status: 409, title: 'The alias belongs to another account' },
  already_claimed: { status: 409, title: 'Somebody else holds the escalation' },
  already_resolved: { status: 409, title: 'The escalation is closed' },
  not_claimed: { status: 409, title: 'The reviewer does not hold the escalation' },
  escalation_changed: { status: 409, title: 'The escalation has changed meanwhile' },
  key_conflict: { status: 409, title: 'The name of the key is taken' },
  outcome_conflict: { status: 409, title: 'The source has stated another outcome before' },
  idempotency_in_progress: { status: 409, title: 'The first request is still running', retryAfter: 1 },
  shadow_conflict: { status: 409, title: 'The set can not run as a shadow now' },
  delivery_pending: { status: 409, title: 'The delivery is still being tried' },
  backtest_pending: { status: 409, title: 'The back-test is not done yet' },
  backtest_finished: { status: 409, title: 'The back-test is over already' },
  lease_used: { status: 409, title: 'The lease has been redeemed' },
  lease_revoked: { status: 409, title: 'The lease has been revoked' },
  lease_expired: { status: 409, title: 'The lease has expired' },
  payload_changed: { status: 409, title: 'The payload is not the one that was checked' },
  redacted: { status: 410, title: 'What it takes has been erased' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  facts_too_large: { status: 413, title: 'The facts of the account are too large' },
  unsupported_media_type: { status: 415, title: 'The media type is not supported' },
  unknown_decision: { status: 400, title: 'No rule file declares this decision' },
  unknown_action: { status: 400, title: 'The decision does not have this action' },
  unknown_state: { status: 400, title: 'The decision does not have this state' },
  unknown_reason: { status: 400, title: 'The reason is none that queues.yaml declares' },
  invalid_ruleset: { status: 422, title: 'The rules do not load' },
  signal_conflict: { status: 422, title: 'The signal was accepted before with other content' },
  score_without_scale: { status: 422, title: 'The agent has no scale for scores' },
  idempotency_mismatch: { status: 422, title: 'The idempotency key belongs to another request' },
  rate_limited: { status: 429, title: 'Too many requests', retryAfter: 60 },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  damaged: { status: 500, title: 'What is stored is not what was recorded' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  source_disabled: { status: 503, title: 'The source is not set up', retryAfter: 300 },
  overloaded: { status: 503, title: 'Too busy at the moment', retryAfter: 1 },
  unavailable: { status: 503, title: 'Not available at the moment', retryAfter: 2 },
}

export const PROBLEM_TYPE = 'application/problem+json'

/** A problem document (RFC 9457). `instance` is the request: what the log says of it is under the same id. */
export function problemDocument(problem: Problem, requestId: string): Record<string, unknown> {
  const { status, title } = KINDS[problem.code]
  return {
    type: `urn:umpire:problem:${problem.code}`,
    title,
    status,
    code: problem.code,
    detail: problem.message,
    instance: `urn:uuid:${requestId}`,
    ...(problem.errors && { errors: problem.errors }),
  }
}

export const MEBIBYTE = 1024 * 1024

/**
 * Whatever was thrown, in the words of our contract.
 * @param bodyLimit bytes that the body of the request may have
 */
export function httpProblem(error: unknown, bodyLimit: () => number = () => MEBIBYTE): Problem {
  if (error instanceof Problem) return error
  const { code, statusCode, message } = error as { code?: unknown; statusCode?: unknown; message?: unknown }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    const detail = `the body has more than ${bodyLimit() / MEBIBYTE} MiB; send it in smaller parts`
    return new Problem('payload_too_large', detail, { cause: error })
  }
  const known = typeof code === 'string' ? FRAMEWORK[code] : undefined
  if (known) return new Problem(...known, { cause: error })
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new Problem('invalid_request', lowerCase(String(message)), { cause: error })
  }
  return asProblem(error)
}

/** Fastify's own refusals. */
const FRAMEWORK: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'unsupported_media_type',
    'send JSON, with the header `content-type: application/json`',
  ],
  FST_ERR_CTP_EMPTY_TYPE: ['unsupported_media_type', 'send JSON, with the header `content-type: application/json`'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid_request', 'the body is not as long as its `content-length` says'],
  FST_ERR_MAX_PARAM_LENGTH: [
    'invalid_request',
    'the path has a name in it that is too long; 200 characters is the most',
  ],
  FST_ERR_BAD_URL: ['invalid_request', 'the path is not valid: percent-encode what is not plain, `%` itself as `%25`'],
}

function lowerCase(message: string): string {
  return (message.charAt(0).toLowerCase() + message.slice(1)).replace(/\.$/, '')
}
