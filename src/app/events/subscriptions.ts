import { randomBytes } from 'node:crypto'
import type { Transaction } from 'kysely'
import { UMPIRE } from '../../core/escalation/escalation.ts'
import { EVENT_TYPES, type EventType } from '../../core/events.ts'
import type { Disposition } from '../../core/model.ts'
import type { Networks } from '../../egress/networks.ts'
import { isSigningSecret, SECRET_FORM } from '../../egress/signature.ts'
import { whyNever } from '../../egress/vet.ts'
import { appendEntry } from '../../storage/audit.ts'
import type { Database } from '../../storage/database.ts'
import { endDeliveries, enqueueDelivery, insertDeliveries } from '../../storage/deliveries.ts'
import {
  changeSubscription,
  countSubscriptions,
  deleteSubscription,
  findSubscription,
  insertSubscription,
  listSubscriptions as list,
  type Subscription,
} from '../../storage/subscriptions.ts'
import { type App, type Page, type Paged, paged } from '../app.ts'
import { GIVE_UP_AFTER } from '../notices/schedule.ts'
import { demand, type Principal } from '../principal.ts'
import { Problem } from '../problem.ts'

export interface NewSubscription {
  readonly url: string
  /** All where it is left out. */
  readonly events?: readonly EventType[] | undefined
  readonly filter?: SubscriptionFilter | undefined
  /** Null or left out: one is made, and shown this once. */
  readonly secret?: string | null | undefined
}

export interface SubscriptionFilter {
  readonly decision?: string | undefined
  readonly disposition?: Disposition | undefined
  readonly account?: string | undefined
  readonly agent?: string | undefined
}

export interface SubscriptionChange {
  readonly paused?: boolean | undefined
  /** Null: another is made, and shown this once. */
  readonly secret?: string | null | undefined
}

export interface SubscriptionView {
  readonly id: string
  readonly url: string
  readonly events: readonly EventType[]
  readonly filter: SubscriptionFilter
  readonly paused: boolean
  readonly createdBy: string
  readonly createdAt: string
}

/** What whoever makes one is shown, and nobody afterwards. */
export interface SubscriptionMade extends SubscriptionView {
  /** Null: it was given, or stays. */
  readonly secret: string | null
}

/** Each event is held against all of them. */
const AT_MOST = 100
const STREAM = 'subscriptions'
/** How long a secret that has been changed goes on signing beside the new one. Milliseconds. */
const HANDOVER = 24 * 3_600_000
/** What is sent to try a subscription, whatever it wants to hear of. */
export const TEST = 'subscription.test'

/**
 * Tells a URL of events, from now on.
 * @throws Problem `forbidden`; `invalid_request` for a URL or a secret that can't be used; `unknown_decision`
 */
export async function subscribe(app: App, principal: Principal, request: NewSubscription): Promise<SubscriptionMade> {
  demand(principal, 'admin')
  const { url, events = EVENT_TYPES, filter = {} } = request
  demandUrl(url, app.egressAllow)
  if (filter.decision !== undefined) app.rules.decision(filter.decision)
  const { secret, shown } = secretOf(request.secret)
  const { decision = null, disposition = null, account = null, agent = null } = filter
  const subscription: Subscription = {
    id: app.newId(),
    url,
    events: [...new Set(events)],
    decision,
    disposition,
    account,
    agent,
    paused: false,
    createdBy: principal.name,
    createdAt: app.now(),
  }
  await app.db.transaction().execute(async (trx) => {
    if ((await countSubscriptions(trx)) >= AT_MOST) {
      throw new Problem('invalid_request', `there are ${AT_MOST} subscriptions, and no room for more; delete one`)
    }
    await insertSubscription(trx, subscription, secret)
    await record(app, trx, principal.name, 'created', subscription)
  })
  return { ...view(subscription), secret: shown }
}

/** Newest first. */
export async function listSubscriptions(app: App, page: Page): Promise<Paged<SubscriptionView>> {
  const rows = await list(app.db, page.cursor, page.limit + 1)
  return paged(rows, page.limit, view, ({ id }) => id)
}

/** @throws Problem `not_found` */
export async function getSubscription(app: App, id: string): Promise<SubscriptionView> {
  return view(known(id, await findSubscription(app.db, id)))
}

/**
 * Pauses it, has it go on, or changes what signs: for a day what it is told carries both signatures, so that its receiver may
 * go over meanwhile. What there is for it while it is paused waits, for a day.
 * @throws Problem `forbidden`, `not_found`; `invalid_request` for a secret that can't be used
 */
export async function patchSubscription(
  app: App,
  principal: Principal,
  id: string,
  change: SubscriptionChange,
): Promise<SubscriptionMade> {
  demand(principal, 'admin')
  const { paused } = change
  const { secret, shown } = change.secret === undefined ? { shown: null } : secretOf(change.secret)
  const another = secret === undefined ? undefined : { next: secret, lastUntil: app.now() + HANDOVER }
  const changed = await app.db.transaction().execute(async (trx) => {
    const subscription = known(id, await changeSubscription(trx, id, { paused, secret: another }))
    const what = { ...(paused !== undefined && { paused }), ...(secret !== undefined && { secret: 'changed' }) }
    await record(app, trx, principal.name, 'changed', subscription, what)
    return subscription
  })
  return { ...view(changed), secret: shown }
}

/** Pauses one whose URL has answered 410, that it wants no more, until an admin says otherwise. */
export async function pauseForGood(app: App, id: string): Promise<void> {
  const paused = await app.db.transaction().execute(async (trx) => {
    // Of many that are answered so at once the first pauses it.
    if ((await findSubscription(trx, id))?.paused !== false) return undefined
    const subscription = await changeSubscription(trx, id, { paused: true })
    if (subscription) await record(app, trx, UMPIRE, 'changed', subscription, { paused: true, reason: 'gone' })
    return subscription
  })
  if (paused)
    app.log.warn({ subscription: id, host: new URL(paused.url).host }, 'a subscription that wants no more is paused')
}

/**
 * Sends it something that says nothing, paused or not, so that whoever set it up sees whether it arrives.
 * @returns id of the delivery, which says what became of it
 * @throws Problem `forbidden`, `not_found`
 */
export async function trySubscription(
  app: App,
  principal: Principal,
  id: string,
): Promise<{ readonly delivery: string }> {
  demand(principal, 'admin')
  const { url } = known(id, await findSubscription(app.db, id))
  const [delivery, now] = [app.newId(), app.now()]
  const timestamp = new Date(now).toISOString()
  const body = JSON.stringify({ id: delivery, type: TEST, timestamp, data: { subscription: id } })
  const made = {
    id: delivery,
    account: '',
    escalation: null,
    subscription: id,
    target: new URL(url).host,
    event: TEST,
    body,
  }
  await app.db.transaction().execute(async (trx) => {
    await insertDeliveries(trx, [{ ...made, createdAt: now, nextAt: now, giveUpAt: now + GIVE_UP_AFTER }])
    await enqueueDelivery(trx, made, now)
  })
  app.bell.ring()
  return { delivery }
}

/**
 * Tells it of nothing any more. What waits for it is given up.
 * @throws Problem `forbidden`, `not_found`
 */
export async function unsubscribe(app: App, principal: Principal, id: string): Promise<SubscriptionView> {
  demand(principal, 'admin')
  const deleted = await app.db.transaction().execute(async (trx) => {
    const subscription = known(id, await deleteSubscription(trx, id))
    await endDeliveries(trx, id, 'its subscription has been deleted', app.now())
    await record(app, trx, principal.name, 'deleted', subscription)
    return subscription
  })
  return view(deleted)
}

/** Who has what told to whom is in the trail; of the URL the host, since the rest may be secret. */
async function record(
  app: App,
  trx: Transaction<Database>,
  by: string,
  step: 'created' | 'changed' | 'deleted',
  subscription: Subscription,
  what: object = {},
): Promise<void> {
  const { id, url, events, decision, disposition, account, agent } = subscription
  const body = { by, subscription: id, host: new URL(url).host, events, decision, disposition, account, agent, ...what }
  await appendEntry(trx, { stream: STREAM, kind: `subscription.${step}`, at: app.now(), body })
}

/** @throws Problem `invalid_request` */
function demandUrl(text: string, allow: Networks): void {
  const refuse = (why: string) => {
    throw new Problem('invalid_request', why, { errors: [{ path: 'url', message: why }] })
  }
  if (!URL.canParse(text)) refuse('`url` is not a URL; send one such as `https://crm.example.com/umpire`')
  const url = new URL(text)
  const { protocol, username, password } = url
  if (protocol !== 'https:' && protocol !== 'http:') refuse(`\`url\` must begin with \`https:\`, not \`${protocol}\``)
  if (username !== '' || password !== '') refuse('`url` has a user name or a password in it; leave them out')
  const never = whyNever(url, allow)
  if (never !== null) refuse(never)
}

/** @throws Problem `invalid_request` */
function secretOf(given: string | null | undefined): { readonly secret: string; readonly shown: string | null } {
  if (given === null || given === undefined) {
    const secret = `whsec_${randomBytes(32).toString('base64')}`
    return { secret, shown: secret }
  }
  if (!isSigningSecret(given)) throw new Problem('invalid_request', `\`secret\` ${SECRET_FORM}`)
  return { secret: given, shown: null }
}

/** @throws Problem `not_found` */
function known(id: string, subscription: Subscription | undefined): Subscription {
  if (!subscription) throw new Problem('not_found', `no subscription \`${id}\``)
  return subscription
}

function view({ id, url, events, decision, disposition, account, agent, ...rest }: Subscription): SubscriptionView {
  return {
    id,
    url,
    events,
    filter: {
      ...(decision !== null && { decision }),
      ...(disposition !== null && { disposition }),
      ...(account !== null && { account }),
      ...(agent !== null && { agent }),
    },
    paused: rest.paused,
    createdBy: rest.createdBy,
    createdAt: new Date(rest.createdAt).toISOString(),
  }
}
