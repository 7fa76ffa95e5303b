import { promises as fs } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { CompiledQuery, type Kysely, type Migration, Migrator, sql } from 'kysely'

const FOLDER = fileURLToPath(new URL('../../migrations/', import.meta.url))

/**
 * Brings the schema up to date, one migration after another, each whole or not at all; then that of BullMQ, which has
 * migrations of its own. Safe to run from several processes at once: a lock lets one through and the others find
 * nothing left to do.
 *
 * Needs a connection that owns the schema, so one that has not taken on the role `umpire_app`.
 *
 * @returns the names of the migrations that ran now
 */
export async function migrate(db: Kysely<any>): Promise<readonly string[]> {
  const { error, results = [] } = await new Migrator({ db, provider: { getMigrations } }).migrateToLatest()
  if (error) throw error
  return [...results.map((result) => result.migrationName), ...(await migrateQueues(db))]
}

/** Source files under a TypeScript loader, compiled ones in production. */
async function getMigrations(): Promise<Record<string, Migration>> {
  const files = (await fs.readdir(FOLDER)).filter((file) => /^\d{4}_\w+\.(ts|js)$/.test(file)).sort()
  const migrations: Record<string, Migration> = {}
  for (const file of files) {
    migrations[path.parse(file).name] = await import(pathToFileURL(path.join(FOLDER, file)).href)
  }
  return migrations
}

/** BullMQ takes its lock and runs its transaction over one connection, which is `pg`'s as far as it can tell. */
async function migrateQueues(db: Kysely<any>): Promise<readonly string[]> {
  const { runMigrations } = await import('bullmq')
  return db.connection().execute(async (connection) => {
    const query = (text: string, values: unknown[] = []) => connection.executeQuery(CompiledQuery.raw(text, values))
    const before = await queueMigrations(connection)
    await runMigrations({ query } as Parameters<typeof runMigrations>[0])
    return (await queueMigrations(connection)).filter((name) => !before.includes(name))
  })
}

async function queueMigrations(db: Kysely<any>): Promise<readonly string[]> {
  const { rows } = await sql<{ made: boolean }>`SELECT to_regclass('bullmq.migration') IS NOT NULL AS made`.execute(db)
  if (!rows[0]!.made) return []
  const ran = await sql<{ name: string }>`SELECT name FROM bullmq.migration ORDER BY version`.execute(db)
  return ran.rows.map(({ name }) => `bullmq ${name}`)
}
