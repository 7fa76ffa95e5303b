import { type Ruleset, rulesetFromContent } from '../core/rules/load.ts'
import { casesOfLines } from './files/cases.ts'
import type { Piece } from './history.ts'
import type { Pair } from './report.ts'
import { createSide } from './side.ts'
import { type Tally, tallyBatch } from './tally.ts'

/** Counts pieces of history. @throws BacktestError where one is not what it should be */
export type Counter = (piece: Piece) => Tally

/** @param contents of both rulesets, as they are stored: compiled ones don't travel between threads */
export function createCounter(contents: Pair<string>): Counter {
  const compiled = (side: 'baseline' | 'candidate'): Ruleset => rulesetFromContent(contents[side])
  const rulesets = { baseline: compiled('baseline'), candidate: compiled('candidate') }
  const sides = { baseline: createSide(rulesets.baseline), candidate: createSide(rulesets.candidate) }
  return (piece) => tallyBatch(sides, piece.kind === 'lines' ? casesOfLines(piece, rulesets) : piece)
}
