import type { AddedLoss, Effect, LedgerRule, Outcome, Rule } from '../model.ts'
import { type Expression, ExpressionError, type Scope, type SignalView } from './expression.ts'

const NONE: readonly number[] = []

/** What the effects of a rule come to where it holds, but for the signal for which it does and the amounts it adds. */
export function outcomesOf(id: string, effects: readonly Effect[], because: string): readonly Outcome[] {
  return effects.map((effect) => ({ entry: { id, effect: effect.kind, because }, effect, signal: null, amounts: NONE }))
}

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
  if (holds !== true) {
    const entry: LedgerRule = { id: rule.id, effect: null, because: rule.because }
    outcomes.push({ entry: detailed(entry, signal, holds.message), effect: null, signal, amounts: NONE })
    return
  }
  for (const outcome of rule.outcomes) {
    const { entry, effect } = outcome
    if (effect?.kind === 'addLoss') outcomes.push(evaluateAddedLoss(entry, effect, signal, scope))
    else outcomes.push(signal === null ? outcome : { ...outcome, entry: detailed(entry, signal, null), signal })
  }
}

function evaluateAddedLoss(
  entry: LedgerRule,
  effect: Extract<Effect, { kind: 'addLoss' }>,
  signal: SignalView | null,
  scope: Scope,
): Outcome {
  const amounts = new Array<number>(effect.terms.length)
  let error: string | null = null
  for (let term = 0; term < amounts.length; term += 1) {
    const amount = evaluateAmount((effect.terms[term] as AddedLoss).amount, scope)
    amounts[term] = typeof amount === 'number' ? amount : Number.NaN
    if (typeof amount !== 'number') error = error === null ? amount.message : `${error}; ${amount.message}`
  }
  return { entry: detailed(entry, signal, error), effect, signal, amounts }
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
