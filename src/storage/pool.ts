import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { statementSpan, untraced } from '../telemetry/spans.ts'
import type { Database } from './database.ts'

export interface PoolOptions {
  /** Connections at most. */
  readonly max: number
  /** The owner migrates; everything else is done as `umpire_app`, which can't rewrite the audit trail. */
  readonly role: 'owner' | 'app'
  /** What the connections are for, where that is something special: see `INDEXES_ONLY`, `CHECKS` and `QUEUES`. */
  readonly purpose?: 'desk' | 'checks' | 'queues'
  /** Hears of idle connections that break; the pool replaces them by itself. */
  readonly onError: (error: Error) => void
}

/** Sequences and counts stay far below 2^53, so they are numbers. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
}

/**
 * Prepared statements are planned once, and a plan made while the tables are empty would scan them for ever. These
 * look rows up by key however much there is, so their plan must not depend on statistics.
 */
const INDEXES_ONLY =
  'SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off'

/** A lease that is lost with the server's last half second is refused, and its agent checks again. */
const CHECKS = `${INDEXES_ONLY}; SET synchronous_commit = off`

/**
 * BullMQ's tables, which it names without their schema. What it loses with the server's last half second is queued
 * again from ours, so it need not wait for the disk.
 */
const QUEUES = 'SET search_path = bullmq; SET synchronous_commit = off'

export function createPool(connection: pg.PoolConfig, { max, role, purpose, onError }: PoolOptions): pg.Pool {
  const session = [
    "SET TIME ZONE 'UTC'",
    role === 'app' && 'SET ROLE umpire_app',
    purpose === 'desk' && INDEXES_ONLY,
    purpose === 'checks' && CHECKS,
    purpose === 'queues' && QUEUES,
  ]
    .filter(Boolean)
    .join('; ')
  const pool = new pg.Pool({
    ...connection,
    max,
    // BullMQ reads what pg gives by default.
    ...(purpose !== 'queues' && { types }),
    application_name: 'umpire',
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    onConnect: (client) => client.query(session),
  })
  // A connection that breaks while it is taken fails what is asked of it. The pool, which hears of idle ones only, lets it
  // emit an error that would end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  // pg hangs the client on the error, its password included: only what happened goes on.
  // What breaks once the pool ends is how the server says goodbye.
  pool.on('error', ({ message }) => {
    if (!pool.ending) untraced(() => onError(new Error(message)))
  })
  return pool
}

export function createDatabase(pool: pg.Pool): Kysely<Database> {
  return new Kysely<Database>({
    dialect: new PostgresDialect({ pool }),
    log: (event) =>
      statementSpan(event.query.sql, event.queryDurationMillis, event.level === 'error' ? event.error : undefined),
  })
}
