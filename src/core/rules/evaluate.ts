import type { Effect, LedgerRule, Rule } from '../model.ts'
import { type Expression, ExpressionError, type Scope, type SignalView } from './expression.ts'

/** What one effect of a rule came to; explanations render these and evaluate nothing again. */
export interface Outcome {
  readonly entry: LedgerRule
  /** For which signal, of a rule that is asked for each. */
  readonly signal: SignalView | null
  /** Null: the condition failed, so that it is not known whether the rule holds. */
  readonly effect: Effect | null
  /** Of `addLoss`, one per term; NaN where the amount could not be evaluated. */
  readonly amounts: readonly number[]
}

type AddLoss = Extract<Effect, { kind: 'addLoss' }>

const NONE: readonly number[] = []

/**
 * Evaluates each rule once (for each visible signal, if it is `forEach: signal`), in file order.
 *
 * Returns the effects of the rules that hold and the failures, and nothing of the rules that do not hold. An
 * expression that throws, or yields something of another type, fails: it never counts as false.
 */
export function evaluateRules(rules: readonly Rule[], scope: Scope): readonly Outcome[] {
  const outcomes: Outcome[] = []
  let signalScopes: readonly Scope[] | null = null
  for (const rule of rules) {
    if (!rule.forEachSignal) {
      evaluateRule(rule, scope, null, outcomes)
      continue
    }
    signalScopes ??= scope.signals.map((signal) => ({ ...scope, signal }))
    for (const signalScope of signalScopes) evaluateRule(rule, signalScope, signalScope.signal ?? null, outcomes)
  }
  return outcomes
}

function evaluateRule(rule: Rule, scope: Scope, signal: SignalView | null, outcomes: Outcome[]): void {
  const holds = evaluateCondition(rule.when, scope)
  if (holds === false) return
  const { id, because, effects } = rule
  if (holds !== true) {
    const failed: LedgerRule = { id, effect: null, because }
    outcomes.push({ entry: detailed(failed, signal, holds.message), signal, effect: null, amounts: NONE })
    return
  }
  for (let i = 0; i < effects.length; i += 1) {
    const effect = effects[i] as Effect
    const entry = rule.entries[i] as LedgerRule
    if (effect.kind === 'addLoss') outcomes.push(evaluateAddedLoss(entry, effect, scope, signal))
    else outcomes.push({ entry: detailed(entry, signal, null), signal, effect, amounts: NONE })
  }
}

function evaluateAddedLoss(entry: LedgerRule, effect: AddLoss, scope: Scope, signal: SignalView | null): Outcome {
  let error: string | null = null
  const amounts = effect.terms.map((term) => {
    const amount = evaluateAmount(term.amount, scope)
    if (typeof amount === 'number') return amount
    error = error === null ? amount.message : `${error}; ${amount.message}`
    return Number.NaN
  })
  return { entry: detailed(entry, signal, error), signal, effect, amounts }
}

function detailed(entry: LedgerRule, signal: SignalView | null, error: string | null): LedgerRule {
  if (signal === null && error === null) return entry
  return { ...entry, ...(signal && { signal: signal.id }), ...(error !== null && { error }) }
}

/** A condition's answer, or the failure as a value that names expression and reason. */
export function evaluateCondition(condition: Expression<boolean>, scope: Scope): boolean | ExpressionError {
  const answer = evaluate(condition, scope)
  if (typeof answer === 'boolean' || answer instanceof ExpressionError) return answer
  return failure(condition, `yields ${describe(answer)}, not true or false`)
}

/** An amount, always finite, or the failure as a value that names expression and reason. */
export function evaluateAmount(amount: Expression<number>, scope: Scope): number | ExpressionError {
  const answer = evaluate(amount, scope)
  if (answer instanceof ExpressionError || (typeof answer === 'number' && Number.isFinite(answer))) return answer
  return failure(amount, `yields ${describe(answer)}, not a finite number`)
}

/** Whatever is thrown counts as a failure: an adjudication that escalates is safer than none. */
function evaluate(expression: Expression<unknown>, scope: Scope): unknown {
  try {
    return expression.evaluate(scope)
  } catch (error) {
    return failure(expression, error instanceof Error ? error.message : String(error))
  }
}

function failure(expression: Expression<unknown>, reason: string): ExpressionError {
  return new ExpressionError(`\`${expression.source}\`: ${reason}`)
}

function describe(value: unknown): string {
  return typeof value === 'number' ? String(value) : value === null ? 'null' : `a ${typeof value}`
}
