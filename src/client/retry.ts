import type { UmpireError } from './error.ts'

/** Milliseconds: the most that is waited before the second try; twice that before the third, and so on. */
const FIRST = 100
const LONGEST = 5_000

const STATUSES: ReadonlySet<number | null> = new Set([429, 502, 503, 504])

/**
 * Whether a try that failed is worth another: nothing was answered, or that the service is busy, away, or still at work on the
 * try before. Each try carries the same idempotency key, so that what was done is not done again.
 */
export function isWorthRetrying({ status, code }: UmpireError): boolean {
  if (code === 'unreachable' || code === 'unreadable' || code === 'idempotency_in_progress') return true
  return STATUSES.has(status)
}

/**
 * How long to wait before a try, in milliseconds: as long as the service says, and up to a bound that doubles, at random, so
 * that those who failed together don't come back together ("full jitter", Brooker 2015).
 *
 * @param retry 1 before the second try
 * @param draw uniform in [0, 1)
 * @param retryAfterMs null: the service did not say
 */
export function pauseBefore(retry: number, draw: number, retryAfterMs: number | null): number {
  return (retryAfterMs ?? 0) + draw * Math.min(LONGEST, FIRST * 2 ** (retry - 1))
}

/**
 * The header `Retry-After` (RFC 9110, section 10.2.3) in milliseconds, whether it gives seconds or a date.
 * @param now milliseconds since the epoch
 * @returns null where there is none, or none that can be understood
 */
export function parseRetryAfter(header: string | null, now: number): number | null {
  const text = header?.trim() ?? ''
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  const at = /^[A-Z]/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? null : Math.max(0, at - now)
}
