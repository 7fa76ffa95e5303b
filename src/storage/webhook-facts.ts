import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'

/** What a source says of one fact of an account, and when that was so by its clock (milliseconds since the epoch). */
export interface DatedFact {
  readonly account: string
  readonly fact: string
  readonly at: number
  readonly value: unknown
}

/** Notes what a source says, unless it has said something newer of the same fact. Of each fact one is given. */
export async function noteFacts(db: Kysely<Database>, source: string, facts: readonly DatedFact[]): Promise<void> {
  if (facts.length === 0) return
  await db
    .insertInto('webhook_facts')
    .values(
      facts.map(({ account, fact, at, value }) => ({
        account_id: account,
        source,
        fact,
        at: new Date(at),
        value: JSON.stringify(value),
      })),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['account_id', 'source', 'fact'])
        .doUpdateSet({ at: sql`excluded.at`, value: sql`excluded.value` })
        .where('webhook_facts.at', '<=', sql<Date>`excluded.at`),
    )
    .execute()
}

/** The newest that a source has said of facts, in no order. */
export async function newestFacts(
  db: Kysely<Database>,
  source: string,
  facts: readonly Pick<DatedFact, 'account' | 'fact'>[],
): Promise<readonly Omit<DatedFact, 'at'>[]> {
  if (facts.length === 0) return []
  const wanted = JSON.stringify(facts.map(({ account, fact }) => ({ account, fact })))
  const { rows } = await sql<{ account: string; fact: string; value: string }>`
    SELECT account_id AS account, f.fact, value
    FROM json_to_recordset(${wanted}) AS wanted (account text, fact text)
    JOIN webhook_facts f ON f.account_id = wanted.account COLLATE "C" AND f.source = ${source}
      AND f.fact = wanted.fact COLLATE "C"`.execute(db)
  return rows.map(({ account, fact, value }) => ({ account, fact, value: JSON.parse(value) }))
}
