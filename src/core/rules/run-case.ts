import { adjudicate } from '../adjudicate.ts'
import type { Adjudication } from '../model.ts'
import { overlayAgents, resolveAgent } from './agents.ts'
import type { Case } from './cases.ts'
import type { Ruleset } from './load.ts'

/**
 * Adjudicates a case and compares the answer with what it expects.
 *
 * Returns the answer and how it differs, one line each, `action: expected \`wait\`, got \`send_email\``; none where the
 * case passes.
 */
export function runCase(
  ruleset: Ruleset,
  test: Case,
): { readonly answer: Adjudication; readonly differences: readonly string[] } {
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
    ruling: null,
  })
  return { answer, differences: compare(test.expect, answer) }
}

function compare(expected: Case['expect'], answer: Adjudication): readonly string[] {
  const { recommendation, proposal, handoff } = answer
  const held = [...new Set(answer.rules.filter(({ error }) => error === undefined).map(({ id }) => id))]
  const differences = [
    ...word('action', expected.action, recommendation.action),
    ...word('disposition', expected.disposition, recommendation.disposition),
    ...words('reasons', expected.reasons, recommendation.reasons),
    ...word('verdict', expected.verdict, proposal?.verdict ?? null),
    ...Object.entries(expected.beliefs ?? {}).flatMap(([state, value]) =>
      number(`belief in \`${state}\``, value, answer.beliefs[state] ?? null, expected.tolerance),
    ),
    ...Object.entries(expected.expectedLoss ?? {}).flatMap(([action, value]) =>
      number(`expected loss of \`${action}\``, value, answer.expectedLoss[action] ?? null, expected.tolerance),
    ),
    ...number('regret', expected.regret, answer.regret, expected.tolerance),
    ...number('conflict', expected.conflict, answer.conflict, expected.tolerance),
    ...words('rules', expected.rules, held),
    ...words('tags', expected.tags, answer.tags),
    ...word('queue', expected.queue, handoff?.queue ?? null),
  ]
  if (differences.length === 0) return differences
  const failures = answer.rules.filter(({ error }) => error !== undefined)
  return [...differences, ...failures.map(({ id, error }) => `rule \`${id}\` failed: ${error}`)]
}

function word(what: string, expected: string | null | undefined, got: string | null): readonly string[] {
  if (expected === undefined || expected === got) return []
  return [`${what}: expected ${quote(expected)}, got ${quote(got)}`]
}

function quote(text: string | null): string {
  return text === null ? 'none' : `\`${text}\``
}

/** As sets: which ones, in whatever order. */
function words(what: string, expected: readonly string[] | undefined, got: readonly string[]): readonly string[] {
  if (expected === undefined) return []
  const missing = expected.filter((each) => !got.includes(each)).map((each) => `\`${each}\` missing`)
  const extra = got.filter((each) => !expected.includes(each)).map((each) => `\`${each}\` not expected`)
  return missing.length + extra.length === 0 ? [] : [`${what}: ${[...missing, ...extra].join(', ')}`]
}

function number(
  what: string,
  expected: number | null | undefined,
  got: number | null,
  tolerance: number,
): readonly string[] {
  if (expected === undefined) return []
  const allowed = tolerance * Math.max(1, Math.abs(expected ?? 0))
  if (expected === got || (expected !== null && got !== null && Math.abs(expected - got) <= allowed)) return []
  return [`${what}: expected ${show(expected)}, got ${show(got)}`]
}

function show(value: number | null): string {
  return value === null ? 'none' : String(Number(value.toPrecision(6)))
}
