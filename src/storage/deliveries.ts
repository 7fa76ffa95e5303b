import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { Database, DeliveryStatus } from './database.ts'

/** One message on its way to one target. Times are milliseconds since the epoch. */
export interface Delivery {
  /** Also what receivers know the message by, however often they get it. */
  readonly id: string
  readonly account: string
  readonly escalation: string | null
  /** The one that it is for; null: it is for a target of `queues.yaml`. */
  readonly subscription: string | null
  /** Name of the target; of a subscription, the host. */
  readonly target: string
  readonly event: string
  /** What is sent, to the byte. */
  readonly body: string
  readonly status: DeliveryStatus
  /** Those since it was made or last replayed. */
  readonly attempts: number
  /** When it may be tried next; null: it is settled. */
  readonly nextAt: number | null
  readonly giveUpAt: number
  /** Why the newest attempt that failed did. */
  readonly lastError: string | null
  readonly createdAt: number
  readonly settledAt: number | null
}

export interface DeliveryFilter {
  readonly status?: DeliveryStatus | undefined
  readonly target?: string | undefined
  readonly subscription?: string | undefined
  readonly escalation?: string | undefined
}

/** One that has not been tried. */
export type NewDelivery = Omit<Delivery, 'status' | 'attempts' | 'nextAt' | 'lastError' | 'settledAt'> & {
  readonly nextAt: number
}

export async function findDelivery(db: Kysely<Database>, id: string): Promise<Delivery | undefined> {
  const row = await db.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirst()
  return row && deliveryOf(row)
}

/** Newest first; `after` is the last id of the page before. */
export async function listDeliveries(
  db: Kysely<Database>,
  { status, target, subscription, escalation }: DeliveryFilter,
  after: string | undefined,
  limit: number,
): Promise<readonly Delivery[]> {
  let query = db.selectFrom('deliveries').selectAll().orderBy('id', 'desc').limit(limit)
  if (status !== undefined) query = query.where('status', '=', status)
  if (target !== undefined) query = query.where('target', '=', target)
  if (subscription !== undefined) query = query.where('subscription_id', '=', subscription)
  if (escalation !== undefined) query = query.where('escalation_id', '=', escalation)
  if (after !== undefined) query = query.where('id', '<', after)
  return (await query.execute()).map(deliveryOf)
}

export interface PendingDelivery {
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly nextAt: number
}

/** Those that may be tried before `before`, the longest due first; those after `after`, where the page before ended. */
export async function pendingDeliveries(
  db: Kysely<Database>,
  before: number,
  after: PendingDelivery | undefined,
  limit: number,
): Promise<readonly PendingDelivery[]> {
  let query = db
    .selectFrom('deliveries')
    .select(['id', 'next_at'])
    .where('status', '=', 'pending')
    .where('next_at', '<', new Date(before))
    .orderBy('next_at')
    .orderBy('id')
    .limit(limit)
  if (after) query = query.where(sql<boolean>`(next_at, id) > (${new Date(after.nextAt)}, ${after.id}::uuid)`)
  return (await query.execute()).map((row) => ({ id: row.id, nextAt: row.next_at!.getTime() }))
}

/**
 * Deletes what was settled by a time (milliseconds), so few at a time that nobody waits for it.
 * @param which all of them, or those that a subscription has taken
 * @returns how many were deleted
 */
export async function deleteSettled(
  db: Kysely<Database>,
  by: number,
  which: 'all' | 'taken by subscriptions',
  limit: number,
): Promise<number> {
  let old = db.selectFrom('deliveries').select('id').where('settled_at', '<=', new Date(by)).limit(limit)
  if (which !== 'all') old = old.where('subscription_id', 'is not', null).where('status', '=', 'delivered')
  const { numDeletedRows } = await db.deleteFrom('deliveries').where('id', 'in', old).executeTakeFirst()
  return Number(numDeletedRows)
}

/**
 * Makes an attempt the caller's own, until a time: of several who try at the same moment one gets it.
 * @returns the delivery with the attempt counted; undefined where it is settled, or not due at `now`
 */
export async function claimDelivery(
  db: Kysely<Database>,
  id: string,
  now: number,
  until: number,
): Promise<Delivery | undefined> {
  const row = await db
    .updateTable('deliveries')
    .set({ attempts: sql`attempts + 1`, next_at: new Date(until) })
    .where('id', '=', id)
    .where('status', '=', 'pending')
    .where('next_at', '<=', new Date(now))
    .returningAll()
    .executeTakeFirst()
  return row && deliveryOf(row)
}

/** What an attempt came to. */
export type Outcome =
  | { readonly status: 'delivered' }
  | { readonly status: 'dead'; readonly error: string }
  | { readonly status: 'pending'; readonly error: string; readonly nextAt: number }

/**
 * Records what an attempt came to. A success is one even where its claim has lapsed since; a failure counts only while
 * nobody else has tried.
 */
export async function recordAttempt(
  db: Kysely<Database>,
  { id, attempts }: Pick<Delivery, 'id' | 'attempts'>,
  outcome: Outcome,
  now: number,
): Promise<void> {
  let update = db
    .updateTable('deliveries')
    .set({
      status: outcome.status,
      next_at: outcome.status === 'pending' ? new Date(outcome.nextAt) : null,
      settled_at: outcome.status === 'pending' ? null : new Date(now),
    })
    .where('id', '=', id)
    .where('status', '=', 'pending')
  if (outcome.status !== 'delivered') {
    update = update.set({ last_error: outcome.error }).where('attempts', '=', attempts)
  }
  await update.execute()
}

/** @returns undefined where there is none of that id that is settled */
export async function reviveDelivery(
  trx: Transaction<Database>,
  id: string,
  now: number,
  giveUpAt: number,
): Promise<Delivery | undefined> {
  const row = await trx
    .updateTable('deliveries')
    .set({
      status: 'pending',
      attempts: 0,
      next_at: new Date(now),
      give_up_at: new Date(giveUpAt),
      settled_at: null,
    })
    .where('id', '=', id)
    .where('status', '<>', 'pending')
    .returningAll()
    .executeTakeFirst()
  return row && deliveryOf(row)
}

/** Has a delivery attempted at once. */
export async function enqueueDelivery(
  trx: Transaction<Database>,
  { id, account }: Pick<Delivery, 'id' | 'account'>,
  now: number,
): Promise<void> {
  const payload = JSON.stringify({ delivery: id })
  await trx
    .insertInto('outbox')
    .values({ account_id: account, topic: 'delivery', payload, created_at: new Date(now), published_at: null })
    .execute()
}

export async function insertDeliveries(trx: Transaction<Database>, deliveries: readonly NewDelivery[]): Promise<void> {
  await sql`INSERT INTO deliveries (${COLUMNS}) SELECT ${COLUMNS} FROM ${recordset(deliveries)}`.execute(trx)
}

/** Settles what still waits for a subscription. */
export async function endDeliveries(
  trx: Transaction<Database>,
  subscription: string,
  error: string,
  now: number,
): Promise<void> {
  await trx
    .updateTable('deliveries')
    .set({ status: 'dead', last_error: error, next_at: null, settled_at: new Date(now) })
    .where('subscription_id', '=', subscription)
    .where('status', '=', 'pending')
    .execute()
}

/** Of a new one, in the order of `recordset`. */
export const COLUMNS = sql.raw(
  'id, account_id, escalation_id, subscription_id, target, event, body, next_at, give_up_at, created_at',
)

/** New ones as rows of a statement, `d`, however many they are. */
export function recordset(deliveries: readonly NewDelivery[]) {
  return sql`json_to_recordset(${JSON.stringify(deliveries.map(deliveryRow))}) AS d (
    id uuid, account_id text, escalation_id uuid, subscription_id uuid, target text, event text, body text,
    next_at timestamptz, give_up_at timestamptz, created_at timestamptz
  )`
}

/** The columns of a new one, as JSON has them. */
function deliveryRow(delivery: NewDelivery) {
  return {
    id: delivery.id,
    account_id: delivery.account,
    escalation_id: delivery.escalation,
    subscription_id: delivery.subscription,
    target: delivery.target,
    event: delivery.event,
    body: delivery.body,
    next_at: new Date(delivery.nextAt),
    give_up_at: new Date(delivery.giveUpAt),
    created_at: new Date(delivery.createdAt),
  }
}

function deliveryOf(row: Selectable<Database['deliveries']>): Delivery {
  return {
    id: row.id,
    account: row.account_id,
    escalation: row.escalation_id,
    subscription: row.subscription_id,
    target: row.target,
    event: row.event,
    body: row.body,
    status: row.status,
    attempts: row.attempts,
    nextAt: row.next_at?.getTime() ?? null,
    giveUpAt: row.give_up_at.getTime(),
    lastError: row.last_error,
    createdAt: row.created_at.getTime(),
    settledAt: row.settled_at?.getTime() ?? null,
  }
}
