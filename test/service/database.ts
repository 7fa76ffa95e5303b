import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** A superuser's connection string to the server that all test files share. */
    postgresUrl: string
    /** A database on it that has been migrated and is never written to. */
    templateDatabase: string
  }
}

export interface TestDatabase {
  /** Connection string of its owner. */
  readonly url: string
  /** The same, in the words of `pg`. */
  readonly connection: { readonly connectionString: string }
}

/**
 * A migrated, empty database for one test file, dropped when the file is done. Call it at the top level of the file or of
 * a `describe`, where hooks can be registered.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = inject('postgresUrl')
  const template = inject('templateDatabase')
  const name = `${template}_${randomBytes(6).toString('hex')}`
  await execute(server, `CREATE DATABASE ${name} TEMPLATE ${template}`)
  afterAll(() => execute(server, `DROP DATABASE ${name} WITH (FORCE)`))
  const url = databaseUrl(server, name)
  return { url, connection: { connectionString: url } }
}

/** The connection string of another database on the same server. */
export function databaseUrl(server: string, database: string): string {
  const url = new URL(server)
  url.pathname = `/${database}`
  return url.href
}

/** Runs one statement over a connection of its own. */
export async function execute<Row extends pg.QueryResultRow>(
  url: string,
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(sql, values)).rows
  } finally {
    await client.end()
  }
}
