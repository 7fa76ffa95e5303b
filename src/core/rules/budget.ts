import type { Action, Effect, Rule } from '../model.ts'
import { millions } from './cel/limits.ts'
import type { Expression } from './expression.ts'

/**
 * Steps of all expressions of a decision, with lists as long as they may be. A step takes 4 ns, so that a question is
 * answered within a tenth of a second, in which everybody else waits. Four loops over a fact within another fit.
 */
const MOST_STEPS = 30_000_000

interface Part {
  readonly name: string
  readonly steps: number
}

/** What is wrong where the expressions of a decision, shared rules included, could take too long together; else null. */
export function tooSlowTogether(
  actions: readonly Action[],
  rules: readonly Rule[],
  assignee: Expression<string> | null,
): string | null {
  const parts: readonly Part[] = [
    ...rules.map((rule) => ({
      name: `rule \`${rule.id}\`${rule.shared ? ' of `_all.yaml`' : ''}`,
      steps: stepsOf([rule.when, ...rule.effects.flatMap(expressionsOf)]),
    })),
    ...actions.map(({ name, loss }) => ({ name: `the loss of \`${name}\``, steps: stepsOf(loss) })),
    { name: '`review.assignee`', steps: stepsOf([assignee]) },
  ]
  const all = parts.reduce((sum, { steps }) => sum + steps, 0)
  if (all <= MOST_STEPS) return null
  const largest = parts.reduce((most, part) => (part.steps > most.steps ? part : most))
  return `its expressions could take ${millions(all)} million steps together, at most ${millions(MOST_STEPS)} are allowed; loop over less, first of all in ${largest.name} (${millions(largest.steps)} million)`
}

function expressionsOf(effect: Effect): readonly (Expression<unknown> | null)[] {
  if (effect.kind === 'addLoss') return effect.terms.map(({ amount }) => amount)
  return effect.kind === 'escalate' ? [effect.assignee] : []
}

function stepsOf(expressions: readonly (Expression<unknown> | null)[]): number {
  return expressions.reduce((sum, expression) => sum + (expression?.steps ?? 0), 0)
}
