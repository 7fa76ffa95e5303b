import { coolingDown } from './cooldown.ts'
import { combineEffects, type Effects } from './effects.ts'
import { type Live, listen } from './live.ts'
import type { Decision, Outcome, Question } from './model.ts'
import { evaluateRules } from './rules/evaluate.ts'
import type { Scope } from './rules/expression.ts'

/** Who speaks, and which rules hold. */
export interface Hearing {
  readonly live: Live
  readonly scope: Scope
  readonly outcomes: readonly Outcome[]
  readonly effects: Effects
}

/** @throws {Error} if a signal or the proposal names an agent that the question lacks. */
export function hear(decision: Decision, question: Question): Hearing {
  const { facts, proposal, now } = question
  const today = new Date(now)
  const live = listen(decision, question, { account: facts, signals: [], proposal, now: today })
  const scope: Scope = { account: facts, signals: live.views, proposal, now: today }
  const held = evaluateRules(decision.rules, scope)
  const cooling = coolingDown(decision, question)
  const outcomes = cooling.length === 0 ? held : [...held, ...cooling]
  return { live, scope, outcomes, effects: combineEffects(decision, outcomes) }
}
