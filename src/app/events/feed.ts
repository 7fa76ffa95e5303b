import type { Logger } from 'pino'
import { createSeats } from '../../egress/seats.ts'
import type { Bell } from '../../storage/bell.ts'
import { isAfter, type Position, readEvents, readHorizon } from '../../storage/events.ts'
import { lookOften } from '../../storage/looking.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import type { App } from '../app.ts'
import { type Event, eventsOf } from './event.ts'
import { createPace } from './pace.ts'

/** What has happened, for all in this process who follow it. One of them all looks, and keeps the newest for the others. */
export interface Feed {
  /** How many follow. */
  readonly size: number
  readonly limits: StreamLimits
  /** Another number once places that were read mean something else: whoever follows has to begin anew. */
  readonly era: number
  /** Whether nobody may begin to follow any more. */
  readonly isClosed: boolean
  /** Lets the holder of a key follow until what is returned is called, once. Null: too many do. */
  follow(key: string): (() => void) | null
  /**
   * What comes after a position, and where to go on: for those who follow. Where there is nothing it waits, `limit`
   * milliseconds at most.
   * @param signal aborted when nobody waits any more
   */
  next(after: Position, limit: number, signal: AbortSignal): Promise<FeedPage>
  /** Ends all waits at once, those to come as well. */
  close(): void
}

export interface FeedPage {
  readonly events: readonly Event[]
  readonly next: Position
}

/** What streams to others may take. Times are milliseconds. */
export interface StreamLimits {
  /** How many may be open at once, in a process and of one key. */
  readonly open: number
  readonly openOfKey: number
  /** How long there may be nothing to tell, until that is told. */
  readonly silence: number
  /** Who takes nothing for so long is cut off. */
  readonly stalled: number
}

const LIMITS: StreamLimits = { open: 1_000, openOfKey: 50, silence: 15_000, stalled: 30_000 }

export interface FeedOptions {
  readonly db: App['db']
  readonly bell: Bell
  readonly log: Logger
  readonly metrics: Pick<Metrics, 'followed' | 'told'>
  /** Milliseconds since the epoch, by the database's clock. */
  readonly now: () => number
  /** Milliseconds between two looks where no bell is heard. */
  readonly interval?: number
  readonly limits?: Partial<StreamLimits> | undefined
}

/** Read at a time, of which whoever is far behind has one for itself. */
const PAGE = 200
/** How many are kept for those who are not far behind. */
const KEPT = 2_000

/** All that comes after `from`, up to `to`. */
interface Stretch {
  readonly events: readonly Event[]
  readonly from: Position
  readonly to: Position
}

export function createFeed({ db, bell, log, metrics, now, interval = 1_000, ...options }: FeedOptions): Feed {
  const waiting = new Set<() => void>()
  const pace = createPace(interval)
  const limits = { ...LIMITS, ...options.limits }
  const seats = createSeats(limits.openOfKey)
  let newest: Stretch | null = null
  let size = 0
  let era = 0
  let isClosed = false
  let stop = async () => {}

  async function look(): Promise<number> {
    try {
      const horizon = await readHorizon(db)
      // What was told is not there any more: the server has lost its last commits, and gives out their places again.
      if (newest !== null && isAfter(newest.to, horizon.newest)) {
        newest = null
        era += 1
      }
      const { isWhole, ...stretch } = await advance(newest, horizon.position)
      newest = stretch
      wakeAll()
      return pace({ isWhole, isHeld: isAfter(horizon.newest, horizon.position) })
    } catch (error) {
      log.debug({ reason: (error as Error).message }, 'could not look for events; looking again shortly')
      return interval
    }
  }

  async function advance(known: Stretch | null, horizon: Position): Promise<Stretch & { readonly isWhole: boolean }> {
    if (known === null) return { events: [], from: horizon, to: horizon, isWhole: true }
    const { events, next, isWhole } = await readEvents(db, known.to, horizon, PAGE)
    for (const { at } of events) metrics.told('stream', (now() - at.getTime()) / 1000)
    const all = [...known.events, ...events.flatMap(eventsOf)]
    const dropped = all.length > KEPT ? all[all.length - KEPT - 1]! : null
    return { events: all.slice(-KEPT), from: dropped?.stored.position ?? known.from, to: next, isWhole }
  }

  /** @returns null where there is nothing yet */
  async function pageAfter(after: Position): Promise<FeedPage | null> {
    if (newest === null) return null
    const { events, from, to } = newest
    if (isAfter(from, after)) {
      const page = await readEvents(db, after, to, PAGE)
      return { events: page.events.flatMap(eventsOf), next: page.next }
    }
    if (!isAfter(to, after)) return null
    const last = events.findLastIndex(({ stored }) => !isAfter(stored.position, after))
    return { events: events.slice(last + 1), next: to }
  }

  function news(limit: number, signal: AbortSignal): Promise<void> {
    if (isClosed || signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        waiting.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const timer = setTimeout(wake, limit)
      waiting.add(wake)
      signal.addEventListener('abort', wake)
    })
  }

  function wakeAll(): void {
    for (const wake of waiting) wake()
  }

  return {
    limits,
    get size() {
      return size
    },
    get era() {
      return era
    },
    get isClosed() {
      return isClosed
    },
    follow(key) {
      const stand = size < limits.open ? seats.take(key) : null
      if (stand === null) return null
      size += 1
      metrics.followed(1)
      if (size === 1) stop = lookOften(bell, look)
      return () => {
        stand()
        size -= 1
        metrics.followed(-1)
        if (size > 0) return
        void stop().then(() => {
          if (size === 0) newest = null
        })
      }
    },
    async next(after, limit, signal) {
      const page = await pageAfter(after)
      if (page !== null) return page
      await news(limit, signal)
      return (await pageAfter(after)) ?? { events: [], next: after }
    },
    close() {
      isClosed = true
      wakeAll()
    },
  }
}
