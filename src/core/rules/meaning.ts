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
 * there for people to read does not count. The order of what a file lists does, since of equals the first is taken.
 */
export function meaningOf(text: DecisionText, shared: SharedPart): string {
  const { description: _, ...file } = text
  const bare = {
    ...file,
    states: mapValues(file.states, withoutDescription),
    actions: mapValues(file.actions, withoutDescription),
    rules: file.rules.map(withoutWords),
  }
  const content = JSON.stringify([bare, shared.rules.map(withoutWords), shared.facts])
  return createHash('sha256').update(content).digest('hex')
}

function withoutDescription<T extends { description?: unknown }>({ description: _, ...rest }: T): unknown {
  return rest
}

function withoutWords({ description: _, then: { because: __, ...then }, ...rest }: RuleText): unknown {
  return { ...rest, then }
}

function mapValues<T>(record: Readonly<Record<string, T>>, change: (value: T) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}
