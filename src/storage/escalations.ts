import { type Kysely, type Selectable, sql } from 'kysely'
import type { Database, EscalationStatus } from './database.ts'

export type StoredEscalation = Selectable<Database['escalations']>

export interface EscalationFilter {
  readonly status?: EscalationStatus | readonly EscalationStatus[] | undefined
  readonly queue?: string | undefined
  readonly kind?: 'decision' | 'sample' | undefined
  readonly claimedBy?: string | undefined
  /** Ids of one account. */
  readonly accounts?: readonly string[] | undefined
}

export async function findEscalation(db: Kysely<Database>, id: string): Promise<StoredEscalation | undefined> {
  return db.selectFrom('escalations').selectAll().where('id', '=', id).executeTakeFirst()
}

/**
 * In the order in which people should take them: priority, overdue before not yet due, due time, regret.
 *
 * @param at when "overdue" is judged, milliseconds since the epoch; the same for all pages of one list
 * @param after the last item of the page before
 */
export async function listEscalations(
  db: Kysely<Database>,
  filter: EscalationFilter,
  at: number,
  after: StoredEscalation | undefined,
  limit: number,
): Promise<readonly StoredEscalation[]> {
  // False sorts first.
  const isNotYetDue = sql<boolean>`due_at > ${new Date(at)}`
  let query = db
    .selectFrom('escalations')
    .selectAll()
    .orderBy('priority', 'desc')
    .orderBy(isNotYetDue)
    .orderBy('due_at')
    .orderBy('regret', 'desc')
    .orderBy('id')
    .limit(limit)
  if (filter.status !== undefined) query = query.where('status', 'in', [filter.status].flat())
  if (filter.queue !== undefined) query = query.where('queue', '=', filter.queue)
  if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind)
  if (filter.claimedBy !== undefined) query = query.where('claimed_by', '=', filter.claimedBy)
  if (filter.accounts !== undefined) query = query.where('account_id', 'in', filter.accounts)
  if (after) {
    query = query.where(
      sql<boolean>`(-priority, ${isNotYetDue}, due_at, -regret, id)
        > (${-after.priority}, ${after.due_at.getTime() > at}, ${after.due_at}, ${-after.regret}::float8, ${after.id}::uuid)`,
    )
  }
  return query.execute()
}
