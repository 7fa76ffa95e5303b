import type { Decision, Rule } from '../../model.ts'
import type { Case } from '../cases.ts'
import type { Ruleset, Sources } from '../load.ts'
import type { RuleProblem } from '../problem.ts'
import { entriesOf, isMap } from '../schema/check.ts'
import type { Path, YamlFile } from '../yaml.ts'
import { type Formula, not, readCondition } from './formula.ts'
import { isPossible } from './possible.ts'

/** What lint knows beside the ruleset. */
export interface LintContext {
  /** The files of the ruleset, as `loadRuleset` gives them. */
  readonly sources: Sources
  /** The cases of its tests; none where there are none. */
  readonly cases: readonly Pick<Case, 'decision' | 'facts' | 'signals'>[]
  /** Milliseconds since the epoch: what has passed does not come again. */
  readonly now: number
  /** Names of facts that accounts have; null: not known. */
  readonly facts: ReadonlySet<string> | null
  /** Claims that agents have sent; null: not known. */
  readonly claims: ReadonlySet<string> | null
}

/** A condition, and whether it can come out either way. */
interface Condition {
  readonly when: Formula
  readonly mayHold: boolean
  readonly mayFail: boolean
}

/** A rule with its meaning and its place. */
export interface ExaminedRule extends Condition {
  readonly rule: Rule
  readonly yaml: YamlFile
  /** Of the rule in its file. */
  readonly path: Path
  /** What the rule does, as written. */
  readonly written: Readonly<Record<string, unknown>>
}

export interface ExaminedDecision {
  readonly decision: Decision
  readonly yaml: YamlFile
  /** Those of `_all.yaml` first. */
  readonly rules: readonly ExaminedRule[]
}

/** A ruleset as the checks read it. */
export interface Examined {
  readonly ruleset: Ruleset
  readonly decisions: readonly ExaminedDecision[]
}

/** A check of one thing, in all decisions. */
export type Check = (examined: Examined, context: LintContext) => readonly RuleProblem[]

/** Reads the conditions of all rules and finds where they stand. A rule that is in no file is left out. */
export function examine(ruleset: Ruleset, { sources, now }: LintContext): Examined {
  // Files say the same in many places.
  const conditions = new Map<string, Condition>()
  const conditionOf = (source: string): Condition => {
    const known = conditions.get(source)
    if (known !== undefined) return known
    const when = readCondition(source, now)
    const condition = { when, mayHold: isPossible(when), mayFail: isPossible(not(when)) }
    conditions.set(source, condition)
    return condition
  }
  const shared = placesOf(sources.shared)
  const decisions = [...ruleset.decisions.values()].flatMap((decision): readonly ExaminedDecision[] => {
    const yaml = sources.decisions.get(decision.name)
    if (yaml === undefined) return []
    const own = placesOf(yaml)
    const rules = decision.rules.flatMap((rule): readonly ExaminedRule[] => {
      const place = (rule.shared ? shared : own).get(rule.id)
      return place === undefined ? [] : [{ ...place, rule, ...conditionOf(rule.when.source) }]
    })
    return [{ decision, yaml, rules }]
  })
  return { ruleset, decisions }
}

type Placed = Pick<ExaminedRule, 'yaml' | 'path' | 'written'>

function placesOf(yaml: YamlFile | null): ReadonlyMap<string, Placed> {
  const rules = yaml !== null && isMap(yaml.value) && Array.isArray(yaml.value.rules) ? yaml.value.rules : []
  return new Map(
    rules.map((rule: unknown, index): [string, Placed] => {
      const { id, then } = (isMap(rule) ? rule : {}) as Record<string, unknown>
      return [String(id), { yaml: yaml as YamlFile, path: ['rules', index], written: isMap(then) ? then : {} }]
    }),
  )
}

/** Each rule with the decisions for which it was compiled: one for a decision's own, those it concerns for a shared one. */
export function rulesWithDecisions({
  decisions,
}: Examined): readonly (readonly [ExaminedRule, readonly ExaminedDecision[]])[] {
  // What is written may be an alias, and so the same of two rules; each rule has a path of its own.
  const byPlace = new Map<Path, [ExaminedRule, ExaminedDecision[]]>()
  for (const decision of decisions) {
    for (const rule of decision.rules) {
      const known = byPlace.get(rule.path)
      if (known === undefined) byPlace.set(rule.path, [rule, [decision]])
      else known[1].push(decision)
    }
  }
  return [...byPlace.values()]
}

/** Indexes of the actions that a reference of a rule means: a name, or `#tag`. */
export function actionsMeant({ actions }: Decision, reference: string): readonly number[] {
  return actions.flatMap(({ name, tags }, index) => {
    const isMeant = reference.startsWith('#') ? tags.includes(reference.slice(1)) : name === reference
    return isMeant ? index : []
  })
}

/** The actions or tags that an effect of a rule names, as written. */
export function referencesOf({ written }: ExaminedRule, effect: 'autonomyCap' | 'addLoss'): readonly string[] {
  return entriesOf(written[effect]).map(([reference]) => reference)
}

/** The rules that veto an action whenever they hold, whoever speaks: those that are asked for each signal need one. */
export function vetoesOf({ rules }: ExaminedDecision, action: number): readonly ExaminedRule[] {
  return rules.filter(
    ({ rule }) =>
      !rule.forEachSignal && rule.effects.some((effect) => effect.kind === 'veto' && effect.actions.includes(action)),
  )
}

/** A warning at a value. */
export function warnAt(yaml: YamlFile, path: Path, message: string): RuleProblem {
  return { ...yaml.at(path, message), severity: 'warning' }
}

/** A warning at a key. */
export function warnAtKey(yaml: YamlFile, path: Path, message: string): RuleProblem {
  return { ...yaml.atKey(path, message), severity: 'warning' }
}

/** A warning at an offset into the expression at a path. */
export function warnWithin(yaml: YamlFile, path: Path, offset: number, message: string): RuleProblem {
  return { ...yaml.within(path, offset, message), severity: 'warning' }
}
