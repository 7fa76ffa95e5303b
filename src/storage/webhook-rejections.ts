import { createHash } from 'node:crypto'
import { type Kysely, type Selectable, sql } from 'kysely'
import type { Database } from './database.ts'

/** What a source sent and could not be taken in. Times are milliseconds since the epoch. */
export interface Rejection {
  readonly id: string
  readonly source: string
  /** As the source calls it; null: not known. */
  readonly account: string | null
  /** Whether it is a payload of which it could not be told what its events are. */
  readonly whole: boolean
  /** JSON; of a payload what was sent. */
  readonly event: string
  /** Null: none fits. */
  readonly matcher: string | null
  readonly reason: string
  /** How often it has come. */
  readonly times: number
  readonly firstAt: number
  readonly lastAt: number
}

export type NewRejection = Pick<Rejection, 'id' | 'source' | 'account' | 'whole' | 'event' | 'matcher' | 'reason'>

/**
 * Keeps what could not be taken in. What has come before is counted, and its reason is the newest.
 * @param cameAt milliseconds since the epoch
 */
export async function keepRejections(
  db: Kysely<Database>,
  rejections: readonly NewRejection[],
  cameAt: number,
): Promise<void> {
  const rows = new Map(rejections.map((rejection) => [digestOf(rejection).toString('hex'), rejection]))
  if (rows.size === 0) return
  const at = new Date(cameAt)
  await db
    .insertInto('webhook_rejections')
    .values(
      [...rows.values()].map((rejection) => ({
        id: rejection.id,
        account_id: storable(rejection.account ?? ''),
        source: rejection.source,
        digest: digestOf(rejection),
        whole: rejection.whole,
        event: storable(rejection.event),
        matcher: rejection.matcher,
        reason: storable(rejection.reason),
        first_at: at,
        last_at: at,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['source', 'digest']).doUpdateSet({
        times: sql`webhook_rejections.times + 1`,
        last_at: sql`greatest(webhook_rejections.last_at, excluded.last_at)`,
        matcher: sql`excluded.matcher`,
        reason: sql`excluded.reason`,
        account_id: sql`excluded.account_id`,
      }),
    )
    .execute()
}

const digestOf = ({ event }: Pick<Rejection, 'event'>): Buffer => createHash('sha256').update(event).digest()

/** PostgreSQL has no NUL in a text. */
const storable = (text: string): string => text.replaceAll('\0', '\uFFFD')

export async function findRejection(db: Kysely<Database>, id: string): Promise<Rejection | undefined> {
  const row = await db.selectFrom('webhook_rejections').selectAll().where('id', '=', id).executeTakeFirst()
  return row && rejectionOf(row)
}

/** Bytes of events that a page has at most before its last. */
const PAGE = 4 * 1024 * 1024

/**
 * Newest first; fewer than asked for where they are large.
 * @param after `next` of the page before
 */
export async function listRejections(
  db: Kysely<Database>,
  { source }: { readonly source?: string | undefined },
  after: string | undefined,
  limit: number,
): Promise<{ readonly rejections: readonly Rejection[]; readonly next: string | null }> {
  const before = sql<string>`sum(octet_length(event)) OVER (ORDER BY id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`
  let query = db
    .selectFrom('webhook_rejections')
    .select(['id', before.as('before')])
    .orderBy('id', 'desc')
    .limit(limit + 1)
  if (source !== undefined) query = query.where('source', '=', source)
  if (after !== undefined) query = query.where('id', '<', after)
  const sizes = await query.execute()
  const ids = sizes
    .filter((row) => Number(row.before) < PAGE)
    .slice(0, limit)
    .map(({ id }) => id)
  if (ids.length === 0) return { rejections: [], next: null }
  const rows = await db
    .selectFrom('webhook_rejections')
    .selectAll()
    .where('id', 'in', ids)
    .orderBy('id', 'desc')
    .execute()
  return { rejections: rows.map(rejectionOf), next: sizes.length > ids.length ? ids.at(-1)! : null }
}

/** Of a source, oldest first, those after an id. */
export async function oldestRejections(
  db: Kysely<Database>,
  source: string,
  after: string | undefined,
  limit: number,
): Promise<readonly Rejection[]> {
  let query = db.selectFrom('webhook_rejections').selectAll().where('source', '=', source).orderBy('id').limit(limit)
  if (after !== undefined) query = query.where('id', '>', after)
  return (await query.execute()).map(rejectionOf)
}

/** Takes one off the list. @returns whether it was there */
export async function dropRejection(db: Kysely<Database>, id: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('webhook_rejections').where('id', '=', id).executeTakeFirst()
  return numDeletedRows > 0n
}

/** Says anew why something can't be taken in. */
export async function explainRejection(
  db: Kysely<Database>,
  id: string,
  { matcher, account, reason }: Pick<Rejection, 'matcher' | 'account' | 'reason'>,
): Promise<void> {
  await db
    .updateTable('webhook_rejections')
    .set({ matcher, account_id: storable(account ?? ''), reason: storable(reason) })
    .where('id', '=', id)
    .execute()
}

/** @returns how many were deleted that last came by a time (milliseconds) */
export async function deleteRejections(db: Kysely<Database>, by: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('webhook_rejections')
    .where('last_at', '<=', new Date(by))
    .executeTakeFirst()
  return Number(numDeletedRows)
}

function rejectionOf(row: Selectable<Database['webhook_rejections']>): Rejection {
  return {
    id: row.id,
    source: row.source,
    account: row.account_id === '' ? null : row.account_id,
    whole: row.whole,
    event: row.event,
    matcher: row.matcher,
    reason: row.reason,
    times: row.times,
    firstAt: row.first_at.getTime(),
    lastAt: row.last_at.getTime(),
  }
}
