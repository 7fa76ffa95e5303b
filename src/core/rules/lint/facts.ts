import type { RuleProblem } from '../problem.ts'
import { entriesOf, isMap } from '../schema/check.ts'
import { didYouMean } from '../suggest.ts'
import type { YamlFile } from '../yaml.ts'
import { type Check, type ExaminedDecision, rulesWithDecisions, warnAt, warnAtKey } from './examined.ts'

/**
 * Facts that rules name and no account has: where they are declared, else in the first place that reads them.
 *
 * Keeps silent without a database, and where an expression may read any fact.
 */
export const checkFacts: Check = (examined, { facts, sources }) => {
  if (facts === null) return []
  const missing = (name: string) => !facts.has(name)
  const words = (name: string) =>
    `no account has a fact \`${name}\`${didYouMean(name, facts) || '; send it, or remove what reads it'}`
  const files = [...(sources.shared === null ? [] : [sources.shared]), ...examined.decisions.map(({ yaml }) => yaml)]
  const declared = files.flatMap((yaml) =>
    declaredFacts(yaml)
      .filter(missing)
      .map((name) => warnAtKey(yaml, ['facts', name], words(name))),
  )
  const known = new Set(files.flatMap(declaredFacts))
  const undeclared = (name: string) => missing(name) && !known.has(name)
  const inRules = rulesWithDecisions(examined).flatMap(([{ rule, yaml, path }]) =>
    (rule.when.reads ?? []).filter(undeclared).map((name) => warnAt(yaml, [...path, 'when'], words(name))),
  )
  const inLosses = examined.decisions.flatMap((decision) => lossesThatRead(decision, undeclared, words))
  return [...declared, ...inRules, ...inLosses]
}

function declaredFacts({ value }: YamlFile): readonly string[] {
  return isMap(value) ? entriesOf(value.facts).map(([name]) => name) : []
}

function lossesThatRead(
  { decision, yaml }: ExaminedDecision,
  undeclared: (name: string) => boolean,
  words: (name: string) => string,
): readonly RuleProblem[] {
  return decision.actions.flatMap(({ name, loss }) =>
    loss.flatMap(({ reads }, state) =>
      (reads ?? []).filter(undeclared).map((fact) => {
        const path = ['actions', name, 'loss', decision.states[state]?.name ?? '']
        return warnAt(yaml, path, words(fact))
      }),
    ),
  )
}
