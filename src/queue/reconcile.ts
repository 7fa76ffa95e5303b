import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { pendingBacktests } from '../storage/backtests.ts'
import type { Database } from '../storage/database.ts'
import { type PendingDelivery, pendingDeliveries } from '../storage/deliveries.ts'
import { type OutboxRow, unhandled } from '../storage/outbox.ts'
import { type PendingQuestion, pendingQuestions } from '../storage/questions.ts'
import { type PendingTick, pendingTicks } from '../storage/ticks.ts'
import { isUnavailable } from '../storage/unavailable.ts'
import { type AnyJob, backtestJob, clockJob, deliveryJob, jobOf, lateClockJob, questionJob } from './jobs.ts'
import type { Queues } from './queues.ts'

export interface ReconcileOptions {
  readonly db: Kysely<Database>
  readonly queues: Pick<Queues, 'add'>
  /** Milliseconds since the epoch, by the database's clock. */
  readonly now: () => number
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

/**
 * Queues again what the database remembers and the queue may have lost: whenever the queue can be used again, since it
 * may have come back empty, and every minute; clocks that are late every few seconds. Ids keep what is still queued
 * from being queued twice.
 *
 * @returns what stops it, and resolves when nothing is under way
 */
export function startReconciling({
  db,
  queues,
  now,
  log,
}: ReconcileOptions & {
  readonly queues: Pick<Queues, 'add' | 'away' | 'onConnect'>
  readonly log: Logger
}): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  let stopped = false
  const options = { db, now, queues: { add } }

  /** What is stopped ends with the page that it is at. */
  async function add(jobs: readonly AnyJob[]): Promise<void> {
    await queues.add(jobs)
    if (stopped) throw new Error('stopped')
  }

  /** A look that is asked for while it waits for its turn is one: however long they take, they do not pile up. */
  const inTurn = (look: () => Promise<void>) => {
    let waits = false
    return () => {
      if (waits) return
      waits = true
      running = running.then(async () => {
        waits = false
        if (stopped || queues.away !== null) return
        try {
          await look()
        } catch (error) {
          if (stopped || queues.away !== null || isUnavailable(error)) return
          log.warn({ err: error }, 'what may be missing in the queues could not be looked for; it is tried again')
        }
      })
    }
  }

  queues.onConnect(inTurn(() => reconcile(options, 'all')))
  const timers = [
    setInterval(
      inTurn(() => reconcile(options, 'old')),
      EVERY,
    ),
    setInterval(
      inTurn(() => queueClocks(options, now() - LATE)),
      LATE,
    ),
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
  await queuePages<OutboxRow>(queues, (last) => unhandled(db, { before, after: last?.id ?? 0, limit: BATCH }), jobOf)
  await queueClocks(options, start + AHEAD)
  await queuePages<PendingQuestion>(queues, (last) => pendingQuestions(db, last, BATCH), questionJob)
  await queuePages<PendingDelivery>(
    queues,
    (last) => pendingDeliveries(db, start + AHEAD, last, BATCH),
    ({ id, nextAt }) => deliveryJob(id, nextAt),
  )
  await queuePages<string>(queues, (last) => pendingBacktests(db, start, last, BATCH), backtestJob)
}

/** Those that strike before `before`. */
async function queueClocks({ db, queues, now }: ReconcileOptions, before: number): Promise<void> {
  const late = now() - LATE
  await queuePages<PendingTick>(
    queues,
    (last) => pendingTicks(db, before, last, BATCH),
    ({ escalation, at }) => (at < late ? lateClockJob : clockJob)(escalation, at),
  )
}

/** Queues page after page, each of which begins after the last row of the one before. */
async function queuePages<Row>(
  queues: Pick<Queues, 'add'>,
  read: (last: Row | undefined) => Promise<readonly Row[]>,
  job: (row: Row) => AnyJob | null,
): Promise<void> {
  for (let last: Row | undefined, more = true; more; ) {
    const rows = await read(last)
    await queues.add(rows.flatMap((row) => job(row) ?? []))
    last = rows.at(-1)
    more = rows.length === BATCH
  }
}
