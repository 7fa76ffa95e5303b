import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'

/** A first answer as it is kept, to be given again. */
export interface StoredAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What is known of an `Idempotency-Key` that someone has used before. */
export interface Held {
  /** SHA-256 of the request that used it first. */
  readonly request: Buffer
  /** Null while the first request is running. */
  readonly answer: StoredAnswer | null
}

export interface Hold {
  /** Name of the API key: two of them never share an `Idempotency-Key`. */
  readonly owner: string
  readonly key: string
  readonly request: Buffer
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly lockedUntil: number
  /** Answers given before are forgotten. */
  readonly expired: number
}

/**
 * Takes the key for a request: a new one, one whose answer is too old, or one of the same request that never came to
 * an end and whose lock has lapsed.
 * @returns false where another request holds it or has been answered
 */
export async function hold(db: Kysely<Database>, { owner, key, request, ...times }: Hold): Promise<boolean> {
  const now = new Date(times.now)
  const { rows } = await sql`
    INSERT INTO idempotency_keys AS held (owner, key, request, locked_until, created_at)
    VALUES (${owner}, ${key}, ${request}, ${new Date(times.lockedUntil)}, ${now})
    ON CONFLICT (owner, key) DO UPDATE
    SET request = excluded.request, status = NULL, headers = NULL, body = NULL,
        locked_until = excluded.locked_until, created_at = excluded.created_at
    WHERE held.created_at <= ${new Date(times.expired)}
       OR (held.status IS NULL AND held.locked_until <= ${now} AND held.request = excluded.request)
    RETURNING 1`.execute(db)
  return rows.length === 1
}

export async function findHeld(db: Kysely<Database>, owner: string, key: string): Promise<Held | undefined> {
  const row = await db
    .selectFrom('idempotency_keys')
    .select(['request', 'status', 'headers', 'body'])
    .where('owner', '=', owner)
    .where('key', '=', key)
    .executeTakeFirst()
  if (!row) return undefined
  const { request, status, headers, body } = row
  return { request, answer: status === null ? null : { status, headers: headers ?? {}, body: body ?? '' } }
}

/** Keeps the first answer. An adjudication writes its own together with everything else it writes: see `commit`. */
export async function complete(db: Kysely<Database>, owner: string, key: string, answer: StoredAnswer): Promise<void> {
  await db
    .updateTable('idempotency_keys')
    .set({ status: answer.status, headers: JSON.stringify(answer.headers), body: answer.body })
    .where('owner', '=', owner)
    .where('key', '=', key)
    .where('status', 'is', null)
    .execute()
}

/** Lets the key go, since its request came to nothing that should be repeated. */
export async function release(db: Kysely<Database>, owner: string, key: string): Promise<void> {
  await db
    .deleteFrom('idempotency_keys')
    .where('owner', '=', owner)
    .where('key', '=', key)
    .where('status', 'is', null)
    .execute()
}

/** @returns how many keys were forgotten */
export async function deleteExpired(db: Kysely<Database>, expired: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('idempotency_keys')
    .where('created_at', '<=', new Date(expired))
    .executeTakeFirst()
  return Number(numDeletedRows)
}
