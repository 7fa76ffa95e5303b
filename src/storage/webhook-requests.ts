import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'

/** Whether a request that is known by any of the keys has been taken in before. @param now milliseconds since the epoch */
export async function hasCome(
  db: Kysely<Database>,
  source: string,
  keys: readonly string[],
  now: number,
): Promise<boolean> {
  if (keys.length === 0) return false
  const row = await db
    .selectFrom('webhook_requests')
    .select('key')
    .where('source', '=', source)
    .where('key', 'in', keys)
    .where('forget_at', '>', new Date(now))
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Remembers a request by its keys, each until a time (milliseconds since the epoch). */
export async function rememberRequest(
  db: Kysely<Database>,
  source: string,
  keys: readonly { readonly key: string; readonly until: number }[],
): Promise<void> {
  if (keys.length === 0) return
  await db
    .insertInto('webhook_requests')
    .values(keys.map(({ key, until }) => ({ source, key, forget_at: new Date(until) })))
    .onConflict((conflict) => conflict.columns(['source', 'key']).doUpdateSet({ forget_at: sql`excluded.forget_at` }))
    .execute()
}

/** @returns how many requests were forgotten */
export async function forgetRequests(db: Kysely<Database>, now: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('webhook_requests')
    .where('forget_at', '<=', new Date(now))
    .executeTakeFirst()
  return Number(numDeletedRows)
}
