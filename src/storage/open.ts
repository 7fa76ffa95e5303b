import type { Kysely } from 'kysely'
import type pg from 'pg'
import { createListener } from './bell.ts'
import type { Database } from './database.ts'
import { connectRunning, isNewCluster, startEmbedded } from './embedded/embedded.ts'
import { migrate } from './migrate.ts'
import { createDatabase, createPool } from './pool.ts'

/** Where the data is: a server of the operator's, or the embedded one. */
export interface StoreOptions {
  /** Null: embedded PostgreSQL, its data in `dataDir`. */
  readonly databaseUrl: string | null
  readonly dataDir: string
  /** Connections at most, beside those of the desk. */
  readonly connections?: number
  /** `owner` may migrate and erase; everything else is `app`. */
  readonly role?: 'owner' | 'app'
  readonly onError: (error: Error) => void
  readonly onNotice?: (line: string) => void
}

export interface Store {
  readonly db: Kysely<Database>
  /** Connections for the statements of the desk. */
  readonly desk: pg.Pool
  /** Connections that answer checks from what was answered before. */
  readonly checks: pg.Pool
  /** Makes a pool for BullMQ, which its user ends. */
  readonly queues: () => pg.Pool
  /** A connection, not yet made, that only listens: see `createBell`. */
  readonly listener: () => pg.Client
  /** What a thread of its own connects with: a plain value. */
  readonly connection: pg.PoolConfig
  /** Names of the migrations that ran when it was opened. */
  readonly migrated: readonly string[]
  /** Resolves, with the reason, when the embedded server has ended for good; never where there is none. */
  readonly lost: Promise<string>
  close(): Promise<void>
}

/** Whether there is surely nothing in it yet, without opening it. */
export function isNewStore({ databaseUrl, dataDir }: Pick<StoreOptions, 'databaseUrl' | 'dataDir'>): boolean {
  return databaseUrl === null && isNewCluster(dataDir)
}

/** For the service: migrates, then connects. Starts the embedded server where there is no other. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const embedded = options.databaseUrl === null ? await startEmbedded(embeddedOptions(options)) : null
  try {
    const connection = connectionTo(embedded?.connection ?? options.databaseUrl)
    const migrated = await migrateStore(connection, options)
    const store = connect(connection, options)
    return {
      ...store,
      migrated,
      lost: new Promise((resolve) => embedded?.exited.then((reason) => reason !== null && resolve(reason))),
      async close() {
        await store.close()
        await embedded?.stop()
      },
    }
  } catch (error) {
    await embedded?.stop()
    throw error
  }
}

/** For a command beside the service: through the service's embedded server where one is running. */
export async function joinStore(options: StoreOptions): Promise<Store> {
  const running = options.databaseUrl === null ? await connectRunning(options.dataDir) : null
  if (!running) return openStore(options)
  return { ...connect(connectionTo(running), options), migrated: [], lost: new Promise(() => {}) }
}

async function migrateStore(connection: pg.PoolConfig, { onError }: StoreOptions): Promise<readonly string[]> {
  const pool = createPool(connection, { max: 2, role: 'owner', onError })
  const db = createDatabase(pool)
  try {
    return await migrate(db)
  } finally {
    await db.destroy()
  }
}

/** Connects to a database that has been migrated. */
export function connect(
  connection: pg.PoolConfig,
  { connections = 10, role = 'app', onError }: Pick<StoreOptions, 'connections' | 'role' | 'onError'>,
): Pick<Store, 'db' | 'desk' | 'checks' | 'queues' | 'listener' | 'connection' | 'close'> {
  const db = createDatabase(createPool(connection, { max: connections, role, onError }))
  const desk = createPool(connection, { max: DESK_CONNECTIONS, role, purpose: 'desk', onError })
  const checks = createPool(connection, { max: CHECK_CONNECTIONS, role, purpose: 'checks', onError })
  return {
    db,
    desk,
    checks,
    queues: () => createPool(connection, { max: QUEUE_CONNECTIONS, role, purpose: 'queues', onError }),
    listener: () => createListener(connection),
    connection,
    async close() {
      await Promise.all([db.destroy(), desk.end(), checks.end()])
    },
  }
}
const DESK_CONNECTIONS = 4
const CHECK_CONNECTIONS = 2
/** Each of the six workers keeps one to listen. */
const QUEUE_CONNECTIONS = 14

function connectionTo(target: string | pg.PoolConfig | null): pg.PoolConfig {
  if (target === null) throw new TypeError('nothing to connect to')
  return typeof target === 'string' ? { connectionString: target } : { ...target }
}

function embeddedOptions({ dataDir, onNotice }: StoreOptions) {
  return { dataDir, ...(onNotice && { log: onNotice }) }
}
