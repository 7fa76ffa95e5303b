import { complete, deleteExpired, findHeld, hold, release, type StoredAnswer } from '../storage/idempotency.ts'
import type { App } from './app.ts'
import { Problem } from './problem.ts'

const HOUR = 3_600_000
/** First answers are kept this long. */
const KEPT = 24 * HOUR
/** A request that has not come to an end by then never will: its process has died. */
const LOCKED = 60_000

/** An `Idempotency-Key` as one API key uses it. */
export interface IdempotencyKey {
  readonly owner: string
  readonly key: string
}

/**
 * Takes the key for a request, after draft-ietf-httpapi-idempotency-key-header.
 * @param request SHA-256 of what must be the same the next time
 * @returns the first answer, where there is one to be given again; null: go on, then `remember` or `forget`
 * @throws Problem `idempotency_mismatch` where the key came with another request,
 *   `idempotency_in_progress` where the first one is still running
 */
export async function begin(app: App, { owner, key }: IdempotencyKey, request: Buffer): Promise<StoredAnswer | null> {
  const now = app.now()
  const taken = await hold(app.db, { owner, key, request, now, lockedUntil: now + LOCKED, expired: now - KEPT })
  if (taken) return null
  const held = await findHeld(app.db, owner, key)
  if (held && !held.request.equals(request)) {
    throw new Problem(
      'idempotency_mismatch',
      `idempotency key \`${key}\` was used with another request; send each request with a key of its own`,
    )
  }
  // Not there any more: the first request has just failed and let it go.
  if (held?.answer) return held.answer
  throw new Problem(
    'idempotency_in_progress',
    `the first request with idempotency key \`${key}\` is still running; send it again in a moment`,
  )
}

/** Keeps the first answer, unless it is kept already. */
export async function remember(app: App, { owner, key }: IdempotencyKey, answer: StoredAnswer): Promise<void> {
  await complete(app.db, owner, key, answer)
}

/** Lets the key go: the request failed in a way that the next try need not. */
export async function forget(app: App, { owner, key }: IdempotencyKey): Promise<void> {
  await release(app.db, owner, key)
}

/**
 * Deletes what is older than a day; once an hour is often enough.
 * @returns how many keys were deleted
 */
export async function sweepIdempotencyKeys(app: App): Promise<number> {
  return deleteExpired(app.db, app.now() - KEPT)
}
