import type { Kysely } from 'kysely'
import type { Database } from './database.ts'

/** Jobs that are committed and not yet queued. */
export async function countOutbox(db: Kysely<Database>): Promise<number> {
  const { count } = await db
    .selectFrom('outbox')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}
