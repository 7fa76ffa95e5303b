import { openQueues, type Queues } from '../../../src/queue/queues.ts'
import { startReconciling } from '../../../src/queue/reconcile.ts'
import { startRelay } from '../../../src/queue/relay.ts'
import { type Handlers, startWorkers } from '../../../src/queue/workers.ts'
import { connect } from '../../../src/storage/open.ts'
import { afterwards } from '../afterwards.ts'
import type { TestApp } from '../app.ts'
import type { TestRedis } from './redis.ts'

export interface TestWorkerOptions {
  /** Null: the queues are in PostgreSQL. */
  readonly redis: Pick<TestRedis, 'url'> | null
  /** Undefined: it works on nothing. */
  readonly handlers?: Partial<Handlers>
  readonly relaying?: boolean
  /** The database's clock, as the process has measured it. */
  readonly now?: () => number
}

export interface TestWorker {
  readonly queues: Queues
  readonly connected: Promise<void>
  close(): Promise<void>
}

const NOTHING: Handlers = {
  handleNotice: async () => [],
  tick: async () => null,
  answerQuestion: async () => null,
  attemptDelivery: async () => null,
  recheckLeases: async () => null,
  runBacktest: async () => null,
}

/** What one process does about queues, as `compose.ts` puts it together. It ends with the test file. */
export function startWorker({ app, databaseUrl }: TestApp, options: TestWorkerOptions): TestWorker {
  const { redis, handlers, relaying = true, now = Date.now } = options
  const { db, bell, log, metrics } = app
  const store = connect({ connectionString: databaseUrl }, { connections: 1, onError: () => {} })
  const queues = openQueues({ redisUrl: redis?.url ?? null, pool: store.queues, now, log })
  const stops = relaying ? [startRelay({ db, queues, bell, now, log }), startReconciling({ db, queues, now, log })] : []
  if (handlers) startWorkers({ queues, handlers: { ...NOTHING, ...handlers }, metrics, now })
  let closed: Promise<void> | null = null
  const worker = {
    queues,
    connected: new Promise<void>((resolve) => queues.onConnect(resolve)),
    close() {
      closed ??= (async () => {
        await queues.stopWorking()
        for (const stop of stops) await stop()
        await queues.close()
        await store.close()
      })()
      return closed
    },
  }
  afterwards(worker.close)
  return worker
}
