import { filesOfContent } from '../core/rules/parsed-files.ts'
import { findContent, newestActivation } from '../storage/activations.ts'
import {
  type Backtest,
  cancelUnfinished,
  deleteFinished,
  findBacktest,
  insertBacktest,
  listBacktests as list,
  readReport,
} from '../storage/backtests.ts'
import { type App, type Page, type Paged, paged } from './app.ts'
import { ACTIVE } from './named-ruleset.ts'
import { demand, type Principal } from './principal.ts'
import { Problem } from './problem.ts'

/** How long what a back-test found can be looked at. Milliseconds. */
const KEPT = 90 * 24 * 3_600_000

export interface BacktestRequest {
  /** Hash of a stored ruleset, or `active`. */
  readonly candidate: string
  readonly baseline: string
  /** How far back, an ISO 8601 duration. */
  readonly since: string
  /** Only of this decision; undefined: of all. */
  readonly decision?: string | undefined
  readonly minutesPerReview: number
}

/**
 * Has the recorded past asked again of two rulesets, in the background. Which one is active is settled now.
 * @throws Problem `not_found` where a ruleset is not stored; `unknown_decision` where neither has the decision
 */
export async function requestBacktest(
  app: App,
  principal: Principal,
  { candidate, baseline, since, decision, minutesPerReview }: BacktestRequest,
): Promise<BacktestView> {
  demand(principal, 'admin')
  const sides = { candidate: await storedSet(app, candidate), baseline: await storedSet(app, baseline) }
  if (decision !== undefined) demandDecision(decision, Object.values(sides))
  const requested = {
    id: app.newId(),
    requestedBy: principal.name,
    candidate: { hash: sides.candidate.hash, name: candidate },
    baseline: { hash: sides.baseline.hash, name: baseline },
    since,
    decision: decision ?? null,
    minutesPerReview,
    createdAt: app.now(),
  }
  await app.db.transaction().execute((trx) => insertBacktest(trx, requested))
  app.bell.ring()
  app.log.info({ backtest: requested.id, by: principal.name }, 'is asked for a back-test')
  return viewOf({ ...requested, ...UNTOUCHED })
}

const UNTOUCHED = {
  status: 'queued',
  runs: 0,
  brokenOff: 0,
  leasedUntil: null,
  done: 0,
  total: null,
  error: null,
  startedAt: null,
  finishedAt: null,
} as const

interface StoredSet {
  readonly hash: string
  readonly content: string
}

async function storedSet({ db }: App, name: string): Promise<StoredSet> {
  const hash = name === ACTIVE ? (await newestActivation(db))?.ruleset : name
  const content = hash === undefined ? undefined : await findContent(db, hash)
  if (hash !== undefined && content !== undefined) return { hash, content }
  throw new Problem('not_found', `no ruleset \`${name}\` is stored; send its files to POST /v1/rulesets first`)
}

/** @throws Problem `unknown_decision` */
function demandDecision(decision: string, sets: readonly StoredSet[]): void {
  const names = [...new Set(sets.flatMap(decisionsIn))].sort()
  if (names.includes(decision)) return
  const known = names.map((name) => `\`${name}\``).join(', ')
  throw new Problem('unknown_decision', `neither set has the decision \`${decision}\`; they have ${known || 'none'}`)
}

/** Names of the decisions of a set. It is not compiled for that, which with a hundred files takes a while. */
function decisionsIn({ content }: StoredSet): readonly string[] {
  const files = filesOfContent(content).filter(({ kind }) => kind === 'decision')
  return files.map(({ yaml }) => (yaml.value as { readonly decision: string }).decision)
}

export type BacktestView = ReturnType<typeof viewOf>

function viewOf(backtest: Backtest) {
  const { id, status, done, total, requestedBy, candidate, baseline, since, decision, minutesPerReview, error } =
    backtest
  return {
    id,
    status,
    progress: { done, total },
    requestedBy,
    candidate,
    baseline,
    since,
    decision,
    minutesPerReview,
    error,
    createdAt: iso(backtest.createdAt),
    startedAt: iso(backtest.startedAt),
    finishedAt: iso(backtest.finishedAt),
  }
}

function iso(time: number): string
function iso(time: number | null): string | null
function iso(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString()
}

/** Newest first, without what they found. */
export async function listBacktests(app: App, page: Page): Promise<Paged<BacktestView>> {
  const rows = await list(app.db, page.cursor, page.limit + 1)
  return paged(rows, page.limit, viewOf, ({ id }) => id)
}

/**
 * A back-test, with the report once it is done.
 * @throws Problem `not_found`
 */
export async function getBacktest(app: App, id: string): Promise<BacktestView & { readonly report: unknown }> {
  const backtest = await existing(app, id)
  const report = backtest.status === 'done' ? await readReport(app.db, id) : null
  return { ...viewOf(backtest), report: report === null ? null : JSON.parse(report) }
}

/**
 * What a back-test found.
 * @returns the report as JSON
 * @throws Problem `not_found`, where it will never have one, too; `backtest_pending` where it is not done yet
 */
export async function getReport(app: App, id: string): Promise<string> {
  const { status, done, total, error } = await existing(app, id)
  const report = await readReport(app.db, id)
  if (report !== null) return report
  if (status === 'cancelled') throw new Problem('not_found', `back-test \`${id}\` was cancelled, so it has no report`)
  if (status === 'failed') throw new Problem('not_found', `back-test \`${id}\` failed, so it has no report: ${error}`)
  const far = total === null ? `is ${status}` : `has asked ${done} of ${total} questions`
  throw new Problem('backtest_pending', `back-test \`${id}\` ${far}; ask again when its status is \`done\``)
}

/**
 * Ends a back-test that waits or runs, wherever it does. One that was cancelled before stays so.
 * @throws Problem `not_found`; `backtest_finished`
 */
export async function cancelBacktest(app: App, principal: Principal, id: string): Promise<BacktestView> {
  demand(principal, 'admin')
  const cancelled = await cancelUnfinished(app.db, id, app.now())
  if (cancelled) {
    app.log.info({ backtest: id, by: principal.name }, 'cancels a back-test')
    return viewOf(cancelled)
  }
  const finished = await existing(app, id)
  if (finished.status === 'cancelled') return viewOf(finished)
  throw new Problem('backtest_finished', `back-test \`${id}\` is over already: its status is \`${finished.status}\``)
}

async function existing(app: App, id: string): Promise<Backtest> {
  const backtest = await findBacktest(app.db, id)
  if (!backtest) throw new Problem('not_found', `no back-test \`${id}\``)
  return backtest
}

/**
 * Deletes what was finished ninety days ago; once an hour is often enough.
 * @returns how many back-tests were deleted
 */
export async function sweepBacktests(app: App): Promise<number> {
  return deleteFinished(app.db, app.now() - KEPT)
}
