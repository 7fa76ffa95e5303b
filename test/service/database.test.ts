import { sql } from 'kysely'
import { expect, inject, test } from 'vitest'
import { createDatabase, createPool } from '../../src/storage/pool.ts'
import { createTestDatabase, execute } from './database.ts'

const database = await createTestDatabase()
const other = await createTestDatabase()

test('a test database is migrated and of its own', async () => {
  await execute(database.url, "INSERT INTO aliases (alias, account_id) VALUES ('hubspot:1', 'acme')")
  expect(await execute(database.url, 'SELECT alias FROM aliases')).toHaveLength(1)
  expect(await execute(other.url, 'SELECT alias FROM aliases')).toHaveLength(0)
})

test('the server that tests run against loses nothing by its own death, or that of a client', async () => {
  const [row] = await execute(
    inject('postgresUrl'),
    "SELECT current_setting('synchronous_commit') AS synchronous_commit",
  )
  expect(row).toEqual({ synchronous_commit: 'on' })
})

test('a connection that breaks in the middle of a transaction fails that and nothing else', async () => {
  const pool = createPool({ connectionString: database.url }, { max: 1, role: 'app', onError: () => {} })
  const db = createDatabase(pool)
  const broken = db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(trx)
    await execute(inject('postgresUrl'), 'SELECT pg_terminate_backend($1)', [rows[0]!.pid])
    // An error that it emitted while nobody listened would end the process here.
    await sql`SELECT pg_sleep(10)`.execute(trx)
  })
  await expect(broken).rejects.toThrow(/terminat|connection/i)
  expect((await sql`SELECT 1`.execute(db)).rows).toHaveLength(1)
  await db.destroy()
})
