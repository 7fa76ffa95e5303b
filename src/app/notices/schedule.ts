/** How long a delivery is tried for, in milliseconds: a weekend's outage loses some, a night's none. */
export const GIVE_UP_AFTER = 24 * 3_600_000

const FIRST = 5_000
const LONGEST = 3_600_000

/**
 * When to try again after an attempt that failed: after a random part of a wait that doubles with each attempt, from 5 s
 * to an hour, so that what failed together does not come back together (full jitter: Brooker, "Exponential Backoff And
 * Jitter", 2015). A target that names a later time gets it, an hour from now at the latest.
 *
 * @param attempts how many there have been, from 1
 * @param draw uniform in [0, 1)
 * @param retryAfter as the target sent it: seconds, or an HTTP date (RFC 9110)
 * @returns milliseconds since the epoch
 */
export function nextAttempt(attempts: number, now: number, draw: number, retryAfter: string | null): number {
  const wait = draw * Math.min(LONGEST, FIRST * 2 ** (attempts - 1))
  const asked = retryAfter === null ? 0 : waitAsked(retryAfter, now)
  return now + Math.max(Math.round(wait), Math.min(asked, LONGEST))
}

/** Milliseconds; 0 where it is not understood. */
function waitAsked(retryAfter: string, now: number): number {
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1000
  // A date of another form could mean anything.
  const time = /^\w{3}, .* GMT$/.test(retryAfter) ? Date.parse(retryAfter) : Number.NaN
  return Number.isNaN(time) ? 0 : Math.max(0, time - now)
}
