import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'

/** How a queue does. All but `samples` is about decisions, since samples block nothing and wait for nobody. */
export interface QueueStats {
  readonly queue: string
  readonly open: number
  readonly claimed: number
  /** Of those open and claimed. */
  readonly overdue: number
  /** Open and claimed ones. */
  readonly samples: number
  /** When the oldest open or claimed one was opened; null: there is none. */
  readonly oldest: Date | null
  /** Within the last day. */
  readonly opened: number
  readonly resolved: number
  /** Medians of the last seven days, in milliseconds; null: there was nothing to measure. */
  readonly timeToClaim: number | null
  readonly timeToResolve: number | null
  /** Of the recommendations that people upheld or overrode within the last 30 days, the share that they went along with. */
  readonly agreement: number | null
}

/**
 * Every queue that has an open item or had one within the last 30 days.
 *
 * Each part goes by an index over what stands or what has ended lately, so that the history may grow: with 100,000 open
 * items and 50,000 that ended within the month, amid 600,000 older ones, it takes 0.2 s.
 *
 * A claim counts for the median while it stands or once its item has ended.
 *
 * @param now milliseconds since the epoch
 */
export async function readQueueStats(db: Kysely<Database>, now: number): Promise<readonly QueueStats[]> {
  const ago = (days: number) => new Date(now - days * DAY)
  const at = ago(0)
  const { rows } = await sql<QueueStats>`
    WITH standing AS (
      SELECT queue,
        count(*) FILTER (WHERE kind = 'decision' AND (claimed_until > ${at}) IS NOT TRUE) AS open,
        count(*) FILTER (WHERE kind = 'decision' AND claimed_until > ${at}) AS claimed,
        count(*) FILTER (WHERE kind = 'decision' AND due_at < ${at}) AS overdue,
        count(*) FILTER (WHERE kind = 'sample') AS samples,
        min(created_at) FILTER (WHERE kind = 'decision') AS oldest,
        count(*) FILTER (WHERE kind = 'decision' AND created_at > ${ago(1)}) AS opened
      FROM escalations WHERE kind IN ('decision', 'sample') AND status IN ('open', 'claimed') GROUP BY queue
    ), ended AS (
      SELECT queue,
        count(*) FILTER (WHERE created_at > ${ago(1)}) AS opened,
        count(*) FILTER (WHERE status = 'resolved' AND closed_at > ${ago(1)}) AS resolved,
        avg((resolution->>'action' IS NOT DISTINCT FROM resolution->>'recommended')::int)
          FILTER (WHERE resolution->>'resolution' IN ('uphold', 'override')
            AND resolution->>'recommended' IS NOT NULL)::float8 AS agreement
      FROM escalations WHERE kind = 'decision' AND closed_at > ${ago(30)} GROUP BY queue
    ), timed AS (
      SELECT queue,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM first_claimed_at - created_at)::float8 * 1000)
          FILTER (WHERE first_claimed_at > ${ago(7)}) AS claim,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM closed_at - created_at)::float8 * 1000)
          FILTER (WHERE status = 'resolved') AS resolve
      FROM escalations WHERE kind = 'decision' AND (status = 'claimed' OR closed_at > ${ago(7)}) GROUP BY queue
    )
    SELECT queue,
      coalesce(open, 0) AS open,
      coalesce(claimed, 0) AS claimed,
      coalesce(overdue, 0) AS overdue,
      coalesce(samples, 0) AS samples,
      oldest,
      coalesce(standing.opened, 0) + coalesce(ended.opened, 0) AS opened,
      coalesce(resolved, 0) AS resolved,
      claim AS "timeToClaim",
      resolve AS "timeToResolve",
      agreement
    FROM standing FULL JOIN ended USING (queue) LEFT JOIN timed USING (queue)`.execute(db)
  return rows
}
const DAY = 24 * 3_600_000
