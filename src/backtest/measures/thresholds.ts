import type { ThresholdPoint, Thresholds } from '../report.ts'
import { lossOf, type Said } from '../side.ts'
import { type Compared, SIDES } from './compared.ts'

/** Of `review.cost`: a quarter to four times, in steps of √2. */
const MULTIPLIERS = [0.25, Math.SQRT1_2 / 2, 0.5, Math.SQRT1_2, 1, Math.SQRT2, 2, 2 * Math.SQRT2, 4] as const

/** Sums over the questions of which the outcome is known, and the price of acting; one entry per multiplier. */
export interface ThresholdsTally {
  questions: number
  readonly baseline: SideTally
  readonly candidate: SideTally
}

interface SideTally {
  readonly cost: number[]
  readonly asked: number[]
}

export function emptyThresholds(): ThresholdsTally {
  const side = (): SideTally => ({ cost: MULTIPLIERS.map(() => 0), asked: MULTIPLIERS.map(() => 0) })
  return { questions: 0, baseline: side(), candidate: side() }
}

/** By the candidate's costs. What acts is priced even where a person is asked: with another threshold it would have acted. */
export function addThresholds(tally: ThresholdsTally, { case: { state }, baseline, candidate }: Compared): void {
  if (state === null) return
  const [theirs, ours] = [baseline, candidate].map((said) => lossOf(candidate, said.action, state))
  if (theirs === null && !baseline.of.peopleAnyway) return
  if (ours === null && !candidate.of.peopleAnyway) return
  tally.questions += 1
  const look = candidate.decision.review.cost
  addSide(tally.baseline, baseline, theirs ?? look, look)
  addSide(tally.candidate, candidate, ours ?? look, look)
}

function addSide({ cost, asked }: SideTally, said: Said, act: number, look: number): void {
  for (let m = 0; m < MULTIPLIERS.length; m += 1) {
    const asks = said.of.peopleAnyway || said.of.regret > said.decision.review.cost * (MULTIPLIERS[m] as number)
    ;(cost[m] as number) += asks ? look : act
    if (asks) (asked[m] as number) += 1
  }
}

export function mergeThresholds(into: ThresholdsTally, from: ThresholdsTally): void {
  into.questions += from.questions
  for (const side of SIDES) {
    for (let m = 0; m < MULTIPLIERS.length; m += 1) {
      ;(into[side].cost[m] as number) += from[side].cost[m] as number
      ;(into[side].asked[m] as number) += from[side].asked[m] as number
    }
  }
}

export function thresholdsOf({ questions, baseline, candidate }: ThresholdsTally): Thresholds | null {
  if (questions === 0) return null
  const points = ({ cost, asked }: SideTally) =>
    MULTIPLIERS.map(
      (multiplier, m): ThresholdPoint => ({
        multiplier,
        meanCost: (cost[m] as number) / questions,
        asked: (asked[m] as number) / questions,
      }),
    )
  return { baseline: points(baseline), candidate: points(candidate) }
}
