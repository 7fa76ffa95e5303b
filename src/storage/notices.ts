import { type Kysely, sql, type Transaction } from 'kysely'
import type { NoticeEvent } from '../core/model.ts'
import type { Database } from './database.ts'

/** Something that was committed and that those who listen are to be told of. */
export interface PendingNotice {
  readonly event: NoticeEvent
  /** Id. */
  readonly escalation: string
  /** When it happened. Milliseconds since the epoch. */
  readonly at: number
}

/** @returns undefined where it has been handled */
export async function findNotice(db: Kysely<Database>, outboxId: number): Promise<PendingNotice | undefined> {
  const row = await db
    .selectFrom('outbox as o')
    .leftJoin('audit_entries as e', (join) =>
      join
        .on(sql<boolean>`e.stream = o.payload::jsonb ->> 'stream'`)
        .on(sql<boolean>`e.sequence = (o.payload::jsonb ->> 'sequence')::bigint`),
    )
    .select(['o.payload', 'o.created_at', 'e.at'])
    .where('o.id', '=', outboxId)
    .where('o.topic', '=', 'notice')
    .executeTakeFirst()
  if (!row) return undefined
  const { event, escalation } = JSON.parse(row.payload) as Pick<PendingNotice, 'event' | 'escalation'>
  return { event, escalation, at: (row.at ?? row.created_at).getTime() }
}

/** Takes a notice off the outbox: of several who handle it at the same moment one is told that it is theirs. */
export async function takeNotice(db: Kysely<Database> | Transaction<Database>, outboxId: number): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('outbox').where('id', '=', outboxId).executeTakeFirst()
  return numDeletedRows === 1n
}
