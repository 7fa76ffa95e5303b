import type pg from 'pg'
import type { NamedHash } from '../../storage/backtests.ts'
import { BacktestError } from '../failure.ts'
import { startWorker } from '../start-worker.ts'

/** What is replayed: a plain value, since it goes to another thread. */
export interface ReplayTask {
  readonly connection: pg.PoolConfig
  readonly candidate: NamedHash
  readonly baseline: NamedHash
  /** How far back, in milliseconds. */
  readonly since: number
  readonly decision: string | null
  readonly minutesPerReview: number
  /** Besides the one that reads. */
  readonly threads: number
}

/** Questions, of all that there are. */
export interface Progress {
  readonly done: number
  readonly total: number
}

export interface Replayed {
  /** JSON. */
  readonly report: string
  readonly questions: number
}

/** What the thread says. Errors lose all but their message on the way between threads. */
export type Told =
  | { readonly progress: Progress }
  | Replayed
  | { readonly failure: { readonly name: string; readonly message: string; readonly code: unknown } }

export interface ReplayingOptions {
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
}

/**
 * Replays the recorded past in a thread that reads, compiles and counts by itself: whoever answers requests in this one
 * notices nothing of it.
 *
 * @throws BacktestError, the reason of the signal, at once, or whatever went wrong in the thread
 */
export async function replayInThread(task: ReplayTask, { signal, onProgress }: ReplayingOptions): Promise<Replayed> {
  signal.throwIfAborted()
  const thread = startWorker('job/thread', task)
  try {
    return await new Promise<Replayed>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      thread.on('message', (told: Told) => {
        if ('progress' in told) onProgress(told.progress)
        else if ('report' in told) resolve(told)
        else reject(errorOf(told.failure))
      })
      thread.on('error', reject)
      thread.on('exit', (code) => reject(new Error(`the thread of the replay ended by itself, with ${code}`)))
    })
  } finally {
    await thread.terminate()
  }
}

/** With its code, by which it is known whether the database is away. */
function errorOf({ name, message, code }: Extract<Told, { readonly failure: object }>['failure']): Error {
  return name === 'BacktestError' ? new BacktestError(message) : Object.assign(new Error(message), { code })
}
