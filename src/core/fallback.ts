import { evaluateLosses } from './cost.ts'
import { hear } from './hear.ts'
import type { Decision, Question } from './model.ts'

/**
 * What is done where nobody decides in time: what the decision names for that, if it is permitted, else what does the
 * least harm at worst.
 */
export function fallbackAction(decision: Decision, question: Question): string | null {
  const named = decision.review.fallback
  if (named === null) return leastBadAtWorst(decision, question)
  const { scope, effects } = hear(decision, question)
  const { permitted } = evaluateLosses(decision, scope, effects)
  return permitted.includes(named) ? (decision.actions[named]?.name ?? null) : leastBadAtWorst(decision, question)
}

/**
 * What does the least harm at worst where nobody decides in time: of the permitted actions that are not for people
 * only, the one whose largest loss in any state is least (minimax; Wald 1950, *Statistical Decision Functions*), the
 * one declared first among equals. Null: there is none.
 */
export function leastBadAtWorst(decision: Decision, question: Question): string | null {
  const { scope, effects } = hear(decision, question)
  const { loss, permitted } = evaluateLosses(decision, scope, effects)
  let safest: string | null = null
  let least = Number.POSITIVE_INFINITY
  for (const action of permitted) {
    if (effects.autonomy[action] === 'off_limits') continue
    const worst = Math.max(...(loss[action] as readonly number[]))
    if (worst >= least) continue
    safest = decision.actions[action]?.name ?? null
    least = worst
  }
  return safest
}
