import { expect, inject, test } from 'vitest'
import { createTestDatabase, execute } from './database.ts'

const database = await createTestDatabase()
const other = await createTestDatabase()

test('a test database is migrated and of its own', async () => {
  await execute(database.url, "INSERT INTO aliases (alias, account_id) VALUES ('hubspot:1', 'acme')")
  expect(await execute(database.url, 'SELECT alias FROM aliases')).toHaveLength(1)
  expect(await execute(other.url, 'SELECT alias FROM aliases')).toHaveLength(0)
})

test('the server that tests run against is durable', async () => {
  const rows = await execute(
    inject('postgresUrl'),
    "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit')",
  )
  expect(rows).toEqual([
    { name: 'fsync', setting: 'on' },
    { name: 'synchronous_commit', setting: 'on' },
  ])
})
