import { sql } from 'kysely'
import type { App } from './app.ts'

/** Whether the service can answer, and what is missing where it can't. Migrations and rules were done to get here. */
export async function readiness(app: App): Promise<{ readonly ready: boolean; readonly missing: readonly string[] }> {
  try {
    await sql`SELECT 1`.execute(app.db)
    return { ready: true, missing: [] }
  } catch {
    return { ready: false, missing: ['postgresql does not answer'] }
  }
}
