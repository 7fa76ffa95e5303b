import type { Rule } from '../model.ts'
import { createVocabulary } from './cel/vocabulary.ts'
import { type DecisionDraft, draftFacts } from './decision.ts'
import { nameProblem } from './name.ts'
import type { RuleProblem } from './problem.ts'
import { checkCondition, checkRuleNames, compileRule, readRules } from './rule.ts'
import { allSchema } from './schema/all.ts'
import { checkSchema, entriesOf, isMap, partOf } from './schema/check.ts'
import type { RuleText } from './schema/parts.ts'
import { didYouMeanOr } from './suggest.ts'
import type { YamlFile } from './yaml.ts'

/** The rules of `_all.yaml`, which apply to every decision before its own. */
export interface SharedRules {
  readonly ids: ReadonlySet<string>
  /** The rules that are in order, as written. */
  readonly texts: readonly RuleText[]
  /** As a decision's draft has them. */
  readonly facts: DecisionDraft['facts']
  /** Milliseconds by tag. */
  readonly cooldowns: ReadonlyMap<string, number>
  /** What is wrong in `_all.yaml` itself, whatever the decisions are. */
  readonly problems: readonly RuleProblem[]
  /**
   * Compiles them for one decision, against its facts and those that `_all.yaml` declares. An action, tag or state
   * that the decision has not is skipped, and a rule with it where nothing else is left of it.
   */
  compile(draft: DecisionDraft, problems: RuleProblem[]): readonly Rule[]
}

export const NO_SHARED_RULES: SharedRules = {
  ids: new Set(),
  texts: [],
  facts: null,
  cooldowns: new Map(),
  problems: [],
  compile: () => [],
}

/** Reads `_all.yaml`. A name that no decision has is a problem; one that some have is not. */
export function readShared(yaml: YamlFile, drafts: readonly DecisionDraft[]): SharedRules {
  const problems = [...checkSchema(allSchema, yaml).problems]
  const file = isMap(yaml.value) ? yaml.value : {}
  const facts = draftFacts(file.facts)
  const { fine: rules, broken } = readRules(file.rules)
  checkTags(file.cooldowns, drafts, yaml, problems)
  const ids = new Set<string>()
  for (const [path, rule] of rules) {
    const names = drafts.map((draft) => draft.names)
    if (drafts.length > 0) checkRuleNames(rule, path, names, { yaml, problems })
    if (ids.has(rule.id))
      problems.push(yaml.at([...path, 'id'], `rule \`${rule.id}\` is there already, above; rename one`))
    ids.add(rule.id)
  }
  return {
    ids,
    texts: rules.map(([, rule]) => rule),
    facts,
    cooldowns: new Map(Object.entries(partOf(allSchema.shape.cooldowns, file.cooldowns) ?? {})),
    problems,
    compile(draft, found) {
      for (const [name, declaration] of draft.facts ?? []) {
        const ours = facts?.get(name)
        if (!ours || !declaration || ours.type === declaration.type) continue
        const message = `\`${name}\` is a ${declaration.type} here and a ${ours.type} in \`_all.yaml\`; make them one`
        found.push(draft.yaml.at(['facts', name], message))
      }
      const isUndeclared = facts === null && draft.facts === null
      const merged = isUndeclared ? null : new Map([...(facts ?? []), ...(draft.facts ?? [])])
      const vocabulary = createVocabulary(merged, ['account', 'now'])
      for (const [path, rule] of broken) checkCondition(rule, path, vocabulary, { yaml, problems: found })
      return rules.flatMap(([path, rule]) => {
        const compiled = compileRule(rule, path, draft.names, vocabulary, { yaml, problems: found })
        return compiled === null ? [] : { ...compiled, shared: true }
      })
    },
  }
}

/** A tag that no action of any decision carries is a slip: what it should hold back would go on. */
function checkTags(
  cooldowns: unknown,
  drafts: readonly DecisionDraft[],
  yaml: YamlFile,
  problems: RuleProblem[],
): void {
  const tags = [...new Set(drafts.flatMap(({ names }) => [...names.tags.keys()]))]
  for (const [tag] of entriesOf(cooldowns)) {
    if (drafts.length === 0 || tags.includes(tag) || nameProblem(tag) !== null) continue
    const message = `no action carries the tag \`${tag}\`${didYouMeanOr(tag, tags)}`
    problems.push(yaml.atKey(['cooldowns', tag], message))
  }
}
