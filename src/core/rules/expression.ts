import type { Facts, Proposal } from '../model.ts'

/**
 * What an expression sees: the facts as they came, plain objects throughout. `signal` is there only under
 * `forEach: signal`.
 */
export interface Scope {
  readonly account: Facts
  readonly signals: readonly SignalView[]
  readonly signal?: SignalView
  readonly proposal: Proposal | null
  readonly now: Date
}

/** A live signal in the eyes of a rule. `confidence` is the stated one, or else the agent's default. */
export interface SignalView {
  readonly id: string
  readonly agent: { readonly name: string; readonly kind: string; readonly trust: number }
  readonly claim: string
  readonly confidence: number
  readonly ageHours: number
}

/** A CEL expression, checked at load and compiled once. Throws `ExpressionError` where it can't be evaluated. */
export interface Expression<T> {
  readonly source: string
  /** Names of the facts that it reads, null: any; left out: none. */
  readonly reads?: readonly string[] | null
  /** Parts that are looked at with lists as long as they may be; left out: none worth counting. */
  readonly steps?: number
  evaluate(scope: Scope): T
}

export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'
}
