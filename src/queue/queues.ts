import { setTimeout as pause } from 'node:timers/promises'
import type { BulkJobOptions } from 'bullmq'
import type pg from 'pg'
import type { Logger } from 'pino'
import { type AnyQueue, type AnyWorker, type Backend, openPostgresBackend, openRedisBackend } from './backend.ts'
import { type AnyJob, type Payload, QUEUE_NAMES, type QueueName } from './jobs.ts'
import { createOutage } from './outage.ts'
import { backoff, type Handle, processorOf } from './processor.ts'

/** BullMQ's queues. What is to be done is in PostgreSQL: a queue that is away or lost its jobs delays, and loses nothing. */
export interface Queues {
  /** Why nothing can be queued at the moment; null: it can. */
  readonly away: string | null
  /** Queues what is not queued yet. @throws Error at once where the queue is away */
  add(jobs: readonly AnyJob[]): Promise<void>
  /** Works on a queue as soon as it can be reached, on so many jobs at a time. */
  work<N extends QueueName>(name: N, concurrency: number, handle: Handle<Payload<N>>): void
  /** Calls back whenever the queue can be used, for the first time or again. */
  onConnect(listener: () => void): void
  /** BullMQ's own, once they can be reached. */
  readonly opened: Promise<readonly AnyQueue[]>
  /** Tells the jobs under way, and lets them finish for a few seconds. What does not is done again later. */
  stopWorking(): Promise<void>
  close(): Promise<void>
}

export interface QueuesOptions {
  /** Null: the queues are in PostgreSQL. */
  readonly redisUrl: string | null
  /** Makes connections to PostgreSQL for BullMQ alone. */
  readonly pool: () => pg.Pool
  /** Milliseconds since the epoch, by the database's clock. */
  readonly now: () => number
  readonly log: Logger
}

/** Before a server that does not answer is tried again. Milliseconds. */
const RETRY = 1_000
/** Jobs under way get this long once the process is to end, and the server to say goodbye. Milliseconds. */
const FINISH_WITHIN = 4_000
const CLOSE_WITHIN = 1_000

/** A process that has said nothing about its jobs for so long has died. Milliseconds. */
const LOCKED = 10_000

/** Nobody listens to BullMQ's events; in PostgreSQL each is a row. */
const STREAMS = { events: { maxLen: 100 } }

/**
 * A job is gone when it is done, and when it is given up: one of the same id can then be queued again. None is given up
 * but by BullMQ itself, where the processes that had it died again and again.
 */
const JOB: BulkJobOptions = {
  removeOnComplete: true,
  removeOnFail: true,
  attempts: 1_000_000,
  // Else it keeps one of each attempt.
  stackTraceLimit: 0,
  backoff: { type: 'custom' },
}

/** Connects in the background: the service starts without its queues, and waits for them. */
export function openQueues({ redisUrl, pool: makePool, now, log }: QueuesOptions): Queues {
  const outage = createOutage(redisUrl === null ? "the queues' postgresql" : 'redis', log)
  const pool = redisUrl === null ? makePool() : null
  const workers: AnyWorker[] = []
  let queues: ReadonlyMap<string, AnyQueue> = new Map()
  let backend: Backend | null = null
  const stopping = new AbortController()
  let closed = false
  let retry: NodeJS.Timeout | null = null

  let open = (_queues: readonly AnyQueue[]) => {}
  const opened = new Promise<readonly AnyQueue[]>((resolve) => {
    open = resolve
  })

  async function connect(): Promise<void> {
    let made: Backend
    try {
      made = pool ? await openPostgresBackend(pool, outage) : await openRedisBackend(redisUrl!, outage)
    } catch (error) {
      if (closed) return
      outage.began(error)
      retry = setTimeout(() => {
        connecting = connect()
      }, RETRY)
      return
    }
    backend = made
    if (closed) return
    const own = await Promise.all(
      QUEUE_NAMES.map(async (name) => {
        const options = { defaultJobOptions: JOB, streams: STREAMS }
        return [name, await ready(() => made.queue(name, options))] as const
      }),
    )
    if (closed) return
    queues = new Map(own)
    open([...queues.values()])
  }

  /**
   * One that has reached its server. What BullMQ finds out about that at first it never asks again: a queue whose
   * PostgreSQL broke off just then takes no job for ever, and a worker takes all the processor's time.
   */
  async function ready<T extends AnyQueue | AnyWorker>(make: () => T): Promise<T> {
    for (;;) {
      const made = watched(make())
      try {
        await made.waitUntilReady()
        return made
      } catch (error) {
        if (closed) return made
        made.close().catch(() => {})
        if (!backend?.isAway(error))
          log.warn({ err: error, queue: made.name }, 'a queue could not be opened; it is tried again')
        await pause(RETRY)
      }
    }
  }

  /** What goes wrong between BullMQ and its server, and has not been told as an outage. */
  function watched<T extends AnyQueue | AnyWorker>(emitter: T): T {
    const { name } = emitter
    // Both types have this event, and each its own signature of `on`.
    ;(emitter as AnyWorker).on('error', (error) => {
      if (!closed && !backend?.isAway(error)) log.warn({ err: error, queue: name }, 'a queue has trouble')
    })
    return emitter
  }

  let connecting = connect()

  return {
    get away() {
      return outage.reason
    },
    opened,
    onConnect: (listener) => outage.onEnd(() => opened.then(() => closed || listener())),
    async add(jobs) {
      if (outage.reason !== null || queues.size === 0) throw new Error(`the queue is away: ${outage.reason}`)
      for (const [name, queue] of queues) {
        const own = jobs.filter((job) => job.queue === name)
        if (own.length > 0) await queue.addBulk(own.map((job) => bulkJob(job, now())))
      }
    },
    work(name, concurrency, handle) {
      opened.then(async () => {
        if (stopping.signal.aborted) return
        const process = processorOf(name, handle, { stopping: stopping.signal, now, log })
        const options = {
          autorun: false,
          concurrency,
          // A job whose process dies is done again by another, soon; it is not the job's fault.
          maxStalledCount: 1_000,
          lockDuration: LOCKED,
          stalledInterval: LOCKED / 2,
          settings: { backoffStrategy: backoff },
        }
        const worker = await ready(() => backend!.worker(name, process, options))
        if (stopping.signal.aborted) return worker.close()
        workers.push(worker)
        worker.run().catch((error) => worker.emit('error', error))
      })
    },
    async stopWorking() {
      stopping.abort()
      await atMost(FINISH_WITHIN, Promise.all(workers.map((worker) => worker.close())))
    },
    async close() {
      stopping.abort()
      closed = true
      if (retry !== null) clearTimeout(retry)
      await atMost(CLOSE_WITHIN, connecting)
      await atMost(CLOSE_WITHIN, Promise.all([...workers, ...queues.values()].map((one) => one.close())))
      await (backend ?? { close: () => pool?.end() }).close()
    },
  }
}

function bulkJob({ queue, id, data, at }: AnyJob, now: number) {
  const delay = at === null ? 0 : Math.max(0, at - now)
  return { name: queue, data, opts: { jobId: id, timestamp: now, delay } }
}

/** A server that is away must not keep the process from ending. */
function atMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    work
      .catch(() => {})
      .finally(() => {
        clearTimeout(timer)
        resolve()
      })
  })
}
