import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { AUTONOMY, type Decision } from '../../src/core/model.ts'
import { testRuleset } from '../../src/core/rules/test-ruleset.ts'
import { RULES } from './ruleset.ts'

const decisions = [...RULES.decisions.values()]
const tests = decisions.map(({ name }) => {
  const path = `${name}_test.yaml`
  return { path, text: readFileSync(new URL(`../../rules/${path}`, import.meta.url), 'utf8') }
})
const { results, coverage } = testRuleset(RULES, tests)

describe.each(decisions.map((decision) => [decision.name, decision] as const))('%s', (_name, decision) => {
  const answers = results.filter(({ test }) => test.decision === decision)

  test('each of its own rules holds in a case, and each action is recommended or asked for in one', () => {
    const { rules, actions } =
      coverage.decisions.find((each) => each.decision === decision.name) ?? expect.unreachable()
    expect([...rules.missed, ...actions.missed]).toEqual([])
  })

  test('a case is contradictory, one reaches a person and one lacks a fact', () => {
    expect(answers.some(({ answer }) => answer.conflict > 0.3)).toBe(true)
    expect(answers.some(({ answer }) => answer.recommendation.disposition === 'escalate')).toBe(true)
    expect(answers.some(({ answer }) => answer.recommendation.reasons.includes('rule_error'))).toBe(true)
  })

  test.each([5_000, 80_000, 900_000])('its losses are opportunity costs at %d: the best action costs 0', (arr) => {
    const scope = { account: { arr }, signals: [], proposal: null, now: new Date(0) }
    decision.states.forEach(({ name }, state) => {
      const losses = decision.actions.map(({ loss }) => loss[state]?.evaluate(scope) ?? Number.NaN)
      expect(Math.min(...losses), name).toBe(0)
    })
  })

  test('what it does without a person is marked as seen by the customer', () => {
    const names = decision.actions
      .filter(({ tags, autonomy }) => tags.length === 0 && autonomy === 'supervised')
      .map(({ name }) => name)
    expect(names).toEqual([])
  })
})

test('each shared rule holds in a case', () => {
  expect(coverage.shared.total).toBeGreaterThan(0)
  expect(coverage.shared.missed).toEqual([])
})

test('every level of autonomy and every kind of effect is used', () => {
  const levels = decisions.flatMap(({ actions }) => actions.map(({ autonomy }) => autonomy))
  expect(new Set(levels)).toEqual(new Set(AUTONOMY))
  const kinds = decisions.flatMap(({ rules }) => rules.flatMap(({ effects }) => effects.map(({ kind }) => kind)))
  expect(new Set(kinds)).toEqual(new Set(['veto', 'escalate', 'autonomyCap', 'weight', 'addLoss', 'tag']))
})

test('expansion-outreach reads no facts but four', () => {
  const { facts } = RULES.decisions.get('expansion-outreach') as Decision
  expect([...(facts?.keys() ?? [])].sort()).toEqual(['arr', 'flags', 'onboardedAt', 'segment'])
})

test('every verdict is among the cases', () => {
  const verdicts = results.map(({ answer }) => answer.proposal?.verdict)
  for (const verdict of ['allow', 'ask', 'deny']) expect(verdicts).toContain(verdict)
})
