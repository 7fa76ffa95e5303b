import { type Kysely, sql } from 'kysely'
import type { NoticeEvent } from '../core/queues.ts'
import type { Database } from './database.ts'
import { COLUMNS, type NewDelivery, recordset } from './deliveries.ts'

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

/** Takes a notice that nobody listens to off the outbox: false where it had been handled. */
export async function takeNotice(db: Kysely<Database>, outboxId: number): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('outbox').where('id', '=', outboxId).executeTakeFirst()
  return numDeletedRows === 1n
}

/**
 * Puts deliveries in the place of a notice, in one statement: of several who handle it at the same moment one succeeds.
 * @returns false where it had been handled
 */
export async function replaceNotice(
  db: Kysely<Database>,
  outboxId: number,
  deliveries: readonly NewDelivery[],
): Promise<boolean> {
  const { rows } = await sql<{ handled: boolean }>`
    WITH notice AS (DELETE FROM outbox WHERE id = ${outboxId} RETURNING id),
    made AS (
      INSERT INTO deliveries (${COLUMNS}) SELECT d.* FROM notice, ${recordset(deliveries)}
    )
    SELECT EXISTS (SELECT FROM notice) AS handled`.execute(db)
  return rows[0]!.handled
}
