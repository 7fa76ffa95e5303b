import { execute } from '../database.ts'
import { hasRedis, startRedis, type TestRedis } from './redis.ts'

/** What the queues are on. One suite is for all of them. */
export interface TestBackend {
  readonly name: string
  readonly available: boolean
  /** Starts the server; null: the queues are in the test's PostgreSQL. */
  start(): Promise<TestRedis | null>
}

export const BACKENDS: readonly TestBackend[] = [
  { name: 'PostgreSQL', available: true, start: async () => null },
  { name: 'Redis', available: hasRedis, start: () => startRedis() },
  { name: 'Redis Cluster', available: hasRedis, start: () => startRedis({ cluster: true }) },
]

/** All that is queued is gone, and so is every connection to it. */
export async function loseQueues(redis: TestRedis | null, databaseUrl: string): Promise<void> {
  if (redis) {
    await redis.kill()
    await redis.start()
    return
  }
  await execute(databaseUrl, 'DELETE FROM bullmq.job')
  await execute(
    databaseUrl,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name IN ('notices', 'clocks', 'questions', 'deliveries', 'leases', 'backtests')`,
  )
}
