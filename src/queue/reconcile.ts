import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Database } from '../storage/database.ts'
import { pendingDeliveries } from '../storage/deliveries.ts'
import { type OutboxRow, unhandled } from '../storage/outbox.ts'
import { pendingQuestions } from '../storage/questions.ts'
import { type PendingTick, pendingTicks } from '../storage/ticks.ts'
import { isUnavailable } from '../storage/unavailable.ts'
import { clockJob, deliveryJob, lateClockJob, noticeJob, questionJob } from './jobs.ts'
import type { Queues } from './queues.ts'

export interface ReconcileOptions {
  readonly db: Kysely<Database>
  readonly queues: Pick<Queues, 'add' | 'away' | 'onConnect'>
  /** Milliseconds since the epoch, by the database's clock. */
  readonly now: () => number
  readonly log: Logger
}

const EVERY = 60_000
/** Clocks and deliveries further ahead are queued in time by a later turn. Milliseconds. */
const AHEAD = 600_000
/** A notice whose work takes longer may have lost its job. Milliseconds. */
const HANDLED_WITHIN = 10_000
/**
 * A clock that is so late has no job that wakes in time: jobs sleep by the clock of a worker, which may be slow. Looked
 * for as often. Milliseconds.
 */
const LATE = 5_000
const BATCH = 500
/** Of what is not read in pages: the oldest come first, and the rest has its turn once they are done. */
const AT_MOST = 5_000

/**
 * Queues again what the database remembers and the queue may have lost: whenever the queue can be used again, since it
 * may have come back empty, and every minute; clocks that are late every few seconds. Ids keep what is still queued
 * from being queued twice.
 *
 * @returns what stops it, and resolves when nothing is under way
 */
export function startReconciling(options: ReconcileOptions): () => Promise<void> {
  const { queues, now, log } = options
  let running: Promise<void> = Promise.resolve()
  let stopped = false

  const turn = (look: () => Promise<void>) => {
    running = running.then(async () => {
      if (stopped || queues.away !== null) return
      try {
        await look()
      } catch (error) {
        if (queues.away !== null || isUnavailable(error)) return
        log.warn({ err: error }, 'what may be missing in the queues could not be looked for; it is tried again')
      }
    })
  }

  queues.onConnect(() => turn(() => reconcile(options, 'all')))
  const timers = [
    setInterval(() => turn(() => reconcile(options, 'old')), EVERY),
    setInterval(() => turn(() => queueClocks(options, now() - LATE)), LATE),
  ]
  return async () => {
    stopped = true
    for (const timer of timers) clearInterval(timer)
    await running
  }
}

/** @param notices whether those that were queued a moment ago count as lost, too */
export async function reconcile(options: ReconcileOptions, notices: 'all' | 'old'): Promise<void> {
  const { db, queues, now } = options
  const start = now()
  const before = notices === 'all' ? start : start - HANDLED_WITHIN

  for (let last: OutboxRow | undefined, more = true; more; ) {
    const rows = await unhandled(db, { before, after: last?.id ?? 0, limit: BATCH })
    await queues.add(rows.map(({ id, createdAt }) => noticeJob(id, createdAt.getTime())))
    last = rows.at(-1)
    more = rows.length === BATCH
  }

  await queueClocks(options, start + AHEAD)
  await queues.add((await pendingQuestions(db, AT_MOST)).map(questionJob))
  const deliveries = await pendingDeliveries(db, start + AHEAD, AT_MOST)
  await queues.add(deliveries.map(({ id, nextAt }) => deliveryJob(id, nextAt)))
}

/** Those that strike before `before`. */
async function queueClocks({ db, queues, now }: ReconcileOptions, before: number): Promise<void> {
  const late = now() - LATE
  for (let last: PendingTick | undefined, more = true; more; ) {
    const ticks = await pendingTicks(db, before, last, BATCH)
    await queues.add(ticks.map(({ escalation, at }) => (at < late ? lateClockJob : clockJob)(escalation, at)))
    last = ticks.at(-1)
    more = ticks.length === BATCH
  }
}
