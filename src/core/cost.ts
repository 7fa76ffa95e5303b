import type { Effects } from './effects.ts'
import type { Action, Decision, LedgerRule } from './model.ts'
import { evaluateAmount } from './rules/evaluate.ts'
import { type Expression, ExpressionError, type Scope } from './rules/expression.ts'

/** What every action costs in every state, under the rules. */
export interface Losses {
  /** `loss[action][state]`; an action is null where a loss of it failed. */
  readonly loss: readonly (readonly number[] | null)[]
  /** Indexes of the actions that are neither vetoed nor without a loss, as declared. */
  readonly permitted: readonly number[]
  /** Losses that could not be evaluated, or are not costs. */
  readonly failures: readonly LedgerRule[]
}

/** Evaluates all losses, vetoed actions' too, and adds what rules add. */
export function evaluateLosses(decision: Decision, scope: Scope, effects: Effects): Losses {
  const failures: LedgerRule[] = []
  const permitted: number[] = []
  const loss = decision.actions.map((action, a) => {
    const row = lossesOf(decision, action, effects.addedLoss[a] ?? null, scope, failures)
    if (row !== null && effects.vetoedBy[a] === null) permitted.push(a)
    return row
  })
  return { loss, permitted, failures }
}

function lossesOf(
  { states }: Decision,
  action: Action,
  added: readonly number[] | null,
  scope: Scope,
  failures: LedgerRule[],
): readonly number[] | null {
  const row = new Array<number>(states.length)
  let failed = false
  for (let s = 0; s < row.length; s += 1) {
    const expression = action.loss[s] as Expression<number>
    const base = evaluateAmount(expression, scope)
    const extra = added === null ? 0 : (added[s] as number)
    const loss = base instanceof ExpressionError ? Number.NaN : base + extra
    row[s] = loss
    if (loss >= 0 && loss < Number.POSITIVE_INFINITY) continue
    failed = true
    // An amount of `addLoss` that failed is in the ledger already, under its rule.
    if (base instanceof ExpressionError || !Number.isNaN(extra)) {
      const error =
        base instanceof ExpressionError
          ? base.message
          : `\`${expression.source}\`: comes to ${loss}${added === null ? '' : ' with what rules add'}, not to a finite number of at least 0`
      const because = 'The loss could not be evaluated'
      failures.push({ id: `loss:${action.name}.${states[s]?.name}`, effect: null, because, error })
    }
  }
  return failed ? null : row
}

/** `R(a) = Σ P(s) · loss(a, s)`. */
export function expectedLoss(loss: readonly number[], beliefs: readonly number[]): number {
  let sum = 0
  for (let s = 0; s < loss.length; s += 1) sum += (beliefs[s] as number) * (loss[s] as number)
  return Math.min(sum, Number.MAX_VALUE)
}

/** The permitted action with the least expected loss, the one declared first among equals; null: none is permitted. */
export function leastCostly({ loss, permitted }: Losses, beliefs: readonly number[]): number | null {
  let best: number | null = null
  let least = Number.POSITIVE_INFINITY
  for (const action of permitted) {
    const risk = expectedLoss(loss[action] as readonly number[], beliefs)
    if (risk < least) {
      best = action
      least = risk
    }
  }
  return best
}

export interface Stakes {
  /** The expected cost of error. */
  readonly regret: number
  /** Belief in the states in which the action has the least loss. */
  readonly confidence: number
  /** Those states. */
  readonly favourable: readonly boolean[]
}

/**
 * What a perfect answer about the state would save over taking `best` now, the expected value of perfect information
 * (Howard 1966, *Information Value Theory*): `R(best) − Σ P(s) · min over permitted a of loss(a, s)`, taken state by
 * state so that rounding never makes it negative. Nothing is at stake where no action is permitted.
 */
export function assessStakes({ loss, permitted }: Losses, beliefs: readonly number[], best: number | null): Stakes {
  if (best === null) return { regret: 0, confidence: 0, favourable: [] }
  const favourable = new Array<boolean>(beliefs.length)
  let regret = 0
  let confidence = 0
  for (let s = 0; s < beliefs.length; s += 1) {
    let least = Number.POSITIVE_INFINITY
    for (const action of permitted) least = Math.min(least, (loss[action] as readonly number[])[s] as number)
    const excess = ((loss[best] as readonly number[])[s] as number) - least
    regret += (beliefs[s] as number) * excess
    favourable[s] = excess === 0
    if (excess === 0) confidence += beliefs[s] as number
  }
  return { regret: Math.min(regret, Number.MAX_VALUE), confidence: Math.min(confidence, 1), favourable }
}
