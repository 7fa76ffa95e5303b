import type { EventType } from '../../core/events.ts'
import { isAfter, type Position, readCursor, readHorizon } from '../../storage/events.ts'
import type { App } from '../app.ts'
import { isReviewer } from '../history.ts'
import type { Principal } from '../principal.ts'
import { Problem } from '../problem.ts'
import { cursorOf, type Event, eventBody, eventId, isBlind, parseEventId } from './event.ts'
import { concerns, type EventFilter, isWanted } from './filter.ts'

export interface StreamRequest extends EventFilter {
  /** Of the last event that was heard; what came since is told first. Undefined: what comes from now on. */
  readonly lastEventId?: string | undefined
}

/** What is told over a stream: events, and what becomes of the stream itself. */
export interface StreamEvent {
  /** Where to go on: all that came before was told, or is not wanted. */
  readonly id: string
  readonly type: EventType | StreamState
  /** JSON. */
  readonly body: string
}

/** It has begun; it has begun, and events are missing that are not kept any more; nothing has happened for a while. */
export const STREAM_STATES = ['stream.opened', 'stream.late', 'stream.alive'] as const
export type StreamState = (typeof STREAM_STATES)[number]

/** Whoever does not keep up has so many in the service's memory, and no more. */
const TOLD_AT_ONCE = 100

/**
 * What happens, as it happens, until nobody listens any more, the key is not good any more or the service stops.
 *
 * @param isStillGood whether the key of whoever listens has not been revoked: asked now and then
 * @param signal aborted when nobody listens any more
 * @throws Problem `invalid_request` for an id that is none, `unknown_decision`, `overloaded`
 */
export async function openStream(
  app: App,
  principal: Principal,
  request: StreamRequest,
  isStillGood: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<AsyncGenerator<readonly StreamEvent[], void>> {
  const heard = request.lastEventId === undefined ? null : parseEventId(request.lastEventId)
  if (request.lastEventId !== undefined && heard === null) {
    throw new Problem('invalid_request', `\`${request.lastEventId}\` is no id of an event; leave out \`last-event-id\``)
  }
  if (request.decision) app.rules.decision(request.decision)
  const start = await startAfter(app, heard)
  const leave = app.feed.follow(principal.name)
  if (leave === null) throw new Problem('overloaded', 'too many streams are open; close some, or try again in a moment')
  signal.addEventListener('abort', leave, { once: true })
  if (signal.aborted) leave()
  return tell(app, principal, request, start, isStillGood, signal)
}

/** What is kept no longer, or was counted by a server that has been restored since, can't be gone on from. */
async function startAfter(
  { db }: App,
  heard: Position | null,
): Promise<{ readonly after: Position; readonly isLate: boolean }> {
  const [swept, horizon] = await Promise.all([readCursor(db, 'swept'), readHorizon(db)])
  if (heard === null) return { after: horizon.position, isLate: false }
  if (isAfter(heard, horizon.newest)) return { after: horizon.position, isLate: true }
  return isAfter(swept, heard) ? { after: swept, isLate: true } : { after: heard, isLate: false }
}

async function* tell(
  app: App,
  principal: Principal,
  request: StreamRequest,
  start: { readonly after: Position; readonly isLate: boolean },
  isStillGood: () => Promise<boolean>,
  signal: AbortSignal,
): AsyncGenerator<readonly StreamEvent[], void> {
  const { feed } = app
  const { silence } = feed.limits
  const isHidden = ({ stored }: Event) => isReviewer(principal) && isBlind(app, stored)
  // Whoever chose by what is hidden would learn it.
  const wants = (event: Event) => (isHidden(event) ? { ...request, disposition: null } : request)
  let { era } = feed
  let { after } = start
  yield [stateAt(after, start.isLate ? 'stream.late' : 'stream.opened')]
  let [toldAt, checkedAt] = [performance.now(), performance.now()]
  while (!feed.isClosed && !signal.aborted) {
    const page = await feed.next(after, Math.max(0, toldAt + silence - performance.now()), signal)
    if (feed.era !== era) {
      era = feed.era
      after = (await readHorizon(app.db)).position
      yield [stateAt(after, 'stream.late')]
      continue
    }
    after = page.next
    const events = page.events
      .filter((event) => concerns(principal, event) && isWanted(wants(event), event))
      .map((event) => ({ event, id: eventId(event) }))
      .filter(({ id }) => id !== request.lastEventId)
      .map(({ event, id }) => ({
        id,
        type: event.type,
        body: eventBody(app, event, isHidden(event)),
      }))
    const now = performance.now()
    if (now - checkedAt >= silence) {
      if (!(await isStillGood())) return
      checkedAt = now
    }
    if (events.length === 0 && now - toldAt < silence) continue
    if (events.length === 0) yield [stateAt(after, 'stream.alive')]
    for (let from = 0; from < events.length; from += TOLD_AT_ONCE) yield events.slice(from, from + TOLD_AT_ONCE)
    toldAt = performance.now()
  }
}

/** Told as an event, since not every client takes note of an id that comes without. */
function stateAt(position: Position, type: StreamState): StreamEvent {
  const id = cursorOf(position)
  return { id, type, body: JSON.stringify({ id, type }) }
}
