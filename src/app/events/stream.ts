import type { EventType } from '../../core/events.ts'
import type { Disposition } from '../../core/model.ts'
import { accountIds } from '../../storage/aliases.ts'
import { isAfter, type Position, readCursor, readHorizon } from '../../storage/events.ts'
import type { App } from '../app.ts'
import { isReviewer } from '../history.ts'
import type { Principal } from '../principal.ts'
import { Problem } from '../problem.ts'
import { cursorOf, eventBody, eventId, isBlind, parseEventId } from './event.ts'
import { concerns, isWanted } from './filter.ts'

export interface StreamRequest {
  readonly events?: readonly EventType[] | undefined
  readonly decision?: string | undefined
  readonly disposition?: Disposition | undefined
  readonly account?: string | undefined
  /** Of the last event that was heard; what came since is told first. Undefined: what comes from now on. */
  readonly lastEventId?: string | undefined
}

/** What is to be told next. Without events: nothing has happened for a while. */
export interface StreamPart {
  readonly events: readonly { readonly id: string; readonly type: EventType; readonly body: string }[]
  /** Where to go on, as an id: what came before it was told, or is not wanted. */
  readonly cursor: string
  /** Whether events before these are not kept any more, so that some may be missing. */
  readonly isLate: boolean
}

/** How long there may be nothing to tell. Milliseconds. */
const SILENCE = 15_000
/** Streams that may be open at once in a process. */
const STREAMS = 1_000

/**
 * What happens, as it happens, until nobody listens any more, the key is not good any more or the service stops.
 *
 * @param isStillGood whether the key of whoever listens has not been revoked: asked now and then
 * @param signal aborted when nobody listens any more
 * @throws Problem `invalid_request` for an id that is none, `overloaded`
 */
export async function openStream(
  app: App,
  principal: Principal,
  request: StreamRequest,
  isStillGood: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<AsyncGenerator<StreamPart, void>> {
  const { feed } = app
  if (feed.size >= STREAMS) throw new Problem('overloaded', 'too many streams are open; try again in a moment')
  const heard = request.lastEventId === undefined ? null : parseEventId(request.lastEventId)
  if (request.lastEventId !== undefined && heard === null) {
    throw new Problem('invalid_request', `\`${request.lastEventId}\` is no id of an event; leave out \`last-event-id\``)
  }
  const start = await startAfter(app, heard)
  const accounts = request.account === undefined ? undefined : await accountIds(app.db, request.account)
  return tell(app, principal, { ...request, accounts }, start, isStillGood, signal)
}

/** What is kept no longer, or was counted by a server that has been restored since, can't be gone on from. */
async function startAfter(
  { db }: App,
  heard: Position | null,
): Promise<{ readonly after: Position; readonly isLate: boolean }> {
  const [swept, horizon] = await Promise.all([readCursor(db, 'swept'), readHorizon(db)])
  if (heard === null) return { after: horizon.position, isLate: false }
  if (isAfter(heard, horizon.position)) return { after: horizon.position, isLate: true }
  return isAfter(swept, heard) ? { after: swept, isLate: true } : { after: heard, isLate: false }
}

async function* tell(
  app: App,
  principal: Principal,
  request: StreamRequest & { readonly accounts: readonly string[] | undefined },
  start: { readonly after: Position; readonly isLate: boolean },
  isStillGood: () => Promise<boolean>,
  signal: AbortSignal,
): AsyncGenerator<StreamPart, void> {
  const { feed } = app
  const hidesBlind = isReviewer(principal)
  const leave = feed.follow()
  try {
    let { after } = start
    yield { events: [], cursor: cursorOf(after), isLate: start.isLate }
    let [toldAt, checkedAt] = [performance.now(), performance.now()]
    while (!feed.isClosed && !signal.aborted) {
      const page = await feed.next(after, Math.max(0, toldAt + SILENCE - performance.now()), signal)
      after = page.next
      const events = page.events
        .filter((event) => concerns(principal, event) && isWanted(request, event))
        .map((event) => ({ event, id: eventId(event) }))
        .filter(({ id }) => id !== request.lastEventId)
        .map(({ event, id }) => ({
          id,
          type: event.type,
          body: eventBody(app, event, hidesBlind && isBlind(app, event.stored)),
        }))
      const now = performance.now()
      if (now - checkedAt >= SILENCE) {
        if (!(await isStillGood())) return
        checkedAt = now
      }
      if (events.length === 0 && now - toldAt < SILENCE) continue
      yield { events, cursor: cursorOf(after), isLate: false }
      toldAt = performance.now()
    }
  } finally {
    leave()
  }
}
