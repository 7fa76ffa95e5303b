import type { RuleProblem } from '../problem.ts'
import { listWords } from '../suggest.ts'
import {
  actionsMeant,
  type Check,
  type ExaminedDecision,
  type ExaminedRule,
  referencesOf,
  rulesWithDecisions,
  vetoesOf,
  warnAtKey,
} from './examined.ts'
import { all, not } from './formula.ts'
import { isPossible } from './possible.ts'

/**
 * Rules that undo one another: a cap or a loss for an action that is vetoed whenever the rule holds, and an escalation
 * where every action is, so that whoever is asked has nothing to choose.
 *
 * Keeps silent unless the condition of the one implies the other's, in every decision that has both.
 */
export const checkContradictions: Check = (examined) =>
  rulesWithDecisions(examined).flatMap(([rule, decisions]) =>
    rule.mayHold ? [...pointless(rule, decisions), ...choiceless(rule, decisions)] : [],
  )

function pointless(rule: ExaminedRule, decisions: readonly ExaminedDecision[]): readonly RuleProblem[] {
  return (['autonomyCap', 'addLoss'] as const).flatMap((effect) =>
    referencesOf(rule, effect).flatMap((reference) => {
      const meant = decisions.flatMap((one) =>
        actionsMeant(one.decision, reference).map((action) => [one, action] as const),
      )
      const vetoers = new Set<string>()
      for (const [decision, action] of meant) {
        const by = vetoedWhenever(rule, decision, action)
        if (by === null) return []
        for (const id of by) vetoers.add(id)
      }
      if (vetoers.size === 0) return []
      const what = effect === 'autonomyCap' ? 'a cap' : 'a loss'
      const message = `\`${reference}\` is vetoed whenever this rule holds, by ${listWords([...vetoers], 'and')}, so ${what} changes nothing; remove one of the two`
      return [warnAtKey(rule.yaml, [...rule.path, 'then', effect, reference], message)]
    }),
  )
}

function choiceless(rule: ExaminedRule, decisions: readonly ExaminedDecision[]): readonly RuleProblem[] {
  if (!rule.rule.effects.some(({ kind }) => kind === 'escalate')) return []
  const vetoers = new Set<string>()
  for (const decision of decisions) {
    for (const action of decision.decision.actions.keys()) {
      const by = vetoedWhenever(rule, decision, action)
      if (by === null) return []
      for (const id of by) vetoers.add(id)
    }
  }
  const message = `a person is asked and every action is vetoed then, by ${listWords([...vetoers], 'and')}, so there is nothing to choose; leave an action, or remove the escalation`
  return [warnAtKey(rule.yaml, [...rule.path, 'then', 'escalate'], message)]
}

/** The rules that veto an action in each case in which a rule holds; null where there may be a case in which none does. */
function vetoedWhenever({ when }: ExaminedRule, decision: ExaminedDecision, action: number): readonly string[] | null {
  const vetoes = vetoesOf(decision, action)
  if (vetoes.length === 0) return null
  const implied = (some: readonly ExaminedRule[]) => !isPossible(all([when, ...some.map((veto) => not(veto.when))]))
  const alone = vetoes.find((veto) => implied([veto]))
  if (alone !== undefined) return [alone.rule.id]
  return implied(vetoes) ? vetoes.map(({ rule }) => rule.id) : null
}
