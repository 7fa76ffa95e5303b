import type { Egress, Sent } from '../../egress/egress.ts'
import { signatureHeaders } from '../../egress/signature.ts'
import {
  claimDelivery,
  type Delivery,
  type DeliveryFilter,
  deleteSettled,
  enqueueDelivery,
  findDelivery,
  listDeliveries as list,
  type Outcome,
  recordAttempt,
  reviveDelivery,
} from '../../storage/deliveries.ts'
import { findWay } from '../../storage/subscriptions.ts'
import { type App, type Page, type Paged, paged } from '../app.ts'
import { pauseForGood, TEST } from '../events/subscriptions.ts'
import { demand, type Principal } from '../principal.ts'
import { Problem } from '../problem.ts'
import { GIVE_UP_AFTER, nextAttempt } from './schedule.ts'
import { targetNamed, type Way, wayTo } from './targets.ts'

/** How long nobody else tries while somebody does: longer than a request can take. Milliseconds. */
const CLAIM = 30_000
/**
 * How long one waits on average whose target has enough to do: half as long as it has waited, so that thousands that wait
 * for one target leave the workers time for others. Milliseconds.
 */
const PUT_OFF = { shortest: 1_000, longest: 300_000 }
/**
 * How long what has been settled can be looked at and replayed: what subscriptions have taken, of which there may be one
 * for each answer, not for long. Milliseconds.
 */
const KEPT = { all: 30 * 24 * 3_600_000, 'taken by subscriptions': 3 * 24 * 3_600_000 } as const
const DELETED_AT_A_TIME = 5_000

/**
 * Sends a notice to its target, if it is due. At most one attempt is under way at a time; a process that dies in the
 * middle of one leaves it to be tried again, so that a target may get a message twice, under the same id.
 *
 * @returns when to try again, milliseconds since the epoch; null: it is settled
 */
export async function attemptDelivery(app: App, egress: Egress, id: string): Promise<number | null> {
  const known = await findDelivery(app.db, id)
  if (known === undefined || known.nextAt === null || known.nextAt > app.now()) return known?.nextAt ?? null
  const way = await wayOf(app, egress, known)
  if (way.url !== undefined && way.isPaused && known.event !== TEST)
    return putOff(app, known, known.nextAt, 'it was paused')
  const leave = way.url === undefined ? () => {} : egress.turn(way.url)
  if (leave === null) return putOff(app, known, known.nextAt, 'it was busy with others')
  try {
    const now = app.now()
    const delivery = await claimDelivery(app.db, id, now, now + CLAIM)
    if (!delivery) return (await findDelivery(app.db, id))?.nextAt ?? null
    return await settle(app, delivery, await send(egress, way, delivery, now))
  } finally {
    leave()
  }
}

async function wayOf(app: App, egress: Egress, { subscription, target }: Delivery): Promise<Way> {
  if (subscription === null) {
    const known = targetNamed(app.rules.active.queues, target)
    const reason = `no target \`${target}\` in queues.yaml any more`
    return known ? wayTo(known, egress.secret) : { reason, isGone: false }
  }
  const reason = `no subscription \`${subscription}\` any more`
  return (await findWay(app.db, subscription, app.now())) ?? { reason, isGone: true }
}

async function putOff(app: App, delivery: Delivery, dueAt: number, why: string): Promise<number | null> {
  const now = app.now()
  if (delivery.giveUpAt <= now) {
    return settle(app, delivery, { kind: 'failed', reason: `${why} until this was given up` })
  }
  const wait = Math.min(Math.max((now - dueAt) / 2, PUT_OFF.shortest), PUT_OFF.longest)
  // Those that were put off together must not come back together: in step with each other, most find no turn again.
  return now + Math.round(wait * (0.5 + app.draw()))
}

/** What became of an attempt; or that there is nobody any more who could be told. */
type Result = Sent | { readonly kind: 'gone'; readonly reason: string }

async function send(egress: Egress, way: Way, { id, body }: Delivery, now: number): Promise<Result> {
  if (way.url === undefined) return { kind: way.isGone ? 'gone' : 'failed', reason: way.reason }
  const signature = way.secrets.length === 0 ? {} : signatureHeaders(way.secrets, id, now, body)
  return egress.post(way.url, { 'content-type': 'application/json', ...signature }, body)
}

async function settle(app: App, delivery: Delivery, result: Result): Promise<number | null> {
  const now = app.now()
  const outcome = outcomeOf(delivery, result, now, app.draw())
  await recordAttempt(app.db, delivery, outcome, now)
  if (outcome.status === 'pending') return outcome.nextAt
  if (outcome.status === 'delivered' && delivery.subscription !== null) {
    app.metrics.told('subscription', (now - Date.parse(JSON.parse(delivery.body).timestamp)) / 1000)
  }
  if (outcome.status === 'dead') {
    const { id, target, event, subscription } = delivery
    app.log.warn({ delivery: id, target, event, reason: outcome.error }, 'gave up on telling a target')
    if (subscription !== null && wantsNoMore(result)) await pauseForGood(app, subscription)
  }
  return null
}

function outcomeOf({ attempts, giveUpAt }: Delivery, result: Result, now: number, draw: number): Outcome {
  if (result.kind === 'answered' && result.status >= 200 && result.status < 300) return { status: 'delivered' }
  const error = result.kind === 'answered' ? `it answered ${result.status}` : result.reason
  if (result.kind === 'gone' || wantsNoMore(result)) return { status: 'dead', error }
  const nextAt = nextAttempt(attempts, now, draw, result.kind === 'answered' ? result.retryAfter : null)
  return nextAt < giveUpAt ? { status: 'pending', error, nextAt } : { status: 'dead', error }
}

/** Whoever answers so wants no more of them. */
const wantsNoMore = (result: Result): boolean => result.kind === 'answered' && result.status === 410

export type DeliveryView = ReturnType<typeof deliveryView>

function deliveryView(delivery: Delivery) {
  const { id, account, escalation, subscription, target, event, status, attempts, lastError } = delivery
  return {
    id,
    target,
    event,
    // What tries a subscription is about none.
    account: account || null,
    escalation,
    subscription,
    status,
    attempts,
    nextAt: iso(delivery.nextAt),
    lastError,
    createdAt: iso(delivery.createdAt),
    settledAt: iso(delivery.settledAt),
  }
}

function iso(time: number): string
function iso(time: number | null): string | null
function iso(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString()
}

/** Newest first. */
export async function listDeliveries(app: App, filter: DeliveryFilter, page: Page): Promise<Paged<DeliveryView>> {
  const rows = await list(app.db, filter, page.cursor, page.limit + 1)
  return paged(rows, page.limit, deliveryView, ({ id }) => id)
}

/**
 * One delivery, with what is sent.
 * @throws Problem `not_found`
 */
export async function getDelivery(app: App, id: string): Promise<DeliveryView & { readonly body: unknown }> {
  const delivery = await findDelivery(app.db, id)
  if (!delivery) throw new Problem('not_found', `no delivery \`${id}\``)
  return { ...deliveryView(delivery), body: JSON.parse(delivery.body) }
}

/**
 * Sends again what was given up or has been delivered, under the id that it had.
 * @throws Problem `not_found`; `delivery_pending` where it is still being tried
 */
export async function replayDelivery(app: App, principal: Principal, id: string): Promise<DeliveryView> {
  demand(principal, 'admin')
  const now = app.now()
  const revived = await app.db.transaction().execute(async (trx) => {
    const delivery = await reviveDelivery(trx, id, now, now + GIVE_UP_AFTER)
    if (delivery) await enqueueDelivery(trx, delivery, now)
    return delivery
  })
  if (revived) {
    app.bell.ring()
    app.log.info({ delivery: id, target: revived.target, by: principal.name }, 'replays a delivery')
    return deliveryView(revived)
  }
  const { nextAt } = await getDelivery(app, id)
  throw new Problem('delivery_pending', `delivery \`${id}\` is still being tried, next at ${nextAt}; wait for that`)
}

/**
 * Deletes what was settled long enough ago; once an hour is often enough.
 * @returns how many deliveries were deleted
 */
export async function sweepDeliveries(app: App): Promise<number> {
  let all = 0
  for (const which of ['all', 'taken by subscriptions'] as const) {
    for (let deleted = DELETED_AT_A_TIME; deleted === DELETED_AT_A_TIME; all += deleted) {
      deleted = await deleteSettled(app.db, app.now() - KEPT[which], which, DELETED_AT_A_TIME)
    }
  }
  return all
}
