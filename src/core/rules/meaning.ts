import { createHash } from 'node:crypto'
import type { Action, Rule } from '../model.ts'
import type { Expression } from './expression.ts'
import type { DecisionText } from './schema/decision.ts'
import type { RuleText } from './schema/parts.ts'

/** What of `_all.yaml` concerns a decision. */
export interface SharedPart {
  readonly rules: readonly RuleText[]
  /** Names with their declarations. */
  readonly facts: readonly (readonly [string, unknown])[]
  /** Milliseconds by tag. */
  readonly cooldowns: readonly (readonly [string, number])[]
}

/** The facts that losses, rules and assignees read, sorted; null where one of them may read any. */
export function factsRead(
  actions: readonly Action[],
  rules: readonly Rule[],
  assignee: Expression<string> | null,
): readonly string[] | null {
  const expressions: (Expression<unknown> | null)[] = [assignee, ...actions.flatMap(({ loss }) => loss)]
  for (const { when, effects } of rules) {
    expressions.push(when)
    for (const effect of effects) {
      if (effect.kind === 'escalate') expressions.push(effect.assignee)
      if (effect.kind === 'addLoss') expressions.push(...effect.terms.map(({ amount }) => amount))
    }
  }
  const facts = new Set<string>()
  for (const expression of expressions) {
    if (expression?.reads === null) return null
    for (const fact of expression?.reads ?? []) facts.add(fact)
  }
  return [...facts].sort()
}

/**
 * SHA-256, in hex, of what a decision file and the shared rules that concern it say, defaults filled in. What is only
 * there for people to read does not count, and neither does when questions are asked, how soon people look at them and
 * for how long an answer may be used: none of it makes another question of one. The order of what a file lists does, since of equals the first is taken.
 */
export function meaningOf(text: DecisionText, shared: SharedPart): string {
  const file = {
    ...without(text, 'description', 'adjudicateOn', 'validFor', 'lease'),
    states: mapValues(text.states, (state) => without(state, 'description')),
    actions: mapValues(text.actions, (action) => without(action, 'description')),
    review: without(text.review, 'due', 'sampleRate', 'fallback'),
    rules: text.rules.map(bareRule),
  }
  const { facts, cooldowns } = shared
  // Where there are none the hash is what it was before there could be any, so that rulings stand over an upgrade.
  const parts = [file, shared.rules.map(bareRule), facts, ...(cooldowns.length > 0 ? [cooldowns] : [])]
  const content = JSON.stringify(parts)
  return createHash('sha256').update(content).digest('hex')
}

function bareRule({ then, ...rule }: RuleText): readonly unknown[] {
  const { escalate = null, ...others } = then
  return [without(rule, 'description'), without(others, 'because'), escalate && without(escalate, 'priority', 'due')]
}

function without<T extends object>(record: T, ...keys: readonly (keyof T & string)[]): object {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !keys.some((left) => left === key)))
}

function mapValues<T>(record: Readonly<Record<string, T>>, change: (value: T) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}
