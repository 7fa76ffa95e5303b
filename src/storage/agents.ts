import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { Database } from './database.ts'

export type AgentRow = Selectable<Database['agents']>

/** By name, at most `limit` of those after `after`. */
export async function readAgents(db: Kysely<Database>, after: string, limit: number): Promise<readonly AgentRow[]> {
  return db.selectFrom('agents').selectAll().where('name', '>', after).orderBy('name').limit(limit).execute()
}

export async function findAgent(db: Kysely<Database>, name: string): Promise<AgentRow | undefined> {
  return db.selectFrom('agents').selectAll().where('name', '=', name).executeTakeFirst()
}

export async function writeAgent(trx: Transaction<Database>, row: AgentRow): Promise<AgentRow> {
  const values = { ...row, overrides: JSON.stringify(row.overrides) }
  return trx
    .insertInto('agents')
    .values(values)
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet({
        sequence: sql`excluded.sequence`,
        overrides: sql`excluded.overrides`,
      }),
    )
    .returningAll()
    .executeTakeFirstOrThrow()
}
