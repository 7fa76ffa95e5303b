import { adjudicate } from '../adjudicate.ts'
import type { Adjudication } from '../model.ts'
import { overlayAgents, resolveAgent } from './agents.ts'
import type { Case } from './cases.ts'
import type { Ruleset } from './load.ts'

/** What a case came to; it passes where nothing differs. */
export interface CaseResult {
  readonly test: Case
  readonly answer: Adjudication
  readonly differences: readonly Difference[]
}

/** A part of an answer that is not as expected. */
export interface Difference {
  /** As a case writes it, `action` or `beliefs.healthy`. */
  readonly part: string
  readonly expected: Part
  readonly got: Part
}

/** Of lists only what is in them counts, not their order. Null: nothing. */
export type Part = string | number | null | readonly string[]

/** Adjudicates a case and compares the answer with what it expects. */
export function runCase(ruleset: Ruleset, test: Case): CaseResult {
  const agents = { ...ruleset.agents, declared: overlayAgents(ruleset.agents.declared, test.agents) }
  const names = new Set(test.signals.map(({ agent }) => agent))
  if (test.proposal !== null) names.add(test.proposal.agent)
  const answer = adjudicate(test.decision, {
    account: 'case',
    now: test.now,
    draw: test.draw,
    facts: test.facts,
    signals: test.signals,
    agents: new Map([...names].map((name) => [name, resolveAgent(name, agents, null)])),
    proposal: test.proposal,
    taken: test.taken,
    ruling: null,
  })
  return { test, answer, differences: compare(test.expect, answer) }
}

/**
 * Why a case fails, a line for each difference, `action: expected \`wait\`, got \`send_email\``, and for each rule that
 * could not be evaluated; none where it passes.
 */
export function explainFailure({ answer, differences }: CaseResult): readonly string[] {
  if (differences.length === 0) return []
  return [...differences.map(describeDifference), ...failedRules(answer)]
}

/** Rules that could not be evaluated, a line each. */
export function failedRules({ rules }: Adjudication): readonly string[] {
  return rules.flatMap(({ id, error }) => (error === undefined ? [] : [`rule \`${id}\` failed: ${error}`]))
}

function compare(expected: Case['expect'], answer: Adjudication): readonly Difference[] {
  const { recommendation, proposal, handoff } = answer
  const { tolerance } = expected
  return [
    ...exact('action', expected.action, recommendation.action),
    ...exact('disposition', expected.disposition, recommendation.disposition),
    ...set('reasons', expected.reasons, recommendation.reasons),
    ...exact('verdict', expected.verdict, proposal?.verdict ?? null),
    ...set('verdictReasons', expected.verdictReasons, proposal?.reasons ?? []),
    ...Object.entries(expected.beliefs ?? {}).flatMap(([state, value]) =>
      near(`beliefs.${state}`, value, answer.beliefs[state] ?? null, tolerance),
    ),
    ...Object.entries(expected.expectedLoss ?? {}).flatMap(([action, value]) =>
      near(`expectedLoss.${action}`, value, answer.expectedLoss[action] ?? null, tolerance),
    ),
    ...near('regret', expected.regret, answer.regret, tolerance),
    ...near('conflict', expected.conflict, answer.conflict, tolerance),
    ...set('rules', expected.rules, heldRules(answer)),
    ...set('tags', expected.tags, answer.tags),
    ...exact('escalation', expected.escalation, handoff?.kind ?? null),
    ...exact('queue', expected.queue, handoff?.queue ?? null),
    ...exact('priority', expected.priority, handoff?.priority ?? null),
    ...exact('dueAt', timeOf(expected.dueAt), timeOf(handoff?.dueAt) ?? null),
    ...exact('assignee', expected.assignee, handoff?.assignee ?? null),
  ]
}

/** Ids of the rules that hold, each once. */
export function heldRules({ rules }: Adjudication): readonly string[] {
  return [...new Set(rules.filter(({ error }) => error === undefined).map(({ id }) => id))]
}

function exact(part: string, expected: string | number | null | undefined, got: string | number | null) {
  return expected === undefined || expected === got ? [] : [{ part, expected, got }]
}

function set(part: string, expected: readonly string[] | undefined, got: readonly string[]): readonly Difference[] {
  if (expected === undefined) return []
  const isSame = expected.every((each) => got.includes(each)) && got.every((each) => expected.includes(each))
  return isSame ? [] : [{ part, expected, got }]
}

function near(part: string, expected: number | null | undefined, got: number | null, tolerance: number) {
  if (expected === undefined || expected === got) return []
  const allowed = tolerance * Math.max(1, Math.abs(expected ?? 0))
  return expected !== null && got !== null && Math.abs(expected - got) <= allowed ? [] : [{ part, expected, got }]
}

function timeOf(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : new Date(milliseconds).toISOString()
}

function describeDifference(difference: Difference): string {
  const { part, expected, got } = difference
  if (Array.isArray(expected) && Array.isArray(got)) {
    const missing = expected.filter((each) => !got.includes(each)).map((each) => `\`${each}\` missing`)
    const extra = got.filter((each) => !expected.includes(each)).map((each) => `\`${each}\` not expected`)
    return `${part}: ${[...missing, ...extra].join(', ')}`
  }
  const shown = showDifference(difference)
  const quote = (value: Part, text: string) => (typeof value === 'string' ? `\`${text}\`` : text)
  return `${part}: expected ${quote(expected, shown.expected)}, got ${quote(got, shown.got)}`
}

/** Both sides as text: numbers to six digits unless they differ later, lists a line each, `none` where there is nothing. */
export function showDifference({ expected, got }: Difference): { readonly expected: string; readonly got: string } {
  const short = { expected: showPart(expected, 6), got: showPart(got, 6) }
  return short.expected === short.got ? { expected: showPart(expected, 17), got: showPart(got, 17) } : short
}

function showPart(part: Part, digits: number): string {
  if (part === null) return 'none'
  if (typeof part === 'number') return String(Number(part.toPrecision(digits)))
  return typeof part === 'string' ? part : part.join('\n') || 'none'
}
