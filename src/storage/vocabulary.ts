import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'

/** The words that accounts and agents use. */
export interface UsedWords {
  /** Names of facts that any account has now. */
  readonly facts: ReadonlySet<string>
  /** Claims of all signals that were ever accepted. */
  readonly claims: ReadonlySet<string>
}

/**
 * Reads all accounts and signals, which takes seconds per million.
 * @param patience milliseconds after which each query is given up, with PostgreSQL's error 57014
 */
export async function usedWords(db: Kysely<Database>, patience: number): Promise<UsedWords> {
  return db.transaction().execute(async (trx) => {
    await sql`SELECT set_config('statement_timeout', ${String(patience)}, true)`.execute(trx)
    const facts = await sql<{ name: string }>`
      SELECT DISTINCT name
      FROM (SELECT DISTINCT ON (account_id) facts FROM facts ORDER BY account_id, sequence DESC) newest,
        json_object_keys(newest.facts::json) AS name`.execute(trx)
    const claims = await trx.selectFrom('signals').select('claim').distinct().execute()
    return {
      facts: new Set(facts.rows.map(({ name }) => name)),
      claims: new Set(claims.map(({ claim }) => claim)),
    }
  })
}
