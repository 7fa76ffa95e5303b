import { type Decision, ENGINE } from '../core/model.ts'
import type { Ruleset } from '../core/rules/load.ts'
import { LEVEL, REPLICATES } from '../core/stats/bootstrap.ts'
import { agentsOf } from './measures/agents.ts'
import { calibrationOf } from './measures/calibration.ts'
import { byName } from './measures/compared.ts'
import { costsOf } from './measures/costs.ts'
import { flipsOf } from './measures/flips.ts'
import { peopleOf } from './measures/people.ts'
import { thresholdsOf } from './measures/thresholds.ts'
import type { BacktestReport, DecisionReport, HistoryReport, NameChanges, NotCompared, Pair } from './report.ts'
import type { Tally } from './tally.ts'

export interface Contest {
  readonly baseline: Contestant
  readonly candidate: Contestant
  /** What a person takes for one look. */
  readonly minutesPerReview: number
}

export interface Contestant {
  readonly ruleset: Ruleset
  /** As whoever asked named it. */
  readonly name: string
}

/** Makes the report of the whole history from its sums. */
export function reportOf(
  tally: Tally,
  source: HistoryReport['source'],
  { baseline, candidate, minutesPerReview }: Contest,
): BacktestReport {
  const rulesets = { baseline: baseline.ruleset, candidate: candidate.ruleset }
  const history = historyOf(tally, source)
  const named = ({ ruleset, name }: Contestant) => ({ hash: ruleset.hash, name })
  return {
    format: 1,
    engine: ENGINE,
    baseline: named(baseline),
    candidate: named(candidate),
    settings: { minutesPerReview, replicates: REPLICATES, level: LEVEL },
    history,
    decisions: decisionsOf(tally, rulesets, history.days, minutesPerReview),
    notCompared: notComparedOf(tally, rulesets),
  }
}

const DAY = 24 * 3_600_000

function historyOf(tally: Tally, source: HistoryReport['source']): HistoryReport {
  const { from, to, undated, accountsWithoutOutcome, erased, ruled, recorded, reproduced } = tally
  const isDated = from <= to
  const decisions = [...tally.decisions.values()]
  const sum = (field: 'questions' | 'withOutcome' | 'withResolution') =>
    decisions.reduce((total, decision) => total + decision[field], 0)
  return {
    source,
    from: isDated ? new Date(from).toISOString() : null,
    to: isDated ? new Date(to).toISOString() : null,
    days: isDated && undated === 0 ? Math.max((to - from) / DAY, 1) : null,
    questions: sum('questions'),
    withOutcome: sum('withOutcome'),
    withResolution: sum('withResolution'),
    undated,
    accountsWithoutOutcome,
    erased,
    ruled,
    reproduced: source === 'files' ? null : { of: recorded, same: reproduced },
  }
}

function decisionsOf(
  tally: Tally,
  { baseline, candidate }: Pair<Ruleset>,
  days: number | null,
  minutesPerReview: number,
): readonly DecisionReport[] {
  return [...tally.decisions]
    .sort(([a], [b]) => byName(a, b))
    .map(([name, of]) => {
      const sides = {
        baseline: baseline.decisions.get(name) as Decision,
        candidate: candidate.decisions.get(name) as Decision,
      }
      const { questions, withOutcome, withResolution } = of
      return {
        decision: name,
        questions,
        withOutcome,
        withResolution,
        states: changed(sides.baseline.states, sides.candidate.states),
        actions: changed(sides.baseline.actions, sides.candidate.actions),
        unknownStates: both((side) =>
          [...of.unknownStates[side]]
            .sort(([a], [b]) => byName(a, b))
            .map(([state, questions]) => ({ name: state, questions })),
        ),
        flips: flipsOf(of.flips, questions),
        costs: costsOf(of.costs),
        thresholds: thresholdsOf(of.thresholds),
        people: both((side) => peopleOf(of.people[side], questions, days, minutesPerReview)),
        calibration: both((side) => calibrationOf(of.calibration[side], sides[side])),
        agents: agentsOf(of.agents),
      }
    })
}

function both<T>(value: (side: 'baseline' | 'candidate') => T): Pair<T> {
  return { baseline: value('baseline'), candidate: value('candidate') }
}

type Named = readonly { readonly name: string }[]

function changed(before: Named, after: Named): NameChanges {
  const missing = (from: Named, others: Named) =>
    from.map(({ name }) => name).filter((name) => !others.some((other) => other.name === name))
  return { gone: missing(before, after), added: missing(after, before) }
}

function notComparedOf(tally: Tally, { baseline, candidate }: Pair<Ruleset>): readonly NotCompared[] {
  return [...tally.notCompared]
    .sort(([a], [b]) => byName(a, b))
    .map(([decision, questions]) => {
      const [before, after] = [baseline, candidate].map(({ decisions }) => decisions.has(decision))
      const reason = before ? 'not_in_candidate' : after ? 'not_in_baseline' : 'in_neither'
      return { decision, reason, questions }
    })
}
