import type { Kysely } from 'kysely'
import type { Database } from './database.ts'

/** All ids of the account behind a name: its own, and those of accounts that have joined it as aliases. */
export async function accountIds(db: Kysely<Database>, name: string): Promise<readonly string[]> {
  const row = await db.selectFrom('aliases').select('account_id').where('alias', '=', name).executeTakeFirst()
  const account = row?.account_id ?? name
  const aliases = await db.selectFrom('aliases').select('alias').where('account_id', '=', account).execute()
  return [account, ...aliases.map(({ alias }) => alias)]
}
