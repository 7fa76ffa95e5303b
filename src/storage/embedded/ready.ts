import pg from 'pg'
import { EmbeddedPostgresError } from './errors.ts'
import type { Connection } from './lock.ts'

/** What a server that starts, or stops, answers with; see appendix A of the PostgreSQL manual for the five-digit ones. */
const NOT_YET = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', '57P03', '57P01']
const UNKNOWN_DATABASE = '3D000'
const WRONG_PASSWORD = '28P01'

/**
 * Whether the server takes connections to our database, which the first one makes.
 * @throws {EmbeddedPostgresError} where waiting won't help
 */
export async function tryConnect(connection: Connection): Promise<boolean> {
  try {
    await query(connection, 'SELECT').catch((error) => {
      if (error.code !== UNKNOWN_DATABASE) throw error
      return query({ ...connection, database: 'postgres' }, `CREATE DATABASE ${connection.database}`)
    })
    return true
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    if (code === WRONG_PASSWORD) {
      throw new EmbeddedPostgresError(
        'the embedded PostgreSQL refuses the password in `postgres.password`; restore the one that belongs to the data',
      )
    }
    if (code === undefined ? /terminated/.test(message) : NOT_YET.includes(code)) return false
    throw new EmbeddedPostgresError(`can't connect to the embedded PostgreSQL: ${message}`, { cause: error })
  }
}

async function query(connection: Connection, text: string): Promise<void> {
  const client = new pg.Client({ ...connection })
  // After the connection is lost; the call that was under way is told as well.
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query(text)
  } finally {
    await client.end().catch(() => {})
  }
}
