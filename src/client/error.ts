import type { Problem } from './api.ts'

/**
 * Why there is no answer: a code of the service, or one of those that only a client can know. `unreachable`: no connection,
 * or it broke off. `timed_out`: not within the time that the caller gave. `unreadable`: an answer that is no JSON, or half of
 * it. `not_umpire`: something else refuses, such as a proxy.
 */
export type UmpireErrorCode = Problem['code'] | 'unreachable' | 'timed_out' | 'unreadable' | 'not_umpire'

export interface UmpireErrorDetails {
  readonly code: UmpireErrorCode
  /** HTTP status; null: nothing was answered. */
  readonly status: number | null
  readonly title: string
  /** Identifies the request in the log of the service; null: it did not say. */
  readonly instance?: string | null
  /** All that is wrong with the request, where it is not valid. */
  readonly errors?: NonNullable<Problem['errors']>
  /** How long to wait before the next try, in milliseconds; null: nobody said. */
  readonly retryAfterMs?: number | null
  readonly cause?: unknown
}

/** A request that was not answered as asked. The message is for people, and says what to do next. */
export class UmpireError extends Error {
  override readonly name = 'UmpireError'
  readonly code: UmpireErrorCode
  readonly status: number | null
  readonly title: string
  readonly instance: string | null
  readonly errors: NonNullable<Problem['errors']>
  readonly retryAfterMs: number | null

  constructor(message: string, details: UmpireErrorDetails) {
    const { code, status, title, instance = null, errors = [], retryAfterMs = null, cause } = details
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.status = status
    this.title = title
    this.instance = instance
    this.errors = errors
    this.retryAfterMs = retryAfterMs
  }

  /** Whether the service could not answer, rather than would not: the same request may be answered later. */
  get isUnavailable(): boolean {
    const { code, status } = this
    if (status === null || code === 'unreadable' || code === 'idempotency_in_progress') return true
    return status === 408 || status === 429 || status >= 500
  }
}

/** Node's `fetch` hides the reason in the cause; sockets that fail for every address of a host have a code and no message. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause as { readonly code?: string; readonly message?: string } | undefined
  return cause?.code ?? (cause?.message || error.message)
}
