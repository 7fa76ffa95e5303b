import { type Kysely, sql } from 'kysely'

/** Finds the few answers of a shadow in which an expression failed, as `shadow_flips` finds those that differ. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`CREATE INDEX shadow_errors ON shadow_answers (shadow, decision, adjudication_id) WHERE errored`.execute(db)
}
