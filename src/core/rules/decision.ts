import type { Action, Claim, Decision, FactDeclaration, Review, Rule } from '../model.ts'
import type { Queues } from '../queues.ts'
import { tooSlowTogether } from './budget.ts'
import { createVocabulary, type Vocabulary } from './cel/vocabulary.ts'
import { factsRead, meaningOf, type SharedPart } from './meaning.ts'
import { nameProblem } from './name.ts'
import type { RuleProblem } from './problem.ts'
import {
  checkCondition,
  checkRuleNames,
  compileAmount,
  compileAssignee,
  compileRule,
  type Names,
  type Place,
  readRules,
} from './rule.ts'
import { checkSchema, entriesOf, isMap, partOf } from './schema/check.ts'
import { actionSchema, claimSchema, decisionSchema, type ReviewText } from './schema/decision.ts'
import { factsSchema } from './schema/parts.ts'
import type { SharedRules } from './shared.ts'
import { didYouMeanOr, listWords } from './suggest.ts'
import type { Path, YamlFile } from './yaml.ts'

const SUM_TOLERANCE = 1e-6

/** A decision file that has been read but not compiled: what other files need of it. */
export interface DecisionDraft {
  readonly yaml: YamlFile
  readonly name: string | null
  readonly names: Names
  /** Null where the file declares none. A declaration that is not in order is null, so that the fact is known. */
  readonly facts: ReadonlyMap<string, FactDeclaration | null> | null
}

/** Reads the names that a file declares, as far as it has them; `compileDecision` says what is wrong with them. */
export function draftDecision(yaml: YamlFile): DecisionDraft {
  const file = isMap(yaml.value) ? yaml.value : {}
  const tags = new Map<string, string[]>()
  for (const [action, text] of entriesOf(file.actions)) {
    const declared = isMap(text) && Array.isArray(text.tags) ? text.tags : []
    for (const tag of new Set(declared.map(String))) tags.set(tag, [...(tags.get(tag) ?? []), action])
  }
  return {
    yaml,
    name: typeof file.decision === 'string' ? file.decision : null,
    names: {
      states: entriesOf(file.states).map(([name]) => name),
      actions: entriesOf(file.actions).map(([name]) => name),
      tags,
    },
    facts: draftFacts(file.facts),
  }
}

/** The declared facts of a file; null for one whose declaration is not in order. */
export function draftFacts(facts: unknown): ReadonlyMap<string, FactDeclaration | null> | null {
  if (!isMap(facts)) return null
  const declarations = entriesOf(facts).map(([name, text]): [string, FactDeclaration | null] => {
    const parsed = partOf(factsSchema, { [name]: text })?.[name]
    return [name, parsed ?? null]
  })
  return new Map(declarations)
}

/**
 * Checks and compiles a decision file, the shared rules before its own. What is wrong in one part does not hide what
 * is wrong in another. The decision is null where anything is.
 */
export function compileDecision(
  draft: DecisionDraft,
  shared: SharedRules,
  queues: Queues,
): { readonly decision: Decision | null; readonly problems: readonly RuleProblem[] } {
  const { yaml, names } = draft
  const { value: text, problems: schemaProblems } = checkSchema(decisionSchema, yaml)
  const problems = [...schemaProblems]
  const place = { yaml, problems }
  const file = isMap(yaml.value) ? yaml.value : {}
  const vocabulary = createVocabulary(draft.facts, ['account', 'now'])

  const states = checkStates(file.states, place)
  const claims = entriesOf(file.claims).map(([name, claim]) => compileClaim(name, claim, draft, states, place))
  const actions = entriesOf(file.actions).map(([name, action]) => compileAction(name, action, names, vocabulary, place))
  const review = isMap(file.review) ? file.review : {}
  const assignee = compileAssignee(review.assignee, ['review', 'assignee'], vocabulary, place)
  checkFallback(review.fallback, draft, place)
  const sharedRules = shared.compile(draft, problems)
  const ownRules = compileRules(file.rules, names, vocabulary, place)
  checkIds(file.rules, shared, place)
  if (isMap(file.actions) && actions.length === 0)
    problems.push(yaml.atKey(['actions'], 'a decision needs at least one action; add what can be done'))
  if (text === null || problems.length > 0) return { decision: null, problems }

  const inOrder = actions.filter((action) => action !== null)
  const rules = [...sharedRules, ...ownRules]
  const slow = tooSlowTogether(inOrder, rules, assignee)
  if (slow !== null) return { decision: null, problems: [yaml.at(['decision'], slow)] }
  const reads = factsRead(inOrder, rules, assignee)
  const cooldowns = new Map([...shared.cooldowns].filter(([tag]) => names.tags.has(tag)))
  const decision: Decision = {
    name: text.decision,
    description: text.description ?? '',
    facts: draft.facts as Decision['facts'],
    states,
    claims: new Map(claims.filter((claim) => claim !== null)),
    actions: inOrder,
    rules,
    review: readReview(text.review, assignee, names),
    dependence: text.dependence,
    evidenceCap: text.evidenceCap,
    tolerance: text.tolerance,
    validFor: text.validFor,
    lease: text.lease,
    cooldowns,
    longestCooldown: Math.max(0, ...cooldowns.values(), ...inOrder.map(({ cooldown }) => cooldown ?? 0)),
    adjudicateOn: [...new Set(text.adjudicateOn)],
    reads,
    meaning: meaningOf(text, sharedPart(shared, sharedRules, reads, cooldowns)),
    queues,
  }
  return { decision, problems }
}

function checkStates(states: unknown, { yaml, problems }: Place): Decision['states'] {
  if (!isMap(states)) return []
  const parsed = entriesOf(states).map(([name, state]) => ({ name, prior: isMap(state) ? state.prior : undefined }))
  if (parsed.length < 2)
    problems.push(yaml.atKey(['states'], 'a decision needs at least two states; add the other one'))
  const numbers = parsed.map(({ prior }) => prior).filter((prior) => typeof prior === 'number')
  const sum = numbers.reduce((total, prior) => total + prior, 0)
  if (parsed.length >= 2 && numbers.length === parsed.length && Math.abs(sum - 1) > SUM_TOLERANCE) {
    problems.push(yaml.atKey(['states'], `the priors sum to ${Number(sum.toPrecision(6))}; they must sum to 1`))
  }
  return parsed.map(({ name, prior }) => ({ name, prior: typeof prior === 'number' ? prior : Number.NaN }))
}

function compileClaim(
  name: string,
  text: unknown,
  { names }: DecisionDraft,
  states: Decision['states'],
  { yaml, problems }: Place,
): [string, Claim] | null {
  const claim = partOf(claimSchema, text)
  if (claim === null) return null
  const path: Path = ['claims', name, 'pointsAt']
  for (const [index, state] of claim.pointsAt.entries()) {
    if (names.states.includes(state)) continue
    problems.push(yaml.at([...path, index], `unknown state \`${state}\`${didYouMeanOr(state, names.states)}`))
  }
  const pointsAt = names.states.flatMap((state, index) => (claim.pointsAt.includes(state) ? [index] : []))
  if (pointsAt.length > 0 && pointsAt.length === names.states.length) {
    problems.push(yaml.at(path, `\`${name}\` points at every state, so it says nothing; leave one out`))
  }
  const priorMass = pointsAt.reduce((mass, index) => mass + (states[index]?.prior ?? 0), 0)
  return [name, { pointsAt, priorMass, halfLife: claim.halfLife ?? null }]
}

function compileAction(
  name: string,
  text: unknown,
  { states }: Names,
  vocabulary: Vocabulary,
  place: Place,
): Action | null {
  const losses = isMap(text) ? entriesOf(text.loss) : []
  const { yaml, problems } = place
  const path: Path = ['actions', name, 'loss']
  for (const [state] of losses) {
    if (states.includes(state) || nameProblem(state) !== null) continue
    problems.push(yaml.atKey([...path, state], `unknown state \`${state}\`${didYouMeanOr(state, states)}`))
  }
  if (losses.length > 0) {
    const missing = states.filter((state) => !losses.some(([known]) => known === state))
    if (missing.length > 0) {
      problems.push(
        yaml.atKey(path, `\`${name}\` has no loss in ${listWords(missing, 'and')}; add it, 0 where it costs nothing`),
      )
    }
  }
  const byState = new Map(losses)
  const loss = states.map((state) => {
    const amount = byState.get(state)
    const isAmount = (typeof amount === 'number' && amount >= 0) || (typeof amount === 'string' && amount !== '')
    return isAmount ? compileAmount(amount as number | string, [...path, state], vocabulary, place) : null
  })
  const action = partOf(actionSchema, text)
  if (action === null || !loss.every((expression) => expression !== null)) return null
  return { name, autonomy: action.autonomy, tags: action.tags ?? [], loss, cooldown: action.cooldown ?? null }
}

function compileRules(rules: unknown, names: Names, vocabulary: Vocabulary, place: Place): readonly Rule[] {
  const { fine, broken } = readRules(rules)
  for (const [path, rule] of broken) checkCondition(rule, path, vocabulary, place)
  return fine.flatMap(([path, rule]) => {
    checkRuleNames(rule, path, [names], place)
    return compileRule(rule, path, names, vocabulary, place) ?? []
  })
}

function checkFallback(fallback: unknown, { names, yaml }: DecisionDraft, { problems }: Place): void {
  if (typeof fallback !== 'string' || nameProblem(fallback) !== null) return
  const path: Path = ['review', 'fallback']
  if (!names.actions.includes(fallback)) {
    problems.push(yaml.at(path, `unknown action \`${fallback}\`${didYouMeanOr(fallback, names.actions)}`))
    return
  }
  const file = isMap(yaml.value) && isMap(yaml.value.actions) ? yaml.value.actions : {}
  const action = file[fallback]
  if (isMap(action) && action.autonomy === 'off_limits')
    problems.push(
      yaml.at(path, `only people do \`${fallback}\`, so it can't be what happens without one; name another`),
    )
}

function readReview(text: ReviewText, assignee: Review['assignee'], { actions }: Names): Review {
  const { cost, queue, due = null, sampleRate, holdsFor, fallback } = text
  return {
    cost,
    queue,
    due,
    sampleRate,
    assignee,
    holdsFor,
    fallback: fallback === undefined ? null : actions.indexOf(fallback),
  }
}

/** What of `_all.yaml` concerns a decision: the rules that were compiled for it, the facts that are read, its tags. */
function sharedPart(
  shared: SharedRules,
  compiled: readonly Rule[],
  reads: Decision['reads'],
  cooldowns: Decision['cooldowns'],
): SharedPart {
  const ids = new Set(compiled.map(({ id }) => id))
  return {
    rules: shared.texts.filter(({ id }) => ids.has(id)),
    facts: [...(shared.facts ?? [])].filter(([name]) => reads?.includes(name) ?? true),
    cooldowns: [...cooldowns],
  }
}

/** Ids name rules in answers and in the audit trail, so that no two of a decision share one. */
function checkIds(rules: unknown, shared: SharedRules, { yaml, problems }: Place): void {
  const seen = new Map([...shared.ids].map((id) => [id, 'in `_all.yaml`']))
  if (!Array.isArray(rules)) return
  for (const [index, rule] of rules.entries()) {
    const id = isMap(rule) ? rule.id : undefined
    if (typeof id !== 'string') continue
    const where = seen.get(id)
    if (where !== undefined)
      problems.push(yaml.at(['rules', index, 'id'], `rule \`${id}\` is there already, ${where}; rename one`))
    else seen.set(id, 'above')
  }
}
