import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { BacktestStatus, Database } from './database.ts'

/** A back-test that somebody asked for. Times are milliseconds since the epoch. */
export interface Backtest {
  readonly id: string
  readonly status: BacktestStatus
  readonly requestedBy: string
  readonly candidate: NamedHash
  readonly baseline: NamedHash
  /** How far back, an ISO 8601 duration. */
  readonly since: string
  /** Only of this decision; null: of all. */
  readonly decision: string | null
  readonly minutesPerReview: number
  /** How often it was begun. Whoever began it last writes, and nobody else. */
  readonly runs: number
  /** How often whoever had begun it was not heard of any more. */
  readonly brokenOff: number
  /** Until then nobody else begins it; null: nobody holds it. */
  readonly leasedUntil: number | null
  /** Questions, of `total`; null: it is not known yet how many there are. */
  readonly done: number
  readonly total: number | null
  /** Why it failed; null: it did not. */
  readonly error: string | null
  readonly createdAt: number
  readonly startedAt: number | null
  readonly finishedAt: number | null
}

/** A ruleset, as whoever asked named it. */
export interface NamedHash {
  readonly hash: string
  readonly name: string
}

export type NewBacktest = Pick<
  Backtest,
  'id' | 'requestedBy' | 'candidate' | 'baseline' | 'since' | 'decision' | 'minutesPerReview' | 'createdAt'
>

/** Keeps it, and has it begun as soon as somebody is free. */
export async function insertBacktest(trx: Transaction<Database>, backtest: NewBacktest): Promise<void> {
  const { id, candidate, baseline, createdAt } = backtest
  await trx
    .insertInto('backtests')
    .values({
      id,
      requested_by: backtest.requestedBy,
      candidate: candidate.hash,
      candidate_name: candidate.name,
      baseline: baseline.hash,
      baseline_name: baseline.name,
      since: backtest.since,
      decision: backtest.decision,
      minutes_per_review: backtest.minutesPerReview,
      created_at: new Date(createdAt),
    })
    .execute()
  // It is about no account; its id spreads over a cluster as well as theirs do.
  const payload = JSON.stringify({ backtest: id })
  await trx
    .insertInto('outbox')
    .values({ account_id: id, topic: 'backtest', payload, created_at: new Date(createdAt), published_at: null })
    .execute()
}

export async function findBacktest(db: Kysely<Database>, id: string): Promise<Backtest | undefined> {
  const row = await db.selectFrom('backtests').select(COLUMNS).where('id', '=', id).executeTakeFirst()
  return row && backtestOf(row)
}

/** What it found, JSON; null: nothing yet, or there is none of that id. */
export async function readReport(db: Kysely<Database>, id: string): Promise<string | null> {
  const row = await db.selectFrom('backtests').select('report').where('id', '=', id).executeTakeFirst()
  return row?.report ?? null
}

/** Newest first; `after` is the last id of the page before. */
export async function listBacktests(
  db: Kysely<Database>,
  after: string | undefined,
  limit: number,
): Promise<readonly Backtest[]> {
  let query = db.selectFrom('backtests').select(COLUMNS).orderBy('id', 'desc').limit(limit)
  if (after !== undefined) query = query.where('id', '<', after)
  return (await query.execute()).map(backtestOf)
}

/** Ids of those that nobody works on at `now`, the oldest first; those after `after`, where the page before ended. */
export async function pendingBacktests(
  db: Kysely<Database>,
  now: number,
  after: string | undefined,
  limit: number,
): Promise<readonly string[]> {
  let query = db
    .selectFrom('backtests')
    .select('id')
    .where('finished_at', 'is', null)
    .where((or) => or.or([or('leased_until', 'is', null), or('leased_until', '<=', new Date(now))]))
    .orderBy('id')
    .limit(limit)
  if (after !== undefined) query = query.where('id', '>', after)
  return (await query.execute()).map(({ id }) => id)
}

/**
 * Makes a back-test the caller's own, until a time: of several who try at the same moment one gets it. Where a lease has
 * lapsed it begins anew.
 * @returns undefined where it is finished, or somebody holds it
 */
export async function beginBacktest(
  db: Kysely<Database>,
  id: string,
  now: number,
  until: number,
): Promise<Backtest | undefined> {
  const row = await db
    .updateTable('backtests')
    .set({
      status: 'running',
      runs: sql`runs + 1`,
      broken_off: sql`broken_off + (leased_until IS NOT NULL)::integer`,
      leased_until: new Date(until),
      done: 0,
      total: null,
      started_at: new Date(now),
    })
    .where('id', '=', id)
    .where('finished_at', 'is', null)
    .where((or) => or.or([or('leased_until', 'is', null), or('leased_until', '<=', new Date(now))]))
    .returning(COLUMNS)
    .executeTakeFirst()
  return row && backtestOf(row)
}

/** Who may write: whoever began it last, as long as it runs. */
export type Run = Pick<Backtest, 'id' | 'runs'>

/** Says how far a run is, and holds it until a time. @returns false where it is not the caller's any more */
export async function recordProgress(
  db: Kysely<Database>,
  run: Run,
  { done, total }: Pick<Backtest, 'done' | 'total'>,
  until: number,
): Promise<boolean> {
  return wrote(updateRun(db, run).set({ done, total, leased_until: new Date(until) }))
}

/** Leaves a run to whoever comes next. */
export async function giveBack(db: Kysely<Database>, run: Run): Promise<void> {
  await updateRun(db, run)
    .set({ status: 'queued', leased_until: null, done: 0, total: null, started_at: null })
    .execute()
}

/** What a run came to. */
export type Finding = { readonly report: string; readonly questions: number } | { readonly error: string }

/** Keeps what a run came to. @returns false where it is not the caller's any more */
export async function finishBacktest(db: Kysely<Database>, run: Run, finding: Finding, now: number): Promise<boolean> {
  const end = { leased_until: null, finished_at: new Date(now) }
  const came =
    'report' in finding
      ? { status: 'done' as const, report: finding.report, done: finding.questions, total: finding.questions }
      : { status: 'failed' as const, error: finding.error }
  return wrote(updateRun(db, run).set({ ...end, ...came }))
}

/** @returns undefined where there is none of that id, or it is finished */
export async function cancelUnfinished(db: Kysely<Database>, id: string, now: number): Promise<Backtest | undefined> {
  const row = await db
    .updateTable('backtests')
    .set({ status: 'cancelled', leased_until: null, finished_at: new Date(now) })
    .where('id', '=', id)
    .where('finished_at', 'is', null)
    .returning(COLUMNS)
    .executeTakeFirst()
  return row && backtestOf(row)
}

/** @returns how many of those that were finished by a time (milliseconds) were deleted */
export async function deleteFinished(db: Kysely<Database>, by: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('backtests')
    .where('finished_at', '<=', new Date(by))
    .executeTakeFirst()
  return Number(numDeletedRows)
}

const updateRun = (db: Kysely<Database>, { id, runs }: Run) =>
  db.updateTable('backtests').where('id', '=', id).where('runs', '=', runs).where('status', '=', 'running')

async function wrote(update: ReturnType<typeof updateRun>): Promise<boolean> {
  const { numUpdatedRows } = await update.executeTakeFirst()
  return numUpdatedRows === 1n
}

/** All but the report, which may be long. */
const COLUMNS = [
  'id',
  'status',
  'requested_by',
  'candidate',
  'candidate_name',
  'baseline',
  'baseline_name',
  'since',
  'decision',
  'minutes_per_review',
  'runs',
  'broken_off',
  'leased_until',
  'done',
  'total',
  'error',
  'created_at',
  'started_at',
  'finished_at',
] as const satisfies readonly (keyof Database['backtests'])[]

function backtestOf(row: Pick<Selectable<Database['backtests']>, (typeof COLUMNS)[number]>): Backtest {
  return {
    id: row.id,
    status: row.status,
    requestedBy: row.requested_by,
    candidate: { hash: row.candidate, name: row.candidate_name },
    baseline: { hash: row.baseline, name: row.baseline_name },
    since: row.since,
    decision: row.decision,
    minutesPerReview: row.minutes_per_review,
    runs: row.runs,
    brokenOff: row.broken_off,
    leasedUntil: row.leased_until?.getTime() ?? null,
    done: row.done,
    total: row.total,
    error: row.error,
    createdAt: row.created_at.getTime(),
    startedAt: row.started_at?.getTime() ?? null,
    finishedAt: row.finished_at?.getTime() ?? null,
  }
}
