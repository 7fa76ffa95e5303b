import { createCounter } from './counter.ts'
import { BacktestError } from './failure.ts'
import type { Piece } from './history.ts'
import type { Pair } from './report.ts'
import { startWorker } from './start-worker.ts'
import type { Tally } from './tally.ts'
import type { Counted } from './worker.ts'

/** Counts pieces of history, several at a time. */
export interface Pool {
  /** As soon as a thread is free, in the order of the calls. @throws BacktestError */
  count(piece: Piece): Promise<Tally>
  close(): Promise<void>
}

/**
 * @param contents of both rulesets, as they are stored
 * @param threads 0: this one counts, which is over before others would have started where there is little to count
 */
export function createPool(contents: Pair<string>, threads: number): Pool {
  if (threads > 0) return createThreads(contents, threads)
  const count = createCounter(contents)
  return { count: async (piece) => count(piece), close: async () => {} }
}

function createThreads(contents: Pair<string>, threads: number): Pool {
  const all = Array.from({ length: threads }, () => startThread(contents))
  const idle = [...all]
  const waiting: ((thread: Thread) => void)[] = []
  return {
    async count(piece) {
      const thread = idle.pop() ?? (await new Promise<Thread>((resolve) => waiting.push(resolve)))
      try {
        return await thread.count(piece)
      } finally {
        const next = waiting.shift()
        if (next === undefined) idle.push(thread)
        else next(thread)
      }
    },
    async close() {
      await Promise.all(all.map((thread) => thread.close()))
    },
  }
}

interface Thread {
  count(piece: Piece): Promise<Tally>
  close(): Promise<void>
}

function startThread(contents: Pair<string>): Thread {
  const worker = startWorker('worker', contents)
  let settle: { readonly resolve: (tally: Tally) => void; readonly reject: (error: Error) => void } | null = null
  let broken: Error | null = null
  worker.on('message', (counted: Counted) => {
    if ('tally' in counted) settle?.resolve(counted.tally)
    else settle?.reject(errorOf(counted.failure))
    settle = null
  })
  const end = (error: Error) => {
    broken ??= error
    settle?.reject(broken)
    settle = null
  }
  worker.on('error', end).on('messageerror', end)
  worker.on('exit', () => end(new Error('a thread of the back-test has ended')))
  return {
    count(piece) {
      return new Promise((resolve, reject) => {
        if (broken) return reject(broken)
        settle = { resolve, reject }
        worker.postMessage(piece, piece.kind === 'lines' ? [piece.bytes.buffer] : [])
      })
    },
    async close() {
      await worker.terminate()
    },
  }
}

function errorOf({ name, message }: Pick<Error, 'name' | 'message'>): Error {
  return name === 'BacktestError' ? new BacktestError(message) : new Error(message)
}
