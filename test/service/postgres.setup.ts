import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestProject } from 'vitest/node'
import { startEmbedded } from '../../src/storage/embedded/embedded.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { createDatabase, createPool } from '../../src/storage/pool.ts'
import { databaseUrl, execute } from './execute.ts'

/**
 * Starts one server for the whole run, or uses that of `TEST_DATABASE_URL`, which must take 500 connections, and migrates
 * the template once.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startServer()
  const template = `umpire_test_${randomBytes(4).toString('hex')}`
  await execute(server.url, `CREATE DATABASE ${template}`)
  await migrateDatabase(databaseUrl(server.url, template))
  project.provide('postgresUrl', server.url)
  project.provide('templateDatabase', template)

  return async () => {
    const left = await execute<{ datname: string }>(
      server.url,
      'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
      [template],
    )
    for (const { datname } of left) await execute(server.url, `DROP DATABASE ${datname} WITH (FORCE)`)
    await server.stop()
  }
}

/**
 * A test may start ten processes of thirty connections each. What a power failure would take is gone after the run anyway:
 * to drop a database takes 0.07 s instead of 1.3, and nearly every file of tests has some.
 */
const SETTINGS = { max_connections: '1000', fsync: 'off', full_page_writes: 'off' }

async function startServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const given = process.env.TEST_DATABASE_URL
  if (given) return { url: given, stop: async () => {} }
  const dataDir = await mkdtemp(path.join(tmpdir(), 'umpire-test-'))
  const server = await startEmbedded({ dataDir, settings: SETTINGS })
  // Tests connect some ten thousand times, and each time both ends would hash the password 4,096 times.
  const { user, password } = server.connection
  await execute(server.url, `SET scram_iterations = 1; ALTER ROLE ${user} PASSWORD '${password}'`)
  return {
    url: server.url,
    stop: async () => {
      await server.stop()
      await rm(dataDir, { recursive: true })
    },
  }
}

async function migrateDatabase(url: string): Promise<void> {
  const pool = createPool({ connectionString: url }, { max: 1, role: 'owner', onError: () => {} })
  try {
    await migrate(createDatabase(pool))
  } finally {
    await pool.end()
  }
}
