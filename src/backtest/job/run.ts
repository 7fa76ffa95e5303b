import { availableParallelism } from 'node:os'
import type pg from 'pg'
import type { App } from '../../app/app.ts'
import { parseDuration } from '../../core/rules/time.ts'
import {
  type Backtest,
  beginBacktest,
  type Finding,
  findBacktest,
  finishBacktest,
  giveBack,
  recordProgress,
} from '../../storage/backtests.ts'
import { isUnavailable } from '../../storage/unavailable.ts'
import { BacktestError } from '../failure.ts'
import { type Progress, replayInThread } from './replaying.ts'

export interface RunOptions {
  /** How the thread that reads connects to the database. */
  readonly connection: pg.PoolConfig
  /** Aborted when the process is to end: the run is given back. */
  readonly stopping: AbortSignal
  /** Hears, at most once a second, how far it is. */
  readonly onProgress: (percent: number) => void
}

/** How often a run says that it is under way, and looks whether it is still wanted. Milliseconds. */
const BEAT = 1_000
/** A run of which nothing was heard for so long has died with its process, and is begun anew. Milliseconds. */
const LEASE = 15_000
/** A run that broke off so often, mostly since its process died, would be the end of the next one, too. */
const BROKEN_OFF_AT_MOST = 3

/** Besides the thread that reads: one core is left to those who answer. More than a few would wait for the reader. */
const threads = Math.min(Math.max(availableParallelism() - 2, 0), 8)

/**
 * Replays what a back-test asks for and keeps what it found. One process does it at a time; it is begun anew where that
 * one has died or was stopped, and doing so gives the same.
 *
 * @returns when to come back, in milliseconds since the epoch; null: it is finished
 * @throws Error where the database is away: it is to be tried again
 */
export async function runBacktest(app: App, id: string, options: RunOptions): Promise<number | null> {
  const { db, log, now } = app
  const run = await beginBacktest(db, id, now(), now() + LEASE)
  if (!run) return comeBack(app, await findBacktest(db, id))
  if (run.brokenOff > BROKEN_OFF_AT_MOST) {
    await finishBacktest(db, run, { error: GIVEN_UP }, now())
    return null
  }
  const held = hold(app, run, options.onProgress)
  const stopped = AbortSignal.any([options.stopping, held.lost])
  try {
    const finding = await find(app, run, options.connection, { signal: stopped, onProgress: held.note })
    const isKept = await finishBacktest(db, run, finding, now())
    const reason = 'error' in finding && { reason: finding.error }
    if (isKept) log.info({ backtest: id, ...reason }, 'has finished a back-test')
  } catch (error) {
    if (held.lost.aborted) return null
    await giveBack(db, run)
    if (!options.stopping.aborted) throw error
    return now()
  } finally {
    await held.letGo()
  }
  return null
}

const GIVEN_UP = `it broke off ${BROKEN_OFF_AT_MOST + 1} times, with its process or the database; ask for less, with \`since\` or \`decision\``

/** Whoever holds it finishes it, or is not heard of any more by then. */
function comeBack({ now }: App, backtest: Backtest | undefined): number | null {
  if (backtest === undefined || backtest.finishedAt !== null) return null
  return backtest.leasedUntil ?? now()
}

interface Held {
  /** Aborted once the run is not ours any more: it was cancelled, or taken for dead. */
  readonly lost: AbortSignal
  /** Takes down how far it is. */
  readonly note: (progress: Progress) => void
  letGo(): Promise<void>
}

/** Says every second that a run is under way, and how far it is. */
function hold({ db, log, now }: App, run: Backtest, onProgress: RunOptions['onProgress']): Held {
  const lost = new AbortController()
  let progress: Progress | null = null
  let beating: Promise<void> | null = null

  async function beat(): Promise<void> {
    if (progress !== null) onProgress(percentOf(progress))
    try {
      const isOurs = await recordProgress(db, run, progress ?? { done: 0, total: null }, now() + LEASE)
      if (!isOurs) lost.abort()
    } catch (error) {
      log.debug({ err: error, backtest: run.id }, 'how far a back-test is could not be written')
    }
  }

  const timer = setInterval(() => {
    beating ??= beat().finally(() => {
      beating = null
    })
  }, BEAT)
  return {
    lost: lost.signal,
    note: (noted) => {
      progress = noted
    },
    async letGo() {
      clearInterval(timer)
      await beating
    },
  }
}

const percentOf = ({ done, total }: Progress) => Math.floor((100 * done) / Math.max(total, 1))

/** @throws the reason of the signal, or an error that says that the database is away */
async function find(
  { log }: App,
  { id, candidate, baseline, since, decision, minutesPerReview }: Backtest,
  connection: pg.PoolConfig,
  options: Parameters<typeof replayInThread>[1],
): Promise<Finding> {
  const task = { connection, candidate, baseline, since: Number(parseDuration(since)), decision, minutesPerReview }
  try {
    return await replayInThread({ ...task, threads }, options)
  } catch (error) {
    if (options.signal.aborted || isUnavailable(error)) throw error
    if (error instanceof BacktestError) return { error: error.message }
    log.error({ err: error, backtest: id }, 'a back-test failed')
    return { error: 'an unexpected error; quote the id of this back-test to whoever runs this service' }
  }
}
