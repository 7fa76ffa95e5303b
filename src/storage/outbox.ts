import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from './database.ts'

/** A job that is committed and waits to be queued, or, if a notice, to have its work done. */
export interface OutboxRow {
  readonly id: number
  readonly topic: string
  /** JSON. */
  readonly payload: string
  readonly createdAt: Date
}

/** Jobs that are committed and not yet queued. */
export async function countOutbox(db: Kysely<Database>): Promise<number> {
  const { count } = await db
    .selectFrom('outbox')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('published_at', 'is', null)
    .executeTakeFirstOrThrow()
  return count
}

/**
 * Lets one relay publish at a time, over all processes, until its transaction ends: otherwise two could hand over what
 * belongs to one account in another order than it was committed.
 *
 * @returns false where another is at it
 */
export async function lockOutbox(transaction: Transaction<Database>): Promise<boolean> {
  const { rows } = await sql<{ held: boolean }>`SELECT pg_try_advisory_xact_lock(${OUTBOX_LOCK}) AS held`.execute(
    transaction,
  )
  return rows[0]!.held
}
/** "umpo" as an integer. */
const OUTBOX_LOCK = 0x756d706f

/** The first that are not queued yet, in the order of their commits where they are of one account. */
export async function unpublished(transaction: Transaction<Database>, limit: number): Promise<readonly OutboxRow[]> {
  return rowsOf(transaction).where('published_at', 'is', null).orderBy('id').limit(limit).execute()
}

/** Notices that were queued before `before` and whose work is not done. */
export async function unhandled(
  db: Kysely<Database>,
  { before, after, limit }: { readonly before: number; readonly after: number; readonly limit: number },
): Promise<readonly OutboxRow[]> {
  return rowsOf(db)
    .where('published_at', '<=', new Date(before))
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute()
}

function rowsOf(db: Kysely<Database>) {
  return db.selectFrom('outbox').select(['id', 'topic', 'payload', 'created_at as createdAt'])
}

export async function markPublished(
  transaction: Transaction<Database>,
  ids: readonly number[],
  at: number,
): Promise<void> {
  await transaction
    .updateTable('outbox')
    .set({ published_at: new Date(at) })
    .where(sql<boolean>`id = ANY(${ids}::bigint[])`)
    .execute()
}

export async function removeFromOutbox(transaction: Transaction<Database>, ids: readonly number[]): Promise<void> {
  await transaction.deleteFrom('outbox').where(sql<boolean>`id = ANY(${ids}::bigint[])`).execute()
}

/** Leaves a job for the relay, in the transaction that calls for it. Whoever commits that rings the bell. */
export async function enqueue(
  transaction: Transaction<Database>,
  {
    account,
    topic,
    payload,
    at,
  }: { readonly account: string; readonly topic: string; readonly payload: object; readonly at: number },
): Promise<void> {
  await transaction
    .insertInto('outbox')
    .values({
      account_id: account,
      topic,
      payload: JSON.stringify(payload),
      created_at: new Date(at),
      published_at: null,
    })
    .execute()
}
