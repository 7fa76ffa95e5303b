import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Bell } from '../storage/bell.ts'
import type { Database } from '../storage/database.ts'
import { onceMore } from '../storage/once-more.ts'
import { lockOutbox, markPublished, type OutboxRow, removeFromOutbox, unpublished } from '../storage/outbox.ts'
import { isUnavailable } from '../storage/unavailable.ts'
import { type AnyJob, jobOf, type QueueName } from './jobs.ts'
import type { Queues } from './queues.ts'

export interface RelayOptions {
  readonly db: Kysely<Database>
  readonly queues: Pick<Queues, 'add' | 'away' | 'onConnect'>
  readonly bell: Bell
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly log: Logger
}

/** How often it looks though no bell has rung. Milliseconds. */
const LOOK_EVERY = 1_000
const BATCH = 500

/**
 * Hands what is committed in the outbox to the queues: whenever the bell rings, and every second in case it was not
 * heard. Whoever is not let in, since another process is at it, need not come back: the bell rings for that one too.
 *
 * @returns what stops it, and resolves when nothing is under way
 */
export function startRelay(options: RelayOptions): () => Promise<void> {
  const { queues, bell, log } = options
  let failing = false
  let stopped = false

  const looking = onceMore(async () => {
    try {
      while (!stopped && (await publish(options)) === BATCH);
      failing = false
    } catch (error) {
      if (!failing && queues.away === null && !isUnavailable(error)) {
        log.warn({ err: error }, 'what is in the outbox could not be queued; it is tried again')
      }
      failing = true
    }
  })

  /** Where the queue is away the rows wait; its return wakes. */
  const look = () => {
    if (queues.away === null) looking.ask()
  }

  // While it fails, it is the next look within a second that tries again; bells in between don't.
  const stopHearing = bell.onRing(() => failing || look())
  queues.onConnect(look)
  const timer = setInterval(look, LOOK_EVERY)
  look()
  return async () => {
    stopped = true
    stopHearing()
    clearInterval(timer)
    await looking.stop()
  }
}

/**
 * Queues the first rows that are not queued yet. A row about a clock or a question is then done with, since the tables
 * remember those; one about a notice or leases stays until its work is done.
 *
 * Should the transaction fail after the queue took the jobs, they are queued again under the same ids.
 *
 * @returns how many rows it read; 0 where another process is at it
 */
export async function publish({ db, queues, now, log }: Omit<RelayOptions, 'bell'>): Promise<number> {
  return db.transaction().execute(async (transaction) => {
    if (!(await lockOutbox(transaction))) return 0
    const rows = await unpublished(transaction, BATCH)
    if (rows.length === 0) return 0
    const jobs: AnyJob[] = []
    const kept: OutboxRow[] = []
    const gone: OutboxRow[] = []
    for (const row of rows) {
      const job = jobOf(row)
      if (job === null)
        log.error({ outbox: row.id, topic: row.topic }, 'a row of the outbox that means nothing is dropped')
      else jobs.push(job)
      ;(job !== null && KEPT.has(job.queue) ? kept : gone).push(row)
    }
    await queues.add(jobs)
    if (kept.length > 0) await markPublished(transaction, idsOf(kept), now())
    if (gone.length > 0) await removeFromOutbox(transaction, idsOf(gone))
    return rows.length
  })
}

/** Nothing but the row remembers that their work is to be done. */
const KEPT: ReadonlySet<QueueName> = new Set(['notices', 'leases'])

const idsOf = (rows: readonly OutboxRow[]) => rows.map(({ id }) => id)
