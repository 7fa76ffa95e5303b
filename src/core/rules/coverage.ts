import type { Decision } from '../model.ts'
import type { Ruleset } from './load.ts'
import { type CaseResult, heldRules } from './run-case.ts'

/** What the cases of a ruleset exercise, and what none of them does. */
export interface Coverage {
  readonly decisions: readonly DecisionCoverage[]
  /** Rules of `_all.yaml`: a case of any decision will do. */
  readonly shared: Covered
}

export interface DecisionCoverage {
  readonly decision: string
  readonly cases: number
  /** Its own rules, without those of `_all.yaml`. */
  readonly rules: Covered
  readonly actions: Covered
}

export interface Covered {
  readonly total: number
  /** Names, in file order. */
  readonly missed: readonly string[]
}

/**
 * A rule is exercised by a case in which it holds: one that could not be evaluated has shown nothing. An action is
 * exercised by a case that recommends it or rules on a proposal of it. Whether the case passes does not matter.
 */
export function coverageOf(ruleset: Ruleset, results: readonly CaseResult[]): Coverage {
  const decisions = [...ruleset.decisions.values()]
  const held = new Map(decisions.map(({ name }) => [name, new Set<string>()]))
  const taken = new Map(decisions.map(({ name }) => [name, new Set<string>()]))
  for (const { answer } of results) {
    const { decision, recommendation, proposal } = answer
    for (const id of heldRules(answer)) held.get(decision)?.add(id)
    for (const action of [recommendation.action, proposal?.action]) if (action) taken.get(decision)?.add(action)
  }
  const rulesOf = (decision: Decision, shared: boolean) =>
    decision.rules.filter((rule) => rule.shared === shared).map(({ id }) => id)
  return {
    decisions: decisions.map((decision) => ({
      decision: decision.name,
      cases: results.filter(({ test }) => test.decision.name === decision.name).length,
      rules: covered(rulesOf(decision, false), held.get(decision.name)),
      actions: covered(
        decision.actions.map(({ name }) => name),
        taken.get(decision.name),
      ),
    })),
    shared: covered(
      decisions.flatMap((decision) => rulesOf(decision, true)),
      new Set([...held.values()].flatMap((ids) => [...ids])),
    ),
  }
}

function covered(names: readonly string[], seen: ReadonlySet<string> = new Set()): Covered {
  const distinct = [...new Set(names)]
  return { total: distinct.length, missed: distinct.filter((name) => !seen.has(name)) }
}
