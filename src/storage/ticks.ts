import { type Kysely, sql } from 'kysely'
import type { Escalation } from '../core/escalation/escalation.ts'
import type { Database } from './database.ts'

export interface PendingTick {
  readonly escalation: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** Escalations whose clock strikes before `before`, the earliest first; those after `after`, where the page before ended. */
export async function pendingTicks(
  db: Kysely<Database>,
  before: number,
  after: PendingTick | undefined,
  limit: number,
): Promise<readonly PendingTick[]> {
  let query = db
    .selectFrom('escalations')
    .select(['id', 'tick_at'])
    .where('tick_at', '<=', new Date(before))
    .orderBy('tick_at')
    .orderBy('id')
    .limit(limit)
  if (after) query = query.where(sql<boolean>`(tick_at, id) > (${new Date(after.at)}, ${after.escalation}::uuid)`)
  return (await query.execute()).map((row) => ({ escalation: row.id, at: row.tick_at!.getTime() }))
}

/** Stops the clock of an open item that has nothing to wait for, unless something has happened to it meanwhile. */
export async function stopClock(db: Kysely<Database>, { id, queue, tickAt }: Escalation): Promise<void> {
  await db
    .updateTable('escalations')
    .set({ tick_at: null })
    .where('id', '=', id)
    .where('status', '=', 'open')
    .where('queue', '=', queue)
    .where('tick_at', '=', tickAt === null ? null : new Date(tickAt))
    .execute()
}
