import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { afterwards } from './afterwards.ts'
import { databaseUrl, execute } from './execute.ts'

export { databaseUrl, execute }

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
 * A migrated, empty database, dropped when the test file is done.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = inject('postgresUrl')
  const template = inject('templateDatabase')
  const name = `${template}_${randomBytes(6).toString('hex')}`
  await execute(server, `CREATE DATABASE ${name} TEMPLATE ${template}`)
  // After the processes that are connected to it have ended.
  afterwards(() => execute(server, `DROP DATABASE ${name} WITH (FORCE)`))
  const url = databaseUrl(server, name)
  return { url, connection: { connectionString: url } }
}
