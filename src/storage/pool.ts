import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { statementSpan } from '../telemetry/spans.ts'
import type { Database } from './database.ts'

export interface PoolOptions {
  /** Connections at most. */
  readonly max: number
  /** The owner migrates; everything else is done as `umpire_app`, which can't rewrite the audit trail. */
  readonly role: 'owner' | 'app'
  /** Hears of idle connections that break; the pool replaces them by itself. */
  readonly onError: (error: Error) => void
}

/** Sequences and counts stay far below 2^53, so they are numbers. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
}

export function createPool(connection: pg.PoolConfig, { max, role, onError }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    ...connection,
    max,
    types,
    application_name: 'umpire',
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    ...(role === 'app' && { onConnect: (client: pg.ClientBase) => client.query("SET ROLE umpire_app; SET TIME ZONE 'UTC'") }),
  })
  // pg hangs the client on the error, its password included: only what happened goes on.
  pool.on('error', ({ message }) => onError(new Error(message)))
  return pool
}

export function createDatabase(pool: pg.Pool): Kysely<Database> {
  return new Kysely<Database>({
    dialect: new PostgresDialect({ pool }),
    log: (event) =>
      statementSpan(event.query.sql, event.queryDurationMillis, event.level === 'error' ? event.error : undefined),
  })
}
