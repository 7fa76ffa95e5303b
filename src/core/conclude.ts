import { pool } from './belief.ts'
import { assessStakes, evaluateLosses, expectedLoss, type Losses, leastCostly, type Stakes } from './cost.ts'
import type { Effects } from './effects.ts'
import { type Evidence, weighStatement } from './evidence.ts'
import type { UsedSignal } from './live.ts'
import type { Decision } from './model.ts'
import type { Scope } from './rules/expression.ts'
import { type Weights, weigh } from './weight.ts'

/** From evidence to the least costly action. Arrays have one entry per used signal, state or action. */
export interface Conclusion {
  readonly used: readonly UsedSignal[]
  readonly evidence: readonly Evidence[]
  readonly weights: Weights
  /** weight · llr of each used signal. */
  readonly contributions: readonly number[]
  /** Probability of each state. */
  readonly beliefs: readonly number[]
  readonly losses: Losses
  /** Expected loss of each action, vetoed ones too; null where a loss of it failed. */
  readonly risks: readonly (number | null)[]
  /** The permitted action with the least expected loss, unless a person chose another; null: none is permitted. */
  readonly best: number | null
  readonly stakes: Stakes
}

export function conclude(decision: Decision, used: readonly UsedSignal[], effects: Effects, scope: Scope): Conclusion {
  const evidence = used.map(({ agent, claim, confidence }) =>
    weighStatement(agent, claim, confidence, decision.evidenceCap),
  )
  const weights = weigh(used, effects, decision.dependence)
  // The 0 turns −0, which JSON does not keep, into 0.
  const contributions = evidence.map(({ llr }, i) => (weights.weight[i] as number) * llr + 0)
  const beliefs = pool(decision.states, used, contributions)
  const losses = evaluateLosses(decision, scope, effects)
  const risks = losses.loss.map((loss) => loss && expectedLoss(loss, beliefs))
  const best = leastCostly(losses, beliefs)
  const stakes = assessStakes(losses, beliefs, best)
  return { used, evidence, weights, contributions, beliefs, losses, risks, best, stakes }
}

/** The same with another permitted action in the place of the least costly one. */
export function concludeOn(conclusion: Conclusion, action: number): Conclusion {
  const { losses, beliefs } = conclusion
  return { ...conclusion, best: action, stakes: assessStakes(losses, beliefs, action) }
}
