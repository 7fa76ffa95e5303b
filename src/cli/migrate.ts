import { migrate } from '../storage/migrate.ts'
import { withStore } from './store.ts'

/** Migrates, and prints the names of the migrations that ran. */
export async function migrateDatabase(): Promise<void> {
  // Opening migrates, but for a database that a running service has open.
  const ran = await withStore({ created: true, role: 'owner' }, async ({ db, migrated }) => [
    ...migrated,
    ...(await migrate(db)),
  ])
  for (const name of ran) console.log(`ran ${name}`)
  if (ran.length === 0) console.log('up to date')
}
