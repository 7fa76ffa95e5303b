import { evaluateLosses } from '../cost.ts'
import { hear } from '../hear.ts'
import type { Decision, Question } from '../model.ts'

/**
 * What is done where nobody decides in time: what the decision names for that, else what does the least harm at worst,
 * the action whose largest loss in any state is least (minimax; Wald 1950, *Statistical Decision Functions*), the one
 * declared first among equals. Neither is ever vetoed, without a loss or for people only. Null: there is none.
 */
export function fallbackAction(decision: Decision, question: Question): string | null {
  const { scope, effects } = hear(decision, question)
  const { loss, permitted } = evaluateLosses(decision, scope, effects)
  const allowed = permitted.filter((action) => effects.autonomy[action] !== 'off_limits')
  const named = decision.review.fallback
  if (named !== null && allowed.includes(named)) return decision.actions[named]?.name ?? null

  let safest: string | null = null
  let least = Number.POSITIVE_INFINITY
  for (const action of allowed) {
    const worst = Math.max(...(loss[action] as readonly number[]))
    if (worst >= least) continue
    safest = decision.actions[action]?.name ?? null
    least = worst
  }
  return safest
}
