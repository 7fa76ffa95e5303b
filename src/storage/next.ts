import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'

/** An item that somebody could take. */
export interface Candidate {
  readonly id: string
  readonly account: string
  readonly rule: string | null
  /** Null: anybody, since nobody is named or they have let it become overdue. */
  readonly assignee: string | null
}

/**
 * The decisions of a queue that nobody holds, in the order in which people should take them: those for everybody and
 * those for one of `people`; what is overdue is for everybody. Claims that have lapsed are held by nobody. The index gives both parts in that order, so
 * that it takes no longer with a hundred thousand that wait: see `escalations_order`.
 *
 * @param now milliseconds since the epoch
 */
export async function readCandidates(
  db: Kysely<Database>,
  queue: string,
  people: readonly string[],
  now: number,
  limit: number,
): Promise<readonly Candidate[]> {
  const order = sql`ORDER BY priority DESC, due_at, regret DESC, id LIMIT ${limit}`
  const at = new Date(now)
  const free = sql`queue = ${queue} AND kind = 'decision'
    AND (assignee IS NULL OR assignee = ANY(${[...people]}) OR due_at <= ${at})`
  const { rows } = await sql<Candidate>`
    SELECT id, account_id AS account, rule, CASE WHEN due_at > ${at} THEN assignee END AS assignee FROM (
      (SELECT * FROM escalations WHERE ${free} AND status = 'open' ${order})
      UNION ALL
      (SELECT * FROM escalations WHERE ${free} AND status = 'claimed' AND claimed_until <= ${at} ${order})
    ) AS free ${order}`.execute(db)
  return rows
}
