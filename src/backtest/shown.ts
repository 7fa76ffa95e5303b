import type { Reliability } from '../core/stats/calibration.ts'
import type { AgentWeight, Calibration, Pair, PeopleReport } from './report.ts'

export interface Curves {
  /** Whose probabilities they are of; null: of whichever state was most believed. */
  readonly state: string | null
  readonly curves: Pair<Reliability>
}

/** The curves of the rarer of two states, since the other says the same, or of the most believed. */
export function curvesOf({ baseline, candidate }: Pair<Calibration>): Curves {
  const rarest = candidate.states.reduce((a, b) => (b.prior < a.prior ? b : a))
  const before = baseline.states.find(({ state }) => state === rarest.state)
  if (candidate.states.length !== 2 || baseline.states.length !== 2 || before === undefined)
    return { state: null, curves: { baseline: baseline.topState, candidate: candidate.topState } }
  return { state: rarest.state, curves: { baseline: before, candidate: rarest } }
}

export interface Hours extends Pair<number> {
  readonly per: 'day' | 'thousand questions'
}

/** What reviewers need: a day, where the days are known. */
export function hoursOf({ baseline, candidate }: Pair<PeopleReport>): Hours {
  if (baseline.hoursPerDay !== null && candidate.hoursPerDay !== null)
    return { per: 'day', baseline: baseline.hoursPerDay, candidate: candidate.hoursPerDay }
  return { per: 'thousand questions', baseline: baseline.hoursPerThousand, candidate: candidate.hoursPerThousand }
}

/** Less than this, and a weight has not moved. */
const MOVED = 0.0005

export function movedAgents(agents: readonly AgentWeight[]): readonly AgentWeight[] {
  return agents.filter(({ baseline, candidate }) => Math.abs(candidate - baseline) >= MOVED)
}
