import type { Reliability } from '../core/stats/calibration.ts'
import type { Calibration, Pair } from './report.ts'

export interface Curves {
  /** Whose probabilities they are of; null: of whichever state was most believed. */
  readonly state: string | null
  readonly curves: Pair<Reliability>
}

/** The curves to show of all that there are: of the rarer of two states, since the other says the same, or of the top. */
export function curvesOf({ baseline, candidate }: Pair<Calibration>): Curves {
  const rarest = candidate.states.reduce((a, b) => (b.prior < a.prior ? b : a))
  const before = baseline.states.find(({ state }) => state === rarest.state)
  if (candidate.states.length !== 2 || baseline.states.length !== 2 || before === undefined)
    return { state: null, curves: { baseline: baseline.topState, candidate: candidate.topState } }
  return { state: rarest.state, curves: { baseline: before, candidate: rarest } }
}
