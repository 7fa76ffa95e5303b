import { insertDeliveries, type NewDelivery } from '../../storage/deliveries.ts'
import {
  isAfter,
  lockFanOut,
  moveCursor,
  type Position,
  readCursor,
  readEvents,
  readHorizon,
} from '../../storage/events.ts'
import { countSubscriptions, type Listening, readListening } from '../../storage/subscriptions.ts'
import type { App } from '../app.ts'
import { GIVE_UP_AFTER } from '../notices/schedule.ts'
import { type Event, eventBody, eventsOf, isBlind } from './event.ts'
import { isWanted } from './filter.ts'

export interface FannedOut {
  /** Ids of the deliveries that were made, to be attempted. */
  readonly deliveries: readonly string[]
  /** Whether that was all there was to read. */
  readonly isWhole: boolean
  /** Whether something waits for a transaction that is still under way. */
  readonly isHeld: boolean
}

const PAGE = 100

const NOTHING: FannedOut = { deliveries: [], isWhole: true, isHeld: false }

/**
 * Makes a delivery of each event for each subscription that wants it, once: how far it got is committed with them. Does
 * nothing where another process is at it, which goes on by itself.
 */
export async function fanOut(app: App): Promise<FannedOut> {
  // Most services have none, and are busy with other things.
  if ((await countSubscriptions(app.db)) === 0) return NOTHING
  return app.db.transaction().execute(async (trx) => {
    if (!(await lockFanOut(trx))) return NOTHING
    const cursor = await readCursor(trx, 'subscriptions')
    const horizon = await readHorizon(trx)
    // Read after the horizon: whoever is not among them began after all that lies before it.
    const listening = await readListening(trx)
    if (listening.length === 0) return NOTHING
    const { events, next, isWhole } = await readEvents(
      trx,
      later(cursor, beginningOf(listening)),
      horizon.position,
      PAGE,
    )
    const deliveries = events.flatMap(eventsOf).flatMap((event) => deliveriesOf(app, event, listening))
    if (deliveries.length > 0) await insertDeliveries(trx, deliveries)
    if (isAfter(next, cursor)) await moveCursor(trx, 'subscriptions', next)
    return { deliveries: deliveries.map(({ id }) => id), isWhole, isHeld: isAfter(horizon.newest, horizon.position) }
  })
}

/** Nobody hears of what comes before. */
function beginningOf(listening: readonly Listening[]): Position {
  return { xid: Math.min(...listening.map(({ since }) => since)), id: 0 }
}

const later = (one: Position, other: Position): Position => (isAfter(one, other) ? one : other)

function deliveriesOf(app: App, event: Event, listening: readonly Listening[]): readonly NewDelivery[] {
  const { account, escalation, position } = event.stored
  const now = app.now()
  return listening
    .filter((one) => position.xid >= one.since && isWanted(one, event))
    .map(({ id: subscription, host }) => ({
      id: app.newId(),
      account,
      escalation,
      subscription,
      target: host,
      event: event.type,
      // Nobody knows who reads it: perhaps those who are to decide.
      body: eventBody(app, event, isBlind(app, event.stored)),
      createdAt: now,
      nextAt: now,
      giveUpAt: now + GIVE_UP_AFTER,
    }))
}
