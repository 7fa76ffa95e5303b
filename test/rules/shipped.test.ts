import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { AUTONOMY, type Decision } from '../../src/core/model.ts'
import { parseCases } from '../../src/core/rules/cases.ts'
import { runCase } from '../../src/core/rules/run-case.ts'
import { RULES } from './ruleset.ts'

const decisions = [...RULES.decisions.values()]

/** The cases of a decision's `_test.yaml` with their answers. */
function answersOf({ name }: Decision) {
  const path = `${name}_test.yaml`
  const text = readFileSync(new URL(`../../rules/${path}`, import.meta.url), 'utf8')
  return parseCases({ path, text }, RULES).cases.map((test) => ({ test, ...runCase(RULES, test) }))
}

const cases = new Map(decisions.map((decision) => [decision, answersOf(decision)]))

describe.each(decisions.map((decision) => [decision.name, decision] as const))('%s', (_name, decision) => {
  const answers = cases.get(decision) ?? []

  test('each of its own rules holds in a case', () => {
    const shared = decisions.map(({ rules }) => new Set(rules.map(({ id }) => id)))
    const own = decision.rules.map(({ id }) => id).filter((id) => !shared.every((ids) => ids.has(id)))
    const held = new Set(answers.flatMap(({ answer }) => answer.rules.map(({ id }) => id)))
    expect(own.filter((id) => !held.has(id))).toEqual([])
  })

  test('each of its actions is recommended or asked for in a case', () => {
    const seen = new Set(
      answers.flatMap(({ answer }) => [answer.recommendation.action, answer.proposal?.action ?? null]),
    )
    expect(decision.actions.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([])
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
  const held = new Set([...cases.values()].flat().flatMap(({ answer }) => answer.rules.map(({ id }) => id)))
  const ids = new Set(decisions.flatMap(({ rules }) => rules.map(({ id }) => id)))
  expect([...ids].filter((id) => !held.has(id))).toEqual([])
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
  const verdicts = [...cases.values()].flat().map(({ answer }) => answer.proposal?.verdict)
  for (const verdict of ['allow', 'ask', 'deny']) expect(verdicts).toContain(verdict)
})
