import { coolingNames } from '../cooldown.ts'
import type { Decision, Facts, Proposal, Signal, Taken } from '../model.ts'
import { type AgentDeclaration, declareAgents, overlayAgents } from './agents.ts'
import type { Ruleset } from './load.ts'
import { type RuleProblem, sortProblems } from './problem.ts'
import type { Place } from './rule.ts'
import { type CaseText, caseSchema, casesSchema, type Expectation } from './schema/cases.ts'
import { checkSchema, isMap, partOf } from './schema/check.ts'
import { didYouMeanOr } from './suggest.ts'
import { type Path, parseYaml, type RuleFile } from './yaml.ts'

/** One case of a `<decision>_test.yaml`: a question and what the answer should be. */
export interface Case {
  readonly name: string
  /** Where its name stands; lines count from 1. */
  readonly file: string
  readonly line: number
  readonly decision: Decision
  readonly facts: Facts
  readonly signals: readonly Signal[]
  /** Over those of the ruleset. */
  readonly agents: ReadonlyMap<string, AgentDeclaration>
  readonly proposal: Proposal | null
  readonly taken: readonly Taken[]
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly draw: number
  readonly expect: Expectation
}

/**
 * Reads the cases of a `<decision>_test.yaml` against the ruleset that they test. A name that the decision lacks is a
 * problem, so that no case passes because it is misspelt. No cases where there is any problem.
 */
export function parseCases(
  file: RuleFile,
  ruleset: Ruleset,
): { readonly cases: readonly Case[]; readonly problems: readonly RuleProblem[] } {
  const { yaml, problems: syntaxProblems } = parseYaml(file)
  if (yaml === null) return { cases: [], problems: syntaxProblems }
  const { value: text, problems: schemaProblems } = checkSchema(casesSchema, yaml)
  const place = { yaml, problems: [...schemaProblems] }
  const raw = isMap(yaml.value) ? yaml.value : {}

  const name = typeof raw.decision === 'string' ? raw.decision : testedDecision(file.path)
  const decision = ruleset.decisions.get(name)
  if (decision === undefined) {
    const message = `unknown decision \`${name}\`${didYouMeanOr(name, ruleset.decisions.keys())}`
    place.problems.push(yaml.at(['decision'], message))
    return { cases: [], problems: sortProblems(place.problems) }
  }
  const agents = declareAgents(raw.agents, ['agents'], place)
  const cases = (Array.isArray(raw.cases) ? raw.cases : []).flatMap((value: unknown, index): Case[] => {
    const path: Path = ['cases', index]
    const own = declareAgents(isMap(value) ? value.agents : undefined, [...path, 'agents'], place)
    const one = partOf(caseSchema, value)
    if (one === null) return []
    checkCase(one, path, decision, place)
    const now = one.now ?? text?.now ?? 0
    const { file, line } = yaml.at([...path, 'name'], '')
    return [
      {
        name: one.name,
        file,
        line,
        decision,
        facts: { ...text?.facts, ...one.facts },
        signals: one.signals.map((signal, place) => readSignal(signal, place + 1, now)),
        agents: overlayAgents(agents, own),
        proposal: one.proposal ?? null,
        taken: one.taken.map((taken, place) => readTaken(taken, place + 1, now, decision)),
        now,
        draw: one.draw,
        expect: one.expect,
      },
    ]
  })
  checkCaseNames(cases, place)
  return { cases: place.problems.length === 0 ? cases : [], problems: sortProblems(place.problems) }
}

/** `expansion-outreach` of `rules/expansion-outreach_test.yaml`. */
function testedDecision(path: string): string {
  return (
    path
      .split(/[/\\]/)
      .at(-1)
      ?.replace(/_test\.yaml$/, '') ?? ''
  )
}

function readSignal(text: CaseText['signals'][number], sequence: number, now: number): Signal {
  return {
    sequence,
    id: text.id ?? `s${sequence}`,
    agent: text.agent,
    claim: text.claim,
    confidence: text.confidence ?? null,
    score: text.score ?? null,
    observedAt: text.observedAt ?? now - (text.age ?? 0),
    expiresAt: text.expiresAt ?? null,
  }
}

function readTaken(
  { action, tags, age }: CaseText['taken'][number],
  sequence: number,
  now: number,
  { actions }: Decision,
): Taken {
  const own = actions.find(({ name }) => name === action)?.tags ?? []
  return { sequence, action, tags: tags ?? own, at: now - age }
}

/** Every name of a case must be one of the decision. */
function checkCase({ proposal, expect }: CaseText, path: Path, decision: Decision, { yaml, problems }: Place): void {
  const actions = decision.actions.map(({ name }) => name)
  const states = decision.states.map(({ name }) => name)
  const rules = [...decision.rules.map(({ id }) => id), ...coolingNames(decision).map((name) => `cooldown:${name}`)]
  const check = (kind: string, name: string, known: readonly string[], where: Path, isKey = false) => {
    if (known.includes(name)) return
    const message = `unknown ${kind} \`${name}\`${didYouMeanOr(name, known)}`
    problems.push(isKey ? yaml.atKey([...path, ...where], message) : yaml.at([...path, ...where], message))
  }
  if (proposal !== undefined) check('action', proposal.action, actions, ['proposal', 'action'])
  else {
    for (const key of ['verdict', 'verdictReasons'] as const) {
      if (expect[key] === undefined) continue
      const message = 'a verdict needs a proposal; add `proposal: { agent, action }` to the case'
      problems.push(yaml.atKey([...path, 'expect', key], message))
    }
  }
  if (typeof expect.action === 'string') check('action', expect.action, actions, ['expect', 'action'])
  for (const [index, id] of (expect.rules ?? []).entries()) check('rule', id, rules, ['expect', 'rules', index])
  for (const state of Object.keys(expect.beliefs ?? {}))
    check('state', state, states, ['expect', 'beliefs', state], true)
  for (const action of Object.keys(expect.expectedLoss ?? {})) {
    check('action', action, actions, ['expect', 'expectedLoss', action], true)
  }
}

function checkCaseNames(cases: readonly Case[], { yaml, problems }: Place): void {
  const seen = new Set<string>()
  for (const [index, { name }] of cases.entries()) {
    if (seen.has(name))
      problems.push(yaml.at(['cases', index, 'name'], 'a case of this name is there already; rename one'))
    seen.add(name)
  }
}
