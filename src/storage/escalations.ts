import { type Kysely, type Selectable, sql } from 'kysely'
import {
  type Asked,
  ESCALATION_STATUSES,
  type Escalation,
  type EscalationStatus,
} from '../core/escalation/escalation.ts'
import type { Database } from './database.ts'

export interface EscalationFilter {
  readonly status?: EscalationStatus | readonly EscalationStatus[] | undefined
  readonly queue?: string | undefined
  readonly kind?: 'decision' | 'sample' | undefined
  readonly claimedBy?: string | undefined
  readonly assignee?: string | undefined
  /** Ids of one account. */
  readonly accounts?: readonly string[] | undefined
  /** Milliseconds since the epoch: claims that have lapsed by then count as open. Left out: those are claimed still. */
  readonly at?: number | undefined
}

export async function findEscalation(db: Kysely<Database>, id: string): Promise<Escalation | undefined> {
  const row = await db.selectFrom('escalations').selectAll().where('id', '=', id).executeTakeFirst()
  return row && escalationOf(row)
}

export async function findEscalations(db: Kysely<Database>, ids: readonly string[]): Promise<readonly Escalation[]> {
  if (ids.length === 0) return []
  const rows = await db.selectFrom('escalations').selectAll().where('id', 'in', ids).execute()
  return rows.map(escalationOf)
}

/** Those of the ids that nobody can decide any more, however they ended. */
export async function findClosed(db: Kysely<Database>, ids: readonly string[]): Promise<readonly Escalation[]> {
  const { rows } = await sql<Selectable<Database['escalations']>>`
    SELECT * FROM escalations WHERE id = ANY(${ids}::uuid[]) AND status NOT IN ('open', 'claimed')`.execute(db)
  return rows.map(escalationOf)
}

/**
 * In the order in which people should take them: priority, overdue before not yet due, due time, regret. What is
 * overdue was due before what is not, so that the due time puts it first.
 *
 * @param after the last item of the page before
 */
export async function listEscalations(
  db: Kysely<Database>,
  filter: EscalationFilter,
  after: Escalation | undefined,
  limit: number,
): Promise<readonly Escalation[]> {
  // Each part comes out of an index in this order; all at once they would have to be sorted, however many there are.
  const parts = partsOf(filter).map((part) => sql`(${selectPart(db, filter, part, after).limit(limit)})`)
  if (parts.length === 0) return []
  const { rows } = await sql<Selectable<Database['escalations']>>`
    SELECT * FROM (${sql.join(parts, sql` UNION ALL `)}) AS listed
    ORDER BY priority DESC, due_at, regret DESC, id LIMIT ${limit}`.execute(db)
  return rows.map(escalationOf)
}

/** Rows of one status, of claims those that have lapsed or those that stand, or both. */
interface Part {
  readonly status: EscalationStatus
  readonly lapsed?: boolean
}

function partsOf({ status = ESCALATION_STATUSES, claimedBy, at }: EscalationFilter): readonly Part[] {
  const wanted = [status].flat()
  if (at === undefined) return wanted.map((status) => ({ status }))
  return wanted.flatMap((status): Part[] => {
    if (status === 'claimed') return [{ status, lapsed: false }]
    const isOpen = status === 'open' && claimedBy === undefined
    return isOpen ? [{ status }, { status: 'claimed', lapsed: true }] : [{ status }]
  })
}

function selectPart(db: Kysely<Database>, filter: EscalationFilter, part: Part, after: Escalation | undefined) {
  let query = db
    .selectFrom('escalations')
    .selectAll()
    .where('status', '=', part.status)
    .orderBy('priority', 'desc')
    .orderBy('due_at')
    .orderBy('regret', 'desc')
    .orderBy('id')
  if (part.lapsed !== undefined) {
    query = query.where('claimed_until', part.lapsed ? '<=' : '>', new Date(filter.at ?? 0))
  }
  if (filter.queue !== undefined) query = query.where('queue', '=', filter.queue)
  if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind)
  if (filter.claimedBy !== undefined) query = query.where('claimed_by', '=', filter.claimedBy)
  if (filter.assignee !== undefined) query = query.where('assignee', '=', filter.assignee)
  if (filter.accounts !== undefined) query = query.where('account_id', 'in', filter.accounts)
  if (after) {
    query = query.where(
      sql<boolean>`(-priority, due_at, -regret, id)
        > (${-after.priority}, ${new Date(after.dueAt)}, ${-after.regret}::float8, ${after.id}::uuid)`,
    )
  }
  return query
}

/** A row as a query reads it, or as PostgreSQL writes it in JSON, where times are text. */
export type EscalationRow = {
  readonly [C in keyof Selectable<Database['escalations']>]:
    | Selectable<Database['escalations']>[C]
    | (Selectable<Database['escalations']>[C] extends Date | null ? string : never)
}

export function escalationOf(row: EscalationRow): Escalation {
  return {
    id: row.id,
    account: row.account_id,
    decision: row.decision,
    rule: row.rule,
    kind: row.kind,
    queue: row.queue,
    status: row.status,
    priority: row.priority,
    regret: row.regret,
    dueAt: time(row.due_at),
    createdAt: time(row.created_at),
    openedBy: row.opened_by,
    adjudication: row.adjudication_id,
    asked: JSON.parse(row.asked) as Asked,
    assignee: row.assignee,
    claimedBy: row.claimed_by,
    claimedUntil: timeOrNull(row.claimed_until),
    firstClaimedAt: timeOrNull(row.first_claimed_at),
    closedAt: timeOrNull(row.closed_at),
    remindAt: timeOrNull(row.remind_at),
    overdueAt: timeOrNull(row.overdue_at),
    probability: row.probability,
    changes: row.changes,
    resolution: row.resolution,
    tickAt: timeOrNull(row.tick_at),
  }
}

const time = (value: Date | string): number => new Date(value).getTime()
const timeOrNull = (value: Date | string | null): number | null => (value === null ? null : time(value))

/** The row of an escalation, as `Writes.put` takes it. */
export function escalationRow(item: Escalation) {
  return {
    id: item.id,
    account_id: item.account,
    decision: item.decision,
    rule: item.rule,
    kind: item.kind,
    queue: item.queue,
    status: item.status,
    priority: item.priority,
    regret: item.regret,
    due_at: iso(item.dueAt),
    created_at: iso(item.createdAt),
    opened_by: item.openedBy,
    adjudication_id: item.adjudication,
    asked: JSON.stringify(item.asked),
    assignee: item.assignee,
    claimed_by: item.claimedBy,
    claimed_until: isoOrNull(item.claimedUntil),
    first_claimed_at: isoOrNull(item.firstClaimedAt),
    closed_at: isoOrNull(item.closedAt),
    remind_at: isoOrNull(item.remindAt),
    overdue_at: isoOrNull(item.overdueAt),
    probability: item.probability,
    changes: item.changes,
    resolution: item.resolution && JSON.stringify(item.resolution),
    tick_at: isoOrNull(item.tickAt),
  }
}

const iso = (time: number): string => new Date(time).toISOString()
const isoOrNull = (time: number | null): string | null => (time === null ? null : iso(time))
