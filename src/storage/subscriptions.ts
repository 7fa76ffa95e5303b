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
  /** Whom it concerns. */
  readonly agent: string | null
  /** Whether what there is for it waits. */
  readonly paused: boolean
  readonly createdBy: string
  /** Milliseconds since the epoch. */
  readonly createdAt: number
}

/** As whoever makes deliveries needs it. */
export interface Listening extends Pick<Subscription, 'id' | 'events' | (typeof FILTERS)[number]> {
  /** Where it is told, which says nothing secret. */
  readonly host: string
  /** The first transaction of which it hears. */
  readonly since: number
}

const FILTERS = ['decision', 'disposition', 'account', 'agent'] as const

export async function insertSubscription(
  trx: Transaction<Database>,
  { id, url, events, decision, disposition, account, agent, createdBy, createdAt }: Omit<Subscription, 'paused'>,
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
      agent,
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

/** All columns but the secrets, so that none gets where it is shown. */
const SHOWN = ['id', 'url', 'events', ...FILTERS, 'paused', 'created_by', 'created_at'] as const

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

export interface SubscriptionUpdate {
  readonly paused?: boolean | undefined
  /** Of another secret, and until when (milliseconds since the epoch) the one before signs as well. */
  readonly secret?: { readonly next: string; readonly lastUntil: number } | undefined
}

/** What is left out stays. @returns undefined where there is none of that id */
export async function changeSubscription(
  trx: Transaction<Database>,
  id: string,
  { paused, secret }: SubscriptionUpdate,
): Promise<Subscription | undefined> {
  const row = await trx
    .updateTable('subscriptions')
    .set({ id, ...(paused !== undefined && { paused }) })
    .$if(secret !== undefined, (update) =>
      update.set({
        secret: secret!.next,
        last_secret: sql`secret`,
        last_secret_until: new Date(secret!.lastUntil),
      }),
    )
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

/** Where what is for it goes, and what signs that at a time (milliseconds since the epoch). */
export async function findWay(
  db: Kysely<Database>,
  id: string,
  now: number,
): Promise<{ readonly url: string; readonly secrets: readonly string[]; readonly isPaused: boolean } | undefined> {
  const row = await db
    .selectFrom('subscriptions')
    .select(['url', 'secret', 'last_secret', 'last_secret_until', 'paused'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  const { url, secret, last_secret, last_secret_until, paused } = row
  const last = last_secret !== null && last_secret_until!.getTime() > now ? [last_secret] : []
  return { url, secrets: [secret, ...last], isPaused: paused }
}

/** All of them, paused ones too: what there is for those waits. */
export async function readListening(db: Kysely<Database>): Promise<readonly Listening[]> {
  const rows = await db
    .selectFrom('subscriptions')
    .select(['id', 'url', 'events', ...FILTERS, sql<string>`since::text`.as('since')])
    .execute()
  return rows.map(({ since, url, events, disposition, ...row }) => ({
    ...row,
    events: events as EventType[],
    disposition: disposition as Disposition | null,
    host: new URL(url).host,
    since: Number(since),
  }))
}

function subscriptionOf(row: Pick<Selectable<Database['subscriptions']>, (typeof SHOWN)[number]>): Subscription {
  return {
    id: row.id,
    url: row.url,
    events: row.events as EventType[],
    decision: row.decision,
    disposition: row.disposition as Disposition | null,
    account: row.account,
    agent: row.agent,
    paused: row.paused,
    createdBy: row.created_by,
    createdAt: row.created_at.getTime(),
  }
}
