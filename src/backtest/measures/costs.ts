import { addPaired, emptyPaired, estimatePaired, mergePaired, type PairedTally } from '../../core/stats/bootstrap.ts'
import type { CostComparison } from '../report.ts'
import { priceOf } from '../side.ts'
import type { Compared } from './compared.ts'

/** Realised costs of both sides' answers, by either side's losses and review cost. */
export interface CostsTally {
  readonly candidate: PricedTally
  readonly baseline: PricedTally
  /** Whether the sides price any answer differently. */
  differ: boolean
}

interface PricedTally {
  readonly paired: PairedTally
  unpriced: number
}

export function emptyCosts(): CostsTally {
  const empty = (): PricedTally => ({ paired: emptyPaired(), unpriced: 0 })
  return { candidate: empty(), baseline: empty(), differ: false }
}

/** @returns by the candidate's costs, what its answer cost more than the baseline's; null: unknown */
export function addCosts(tally: CostsTally, compared: Compared): number | null {
  const { baseline, candidate, weights } = compared
  const { state } = compared.case
  if (state === null) return null
  const ours = pricesBy('candidate', compared, state)
  const theirs = pricesBy('baseline', compared, state)
  addPriced(tally.candidate, ours, weights)
  addPriced(tally.baseline, theirs, weights)
  tally.differ ||= ours.baseline !== theirs.baseline || ours.candidate !== theirs.candidate
  tally.differ ||= baseline.decision.review.cost !== candidate.decision.review.cost
  return ours.baseline === null || ours.candidate === null ? null : ours.candidate - ours.baseline
}

interface Prices {
  readonly baseline: number | null
  readonly candidate: number | null
}

function pricesBy(by: 'baseline' | 'candidate', compared: Compared, state: string): Prices {
  const { baseline, candidate, [by]: yardstick } = compared
  return { baseline: priceOf(baseline, yardstick, state), candidate: priceOf(candidate, yardstick, state) }
}

function addPriced(tally: PricedTally, { baseline, candidate }: Prices, weights: Compared['weights']): void {
  if (baseline === null || candidate === null) tally.unpriced += 1
  else addPaired(tally.paired, baseline, candidate, weights)
}

export function mergeCosts(into: CostsTally, from: CostsTally): void {
  for (const by of ['candidate', 'baseline'] as const) {
    mergePaired(into[by].paired, from[by].paired)
    into[by].unpriced += from[by].unpriced
  }
  into.differ ||= from.differ
}

export function costsOf(tally: CostsTally): readonly CostComparison[] {
  const by = tally.differ ? (['candidate', 'baseline'] as const) : (['candidate'] as const)
  return by.flatMap((by) => {
    const { paired, unpriced } = tally[by]
    if (paired.count === 0) return []
    const { a: baseline, b: candidate, difference } = estimatePaired(paired)
    return [{ by, questions: paired.count, unpriced, baseline, candidate, difference }]
  })
}
