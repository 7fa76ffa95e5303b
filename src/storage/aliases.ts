import type { Kysely } from 'kysely'
import type { Database } from './database.ts'

/** The account behind a name: the one that it is an alias of, else itself. */
export async function resolveAlias(db: Kysely<Database>, name: string): Promise<string> {
  const row = await db.selectFrom('aliases').select('account_id').where('alias', '=', name).executeTakeFirst()
  return row?.account_id ?? name
}
