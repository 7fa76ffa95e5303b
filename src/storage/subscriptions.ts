import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { EventType } from '../core/events.ts'
import type { Disposition } from '../core/model.ts'
import type { Database } from './database.ts'

/** Somebody who is told of events, without what signs. */
export interface Subscription {
  readonly id: string
  readonly url: string
  readonly events: readonly EventType[]
  /** What is null, any. */
  readonly decision: string | null
  readonly disposition: Disposition | null
  /** An id or an alias. */
  readonly account: string | null
  /** Whether what there is for it waits. */
  readonly paused: boolean
  readonly createdBy: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
}

/** As whoever makes deliveries needs it. */
export interface Listening extends Pick<Subscription, 'id' | 'events' | 'decision' | 'disposition'> {
  /** Ids of the account; null: any. */
  readonly accounts: readonly string[] | null
  /** Where it is told, which says nothing secret. */
  readonly host: string
  /** The first transaction of which it hears. */
  readonly since: number
}

export async function insertSubscription(
  trx: Transaction<Database>,
  { id, url, events, decision, disposition, account, createdBy, createdAt }: Omit<Subscription, 'paused'>,
  secret: string,
): Promise<void> {
  await trx
    .insertInto('subscriptions')
    .values({
      id,
      url,
      events: [...events],
      decision,
      disposition,
      account,
      secret,
      created_by: createdBy,
      created_at: new Date(createdAt),
    })
    .execute()
}

export async function countSubscriptions(db: Kysely<Database>): Promise<number> {
  const { count } = await db
    .selectFrom('subscriptions')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

/** All columns but the secret, so that none gets where it is shown. */
const SHOWN = [
  'id',
  'url',
  'events',
  'decision',
  'disposition',
  'account',
  'paused',
  'created_by',
  'created_at',
] as const

export async function findSubscription(db: Kysely<Database>, id: string): Promise<Subscription | undefined> {
  const row = await db.selectFrom('subscriptions').select(SHOWN).where('id', '=', id).executeTakeFirst()
  return row && subscriptionOf(row)
}

/** Newest first; `after` is the last id of the page before. */
export async function listSubscriptions(
  db: Kysely<Database>,
  after: string | undefined,
  limit: number,
): Promise<readonly Subscription[]> {
  let query = db.selectFrom('subscriptions').select(SHOWN).orderBy('id', 'desc').limit(limit)
  if (after !== undefined) query = query.where('id', '<', after)
  return (await query.execute()).map(subscriptionOf)
}

/** What is left out stays. @returns undefined where there is none of that id */
export async function changeSubscription(
  trx: Transaction<Database>,
  id: string,
  change: { readonly paused?: boolean | undefined; readonly secret?: string | undefined },
): Promise<Subscription | undefined> {
  const { paused, secret } = change
  const row = await trx
    .updateTable('subscriptions')
    .set({ id, ...(paused !== undefined && { paused }), ...(secret !== undefined && { secret }) })
    .where('id', '=', id)
    .returning(SHOWN)
    .executeTakeFirst()
  return row && subscriptionOf(row)
}

/** @returns what was deleted; undefined where there is none of that id */
export async function deleteSubscription(trx: Transaction<Database>, id: string): Promise<Subscription | undefined> {
  const row = await trx.deleteFrom('subscriptions').where('id', '=', id).returning(SHOWN).executeTakeFirst()
  return row && subscriptionOf(row)
}

/** Where what is for it goes, and what signs that. */
export async function findWay(
  db: Kysely<Database>,
  id: string,
): Promise<{ readonly url: string; readonly secret: string; readonly paused: boolean } | undefined> {
  return db.selectFrom('subscriptions').select(['url', 'secret', 'paused']).where('id', '=', id).executeTakeFirst()
}

/** All of them, paused ones too: what there is for those waits. */
export async function readListening(db: Kysely<Database>): Promise<readonly Listening[]> {
  const { rows } = await sql<Omit<Listening, 'since' | 'host'> & { readonly since: string; readonly url: string }>`
    SELECT s.id, s.url, s.events, s.decision, s.disposition, s.since::text,
      CASE WHEN s.account IS NOT NULL THEN ARRAY[s.account, coalesce(a.account_id, s.account)] END AS accounts
    FROM subscriptions s LEFT JOIN aliases a ON a.alias = s.account`.execute(db)
  return rows.map(({ since, url, ...row }) => ({ ...row, host: new URL(url).host, since: Number(since) }))
}

function subscriptionOf(row: Omit<Selectable<Database['subscriptions']>, 'secret' | 'since'>): Subscription {
  return {
    id: row.id,
    url: row.url,
    events: row.events as EventType[],
    decision: row.decision,
    disposition: row.disposition as Disposition | null,
    account: row.account,
    paused: row.paused,
    createdBy: row.created_by,
    createdAt: row.created_at.getTime(),
  }
}
