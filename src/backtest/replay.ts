import { availableParallelism } from 'node:os'
import { BacktestError } from './failure.ts'
import type { History, Piece } from './history.ts'
import { createPool } from './pool.ts'
import type { BacktestReport } from './report.ts'
import { type Contest, reportOf } from './reporting.ts'
import { emptyTally, mergeTally, type Tally } from './tally.ts'

export interface ReplayOptions {
  /** 0: none but this one. Unless told, as many as there are cores, for more than a little. The report does not depend on it. */
  readonly threads?: number
  /** Hears how many more questions are done. */
  readonly onProgress?: (questions: number) => void
  /** Ends the replay where it is; it throws the reason. */
  readonly signal?: AbortSignal
}

/** Questions that are answered sooner than a thread has started. */
const A_LITTLE = 5_000

function threadsFor({ total }: History): number {
  return total <= A_LITTLE ? 0 : availableParallelism()
}

/** So that no thread waits for a piece to be read. */
const PIECES_PER_THREAD = 2

/**
 * Asks both rulesets every question of the past and reports how they compare. Pieces are counted by threads, and their
 * sums added in the order of history, so that the same history and rules give the same bytes. Memory holds a few pieces.
 *
 * @throws BacktestError where history holds no question, or can't be read
 */
export async function replay(history: History, contest: Contest, options: ReplayOptions = {}): Promise<BacktestReport> {
  const { threads = threadsFor(history), onProgress = () => {}, signal } = options
  const contents = { baseline: contest.baseline.ruleset.content, candidate: contest.candidate.ruleset.content }
  const pool = createPool(contents, threads)
  const whole = emptyTally()
  const counting: { readonly counted: Promise<Tally>; readonly questions: number }[] = []
  const addFirst = async () => {
    const [first] = counting.splice(0, 1)
    if (first === undefined) return
    mergeTally(whole, await first.counted)
    onProgress(first.questions)
  }
  try {
    for await (const piece of history.pieces()) {
      signal?.throwIfAborted()
      const counted = pool.count(piece)
      // Thrown when its turn comes.
      counted.catch(() => {})
      counting.push({ counted, questions: questionsIn(piece) })
      if (counting.length > threads * PIECES_PER_THREAD) await addFirst()
    }
    while (counting.length > 0) await addFirst()
  } finally {
    await pool.close()
  }
  const report = reportOf(whole, history.source, contest)
  if (report.history.questions + report.notCompared.length === 0) {
    throw new BacktestError('no question of the past is left to ask; widen what is asked for')
  }
  return report
}

function questionsIn(piece: Piece): number {
  return piece.kind === 'lines' ? piece.outcomes : piece.cases.length
}
