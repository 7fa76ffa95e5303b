import { parentPort, workerData } from 'node:worker_threads'
import { rulesetFromContent } from '../core/rules/load.ts'
import { casesOfLines } from './files/cases.ts'
import type { Piece } from './history.ts'
import type { Pair } from './report.ts'
import { createSide } from './side.ts'
import { type Tally, tallyBatch } from './tally.ts'

/** A thread that counts pieces of history, one at a time. It compiles both rulesets itself: closures don't travel. */
export type Counted = { readonly tally: Tally } | { readonly failure: Pick<Error, 'name' | 'message'> }

const contents = workerData as Pair<string>
const rulesets = {
  baseline: rulesetFromContent(contents.baseline),
  candidate: rulesetFromContent(contents.candidate),
}
const sides = { baseline: createSide(rulesets.baseline), candidate: createSide(rulesets.candidate) }

parentPort?.on('message', (piece: Piece) => {
  let counted: Counted
  try {
    const batch = piece.kind === 'lines' ? casesOfLines(piece, rulesets) : piece
    counted = { tally: tallyBatch(sides, batch) }
  } catch (error) {
    // Errors lose their names on the way between threads.
    const { name, message } = error as Error
    counted = { failure: { name, message } }
  }
  parentPort?.postMessage(counted)
})
