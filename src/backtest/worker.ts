import { parentPort, workerData } from 'node:worker_threads'
import { createCounter } from './counter.ts'
import type { Piece } from './history.ts'
import type { Pair } from './report.ts'
import type { Tally } from './tally.ts'

/** What a thread says of the piece that it was given. Errors lose their names on the way between threads. */
export type Counted = { readonly tally: Tally } | { readonly failure: Pick<Error, 'name' | 'message'> }

const count = createCounter(workerData as Pair<string>)

parentPort?.on('message', (piece: Piece) => parentPort?.postMessage(counted(piece)))

function counted(piece: Piece): Counted {
  try {
    return { tally: count(piece) }
  } catch (error) {
    const { name, message } = error as Error
    return { failure: { name, message } }
  }
}
