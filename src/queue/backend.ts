import {
  createPostgresBackend,
  type PgPool,
  type Processor,
  Queue,
  type QueueOptions,
  Worker,
  type WorkerOptions,
  withBackend,
} from 'bullmq'
import type pg from 'pg'
import { isUnavailable } from '../storage/unavailable.ts'
import type { Outage } from './outage.ts'
import { connectRedis, IMPATIENT, isCluster, isRedisAway, PATIENT } from './redis.ts'

/** Where BullMQ keeps its queues: a Redis, a Redis Cluster, or PostgreSQL. */
export interface Backend {
  queue(name: string, options: Options<QueueOptions>): AnyQueue
  worker(name: string, process: Processor, options: Options<WorkerOptions>): AnyWorker
  /** Whether an error says no more than that the server is away for the moment, which is told as an outage. */
  isAway(error: unknown): boolean
  close(): Promise<void>
}
/** Over whatever backend. */
export type AnyQueue = Queue<any, any, string, any, any, string, any, any>
export type AnyWorker = Worker<any, any, string, any, any, any>
type Options<T> = Omit<T, 'connection' | 'prefix'>

/** In braces, so that all keys are on one node of a cluster, as BullMQ's scripts want it. */
const PREFIX = '{umpire}'

/** @throws what goes wrong where the server does not answer */
export async function openRedisBackend(url: string, outage: Outage): Promise<Backend> {
  const cluster = await isCluster(url)
  const producer = connectRedis(url, cluster, IMPATIENT)
  const consumer = connectRedis(url, cluster, PATIENT)
  let closed = false
  let reason = new Error('the connection is closed')
  producer.on('error', (error) => {
    reason = error
  })
  producer.on('close', () => closed || outage.began(reason))
  producer.on('ready', outage.ended)
  // It breaks when the other does, which tells.
  consumer.on('error', () => {})
  return {
    queue: (name, options) => new Queue(name, { ...options, prefix: PREFIX, connection: producer }),
    worker: (name, process, options) => new Worker(name, process, { ...options, prefix: PREFIX, connection: consumer }),
    isAway: isRedisAway,
    async close() {
      closed = true
      producer.disconnect()
      consumer.disconnect()
    },
  }
}

const OnPostgres = withBackend(createPostgresBackend)

/** How often a PostgreSQL that is away is asked whether it is back. Milliseconds. */
const ASKED_EVERY = 1_000

/**
 * @param pool for BullMQ alone, which keeps one connection of it for each worker; ended with the backend
 * @throws what goes wrong where the server does not answer
 */
export async function openPostgresBackend(pool: pg.Pool, outage: Outage): Promise<Backend> {
  await pool.query('SELECT 1')
  // Each queue and each worker adds one of its own.
  pool.setMaxListeners(32)
  let closed = false
  let asking: NodeJS.Timeout | null = null

  function began(error: unknown): void {
    if (closed || asking !== null) return
    outage.began(error)
    ask()
  }

  function ask(): void {
    asking = setTimeout(() => {
      pool.query('SELECT 1').then(back, () => closed || ask())
    }, ASKED_EVERY)
  }

  function back(): void {
    asking = null
    outage.ended()
  }

  // What BullMQ declares of a pool asks for fewer overloads than pg's has.
  const connection = pool as unknown as PgPool
  outage.ended()
  return {
    queue: (name, options) => new OnPostgres.Queue(name, { ...options, connection }),
    worker: (name, process, options) => new OnPostgres.Worker(name, process, { ...options, connection }),
    isAway(error) {
      const away = isUnavailable(error)
      if (away) began(error)
      return away
    },
    async close() {
      closed = true
      if (asking !== null) clearTimeout(asking)
      await pool.end()
    },
  }
}
