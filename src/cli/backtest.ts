import { existsSync } from 'node:fs'
import { access, constants, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Kysely } from 'kysely'
import { ACTIVE, isStored, rulesetNamed } from '../app/named-ruleset.ts'
import { withDatabase } from '../backtest/database.ts'
import { openFiles, sizeOf } from '../backtest/files/source.ts'
import { FILE_KINDS, type History } from '../backtest/history.ts'
import { replay } from '../backtest/replay.ts'
import type { BacktestReport } from '../backtest/report.ts'
import type { Contest, Contestant } from '../backtest/reporting.ts'
import { readConfig } from '../config.ts'
import { parseDuration, parseTime } from '../core/rules/time.ts'
import type { Database } from '../storage/database.ts'
import { renderBacktest } from './backtest-report.ts'
import { CommandError, UsageError } from './failure.ts'
import { runStage } from './progress.ts'
import { withStore } from './store.ts'
import { terminalOf } from './terminal.ts'

export interface BacktestOptions {
  /** A directory, a hash or `active`. */
  readonly candidate: string
  readonly baseline?: string
  /** An ISO 8601 duration. */
  readonly since?: string
  readonly accounts?: string
  readonly signals?: string
  readonly outcomes?: string
  readonly decision?: string
  readonly split?: string
  /** RFC 3339. */
  readonly now?: string
  readonly minutesPerReview: string
  readonly threads?: string
  readonly json: boolean
  readonly html?: string
}

/** Replays history under two rulesets and prints how they compare; `--html` writes the page as well. */
export async function runBacktest(options: BacktestOptions): Promise<void> {
  const plan = readPlan(options)
  if (options.html !== undefined) await demandPlace(options.html)
  const report = plan.needsStore ? await withStore({}, ({ db }) => backtest(plan, db)) : await backtest(plan, null)
  console.log(
    options.json ? JSON.stringify(report, null, 2) : renderBacktest(report, terminalOf(process.stdout, process.env)),
  )
  if (options.html !== undefined) await writePage(options.html, report)
}

/** The command line, understood. */
interface Plan {
  readonly candidate: string
  readonly baseline: string
  readonly needsStore: boolean
  readonly files: Readonly<Record<(typeof FILE_KINDS)[number], string>> | null
  readonly since: number
  readonly now: number | null
  readonly decision: string | null
  readonly split: string | null
  readonly minutesPerReview: number
  readonly threads: number | undefined
}

const SINCE = 'P30D'

/** @throws UsageError */
function readPlan(options: BacktestOptions): Plan {
  const files = filesOf(options)
  if (files !== null && options.since !== undefined)
    throw new UsageError('--since is for the database; leave it out with files')
  if (files === null && options.split !== undefined)
    throw new UsageError('--split is for files; name them, or leave it out')
  const baseline = options.baseline ?? defaultBaseline(files !== null)
  const since = parseDuration(options.since ?? SINCE)
  if (typeof since === 'string') throw new UsageError(`--since: ${since}`)
  return {
    candidate: options.candidate,
    baseline,
    needsStore: files === null || isStored(options.candidate) || isStored(baseline),
    files,
    since,
    now: options.now === undefined ? null : timeOf(options.now),
    decision: options.decision ?? null,
    split: options.split ?? null,
    minutesPerReview: positive('--minutes-per-review', options.minutesPerReview),
    threads: options.threads === undefined ? undefined : threadsOf(options.threads),
  }
}

/** @throws UsageError where only some of the files are named */
function filesOf(options: BacktestOptions): Plan['files'] {
  const { accounts, signals, outcomes } = options
  if (accounts !== undefined && signals !== undefined && outcomes !== undefined) return { accounts, signals, outcomes }
  const missing = FILE_KINDS.filter((kind) => options[kind] === undefined)
  if (missing.length === FILE_KINDS.length) return null
  throw new UsageError(`files come together; add ${missing.map((kind) => `--${kind}`).join(' and ')}`)
}

/** What is active, where there is a database; else the rules that a service would start with. */
function defaultBaseline(fromFiles: boolean): string {
  const { databaseUrl, dataDir, rulesDir } = readConfig(process.env)
  return fromFiles && databaseUrl === null && !existsSync(dataDir) ? rulesDir : ACTIVE
}

/** @throws UsageError */
function timeOf(text: string): number {
  const time = parseTime(text)
  if (typeof time === 'number') return time
  throw new UsageError(`--now: \`${text}\` is no time; write it as in \`2026-11-20T09:00:00Z\``)
}

/** @throws UsageError */
function positive(option: string, text: string): number {
  const number = Number(text)
  if (text.trim() !== '' && Number.isFinite(number) && number > 0) return number
  throw new UsageError(`${option}: \`${text}\` is not a number above 0`)
}

const MOST_THREADS = 256

/** @throws UsageError */
function threadsOf(text: string): number {
  const threads = positive('--threads', text)
  if (Number.isInteger(threads) && threads <= MOST_THREADS) return threads
  throw new UsageError(`--threads: \`${text}\` is not a whole number from 1 to ${MOST_THREADS}`)
}

async function backtest(plan: Plan, db: Kysely<Database> | null): Promise<BacktestReport> {
  const { decision, minutesPerReview, now, since, split } = plan
  const candidate = await contestant(db, plan.candidate)
  const baseline = await contestant(db, plan.baseline)
  const contest = { baseline, candidate, minutesPerReview }
  demandDecision(contest, decision)
  const replayed = (history: History) => replayWithBar(history, contest, plan)
  if (plan.files === null) {
    if (db === null) throw new TypeError('no database to read')
    return withDatabase(db, { since, now, decision }, replayed)
  }
  const { files } = plan
  const { result: history } = await runStage('bytes read', await sizeOf(files), (onRead) =>
    openFiles(files, { now: now ?? 0, decision, split, onRead }),
  )
  return replayed(history).finally(history.close)
}

async function contestant(db: Kysely<Database> | null, name: string): Promise<Contestant> {
  return { name, ruleset: await rulesetNamed(db, name, 'name a directory with --baseline') }
}

async function replayWithBar(history: History, contest: Contest, { threads }: Plan): Promise<BacktestReport> {
  const { result } = await runStage('questions', history.total, (onProgress) =>
    replay(history, contest, { onProgress, ...(threads !== undefined && { threads }) }),
  )
  return result
}

/** A replay may take an hour; that its page has no place is said before. @throws CommandError */
async function demandPlace(page: string): Promise<void> {
  await access(path.dirname(page), constants.W_OK).catch(refusePage(page))
}

/** @throws CommandError */
async function writePage(page: string, report: BacktestReport): Promise<void> {
  const { renderReport } = await import('../backtest/html.ts')
  const service = report.history.source === 'database' ? readConfig(process.env).publicUrl : null
  await writeFile(page, renderReport(report, service)).catch(refusePage(page))
  console.error(`The page is in ${page}`)
}

function refusePage(page: string): (error: NodeJS.ErrnoException) => never {
  return ({ code }) => {
    throw new CommandError(`can't write \`${page}\` (${code}); name another with --html`)
  }
}

/** @throws CommandError */
function demandDecision({ baseline, candidate }: Contest, decision: string | null): void {
  if (decision === null) return
  const names = new Set([...baseline.ruleset.decisions.keys(), ...candidate.ruleset.decisions.keys()])
  if (names.has(decision)) return
  const known = [...names].map((name) => `\`${name}\``).join(', ')
  throw new CommandError(`neither set has the decision \`${decision}\`; they have ${known || 'none'}`)
}
