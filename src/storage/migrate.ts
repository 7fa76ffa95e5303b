import { promises as fs } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Kysely, type Migration, Migrator } from 'kysely'

const FOLDER = fileURLToPath(new URL('../../migrations/', import.meta.url))

/**
 * Brings the schema up to date, one migration after another, each whole or not at all. Safe to run from several
 * processes at once: kysely's lock lets one through and the others find nothing left to do.
 *
 * Needs a connection that owns the schema, so one that has not taken on the role `umpire_app`.
 *
 * @returns the names of the migrations that ran now
 */
export async function migrate(db: Kysely<any>): Promise<readonly string[]> {
  const { error, results = [] } = await new Migrator({ db, provider: { getMigrations } }).migrateToLatest()
  if (error) throw error
  return results.map((result) => result.migrationName)
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
