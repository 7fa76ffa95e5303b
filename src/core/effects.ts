import {
  type AddedLoss,
  AUTONOMY,
  type Autonomy,
  type Decision,
  type Effect,
  type LedgerRule,
  type Outcome,
} from './model.ts'
import type { SignalView } from './rules/expression.ts'

/** What all rules that hold do together. Arrays have one entry per action. */
export interface Effects {
  /** The first rule that vetoes the action. */
  readonly vetoedBy: readonly (LedgerRule | null)[]
  /** Under the caps. */
  readonly autonomy: readonly Autonomy[]
  /** The first rule that caps the action as strictly as it is capped; null where the file's own level stands. */
  readonly cappedBy: readonly (LedgerRule | null)[]
  /** One amount per state, NaN where it could not be evaluated; null: nothing is added. */
  readonly addedLoss: readonly (readonly number[] | null)[]
  /** The product of the weights that rules give a signal; where there is none, 1. */
  readonly factors: ReadonlyMap<SignalView, number> | null
  readonly escalations: readonly Escalation[]
  readonly tags: readonly string[]
}

export interface Escalation {
  readonly rule: LedgerRule
  readonly effect: Extract<Effect, { kind: 'escalate' }>
}

/** Adds up the effects of the rules that hold; all of them apply, in file order. */
export function combineEffects(decision: Decision, outcomes: readonly Outcome[]): Effects {
  const { actions, states } = decision
  const vetoedBy: (LedgerRule | null)[] = actions.map(() => null)
  const autonomy = actions.map((action) => action.autonomy)
  const cappedBy: (LedgerRule | null)[] = actions.map(() => null)
  const addedLoss: (number[] | null)[] = actions.map(() => null)
  let factors: Map<SignalView, number> | null = null
  const escalations: Escalation[] = []
  const tags: string[] = []

  for (const { entry: rule, signal, effect, amounts } of outcomes) {
    switch (effect?.kind) {
      case 'veto':
        for (const action of effect.actions) vetoedBy[action] ??= rule
        break
      case 'autonomyCap':
        for (const { action, level } of effect.caps) {
          if (!isStricter(level, autonomy[action] as Autonomy)) continue
          autonomy[action] = level
          cappedBy[action] = rule
        }
        break
      case 'addLoss':
        for (let term = 0; term < effect.terms.length; term += 1) {
          const { action, state } = effect.terms[term] as AddedLoss
          addedLoss[action] ??= states.map(() => 0)
          const added = addedLoss[action]
          added[state] = (added[state] as number) + (amounts[term] as number)
        }
        break
      case 'weight':
        // The largest number instead of infinity: infinity times a trust of 0 would be NaN.
        if (signal !== null) {
          factors ??= new Map()
          factors.set(signal, Math.min((factors.get(signal) ?? 1) * effect.factor, Number.MAX_VALUE))
        }
        break
      case 'escalate':
        escalations.push({ rule, effect })
        break
      case 'tag':
        for (const tag of effect.tags) if (!tags.includes(tag)) tags.push(tag)
        break
    }
  }
  return { vetoedBy, autonomy, cappedBy, addedLoss, factors, escalations, tags }
}

/** Whether a level leaves agents less freedom than another. */
export function isStricter(level: Autonomy, than: Autonomy): boolean {
  return level !== than && AUTONOMY.indexOf(level) > AUTONOMY.indexOf(than)
}
