import type { AddedLoss, Effect, Rule } from '../model.ts'
import { type Compiled, compileExpression, constant, type Types } from './cel/compile.ts'
import { type Variable, type Vocabulary, withVariables } from './cel/vocabulary.ts'
import { outcomesOf } from './evaluate.ts'
import type { Expression } from './expression.ts'
import type { RuleProblem } from './problem.ts'
import { isMap, partOf } from './schema/check.ts'
import { type RuleText, ruleSchema } from './schema/parts.ts'
import { didYouMeanOr } from './suggest.ts'
import type { Path, YamlFile } from './yaml.ts'

/** What rules may refer to in a decision: names as written, whether or not the rest of their declaration is in order. */
export interface Names {
  readonly states: readonly string[]
  readonly actions: readonly string[]
  /** The actions that carry a tag. */
  readonly tags: ReadonlyMap<string, readonly string[]>
}

const RULE_VARIABLES: readonly Variable[] = ['account', 'signals', 'proposal', 'now']

/** A file with where in it a problem is to be put. */
export interface Place {
  readonly yaml: YamlFile
  readonly problems: RuleProblem[]
}

/** The rules of a file that are in order and those that are not, each with where it stands. */
export function readRules(rules: unknown): {
  readonly fine: readonly (readonly [Path, RuleText])[]
  readonly broken: readonly (readonly [Path, unknown])[]
} {
  const fine: [Path, RuleText][] = []
  const broken: [Path, unknown][] = []
  for (const [index, text] of (Array.isArray(rules) ? rules : []).entries()) {
    const rule = partOf(ruleSchema, text)
    if (rule !== null) fine.push([['rules', index], rule])
    else broken.push([['rules', index], text])
  }
  return { fine, broken }
}

/** Checks the condition of a rule whose rest is not in order. */
export function checkCondition(rule: unknown, path: Path, vocabulary: Vocabulary, place: Place): void {
  if (!isMap(rule) || typeof rule.when !== 'string') return
  // A misspelt `forEach: signal` is one mistake, not one per use of `signal`.
  const words = withVariables(vocabulary, variablesOf(rule.forEach === undefined ? undefined : 'signal'))
  compileAt(rule.when, 'boolean', [...path, 'when'], words, place)
}

function variablesOf(forEach: unknown): readonly Variable[] {
  return forEach === 'signal' ? [...RULE_VARIABLES, 'signal'] : RULE_VARIABLES
}

/**
 * Compiles a rule for one decision. Null where an expression of it is wrong, which is then among the problems, or
 * where nothing of a shared rule concerns the decision.
 */
export function compileRule(
  rule: RuleText,
  path: Path,
  names: Names,
  vocabulary: Vocabulary,
  place: Place,
): Rule | null {
  const words = withVariables(vocabulary, variablesOf(rule.forEach))
  const when = compileAt(rule.when, 'boolean', [...path, 'when'], words, place)
  const effects = compileEffects(rule.then, [...path, 'then'], names, words, place)
  if (when === null || effects.length === 0) return null
  const { id } = rule
  const { because } = rule.then
  const outcomes = outcomesOf(id, effects, because)
  return { id, shared: false, when, forEachSignal: rule.forEach === 'signal', effects, because, outcomes }
}

function compileEffects(
  { veto, escalate, autonomyCap, weight, addLoss, tag }: RuleText['then'],
  path: Path,
  names: Names,
  words: Vocabulary,
  place: Place,
): readonly Effect[] {
  const effects: Effect[] = []
  const indexesOf = (reference: string) => actionsOf(reference, names).map((action) => names.actions.indexOf(action))

  const actions = [...new Set(veto?.flatMap(indexesOf))]
  if (actions.length > 0) effects.push({ kind: 'veto', actions })
  if (escalate !== undefined) {
    const { queue = null, priority = null, due = null } = escalate
    const assignee = compileAssignee(escalate.assignee, [...path, 'escalate', 'assignee'], words, place)
    effects.push({ kind: 'escalate', queue, priority, due, assignee })
  }
  const caps = Object.entries(autonomyCap ?? {}).flatMap(([reference, level]) =>
    indexesOf(reference).map((action) => ({ action, level })),
  )
  if (caps.length > 0) effects.push({ kind: 'autonomyCap', caps })
  if (weight !== undefined) effects.push({ kind: 'weight', factor: weight })
  const terms = Object.entries(addLoss ?? {}).flatMap(([reference, byState]) =>
    Object.entries(byState).flatMap(([state, amount]): AddedLoss[] => {
      const compiled = compileAmount(amount, [...path, 'addLoss', reference, state], words, place)
      const index = names.states.indexOf(state)
      if (compiled === null || index < 0) return []
      return indexesOf(reference).map((action) => ({ action, state: index, amount: compiled }))
    }),
  )
  if (terms.length > 0) effects.push({ kind: 'addLoss', terms })
  if (tag !== undefined) effects.push({ kind: 'tag', tags: [...new Set(tag)] })
  return effects
}

/** Each reference of a rule to an action, tag or state that none of the decisions has, as a problem. */
export function checkRuleNames(
  rule: RuleText,
  path: Path,
  decisions: readonly Names[],
  { yaml, problems }: Place,
): void {
  const states = decisions.flatMap((names) => names.states)
  const actions = decisions.flatMap((names) => names.actions)
  const tags = decisions.flatMap((names) => [...names.tags.keys()].map((tag) => `#${tag}`))
  const { veto = [], autonomyCap = {}, addLoss = {} } = rule.then
  const problemOf = (reference: string): string | null => {
    if (decisions.some((names) => actionsOf(reference, names).length > 0)) return null
    const kind = reference.startsWith('#') ? 'tag' : 'action'
    return `unknown ${kind} \`${reference}\`${didYouMeanOr(reference, kind === 'tag' ? tags : actions)}`
  }
  for (const [index, reference] of veto.entries()) {
    const problem = problemOf(reference)
    if (problem !== null) problems.push(yaml.at([...path, 'then', 'veto', index], problem))
  }
  for (const [effect, references] of Object.entries({ autonomyCap, addLoss })) {
    for (const reference of Object.keys(references)) {
      const problem = problemOf(reference)
      if (problem !== null) problems.push(yaml.atKey([...path, 'then', effect, reference], problem))
    }
  }
  for (const [reference, byState] of Object.entries(addLoss)) {
    for (const state of Object.keys(byState)) {
      if (states.includes(state)) continue
      const message = `unknown state \`${state}\`${didYouMeanOr(state, states)}`
      problems.push(yaml.atKey([...path, 'then', 'addLoss', reference, state], message))
    }
  }
}

/** An action by its name, or those that carry a tag; none where there is none. */
function actionsOf(reference: string, names: Names): readonly string[] {
  if (reference.startsWith('#')) return names.tags.get(reference.slice(1)) ?? []
  return names.actions.includes(reference) ? [reference] : []
}

/** Who should take the case: the expression, null where there is none or where it is wrong. */
export function compileAssignee(
  source: unknown,
  path: Path,
  words: Vocabulary,
  place: Place,
): Expression<string> | null {
  if (typeof source !== 'string' || source === '') return null
  return compileAt(source, 'string', path, withVariables(words, ['account', 'now']), place)
}

export function compileAmount(
  amount: number | string,
  path: Path,
  words: Vocabulary,
  place: Place,
): Expression<number> | null {
  return typeof amount === 'number' ? constant(amount) : compileAt(amount, 'number', path, words, place)
}

/** Compiles an expression of a file, its faults turned into problems where they stand. */
export function compileAt<K extends keyof Types>(
  source: string,
  type: K,
  path: Path,
  words: Vocabulary,
  { yaml, problems }: Place,
): Expression<Types[K]> | null {
  const compiled: Compiled<Types[K]> = compileExpression(source, type, words)
  if ('expression' in compiled) return compiled.expression
  for (const { offset, message } of compiled.faults) problems.push(yaml.within(path, offset, message))
  return null
}
