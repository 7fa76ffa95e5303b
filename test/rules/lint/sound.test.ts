import fc from 'fast-check'
import { expect, test } from 'vitest'
import { adjudicate } from '../../../src/core/adjudicate.ts'
import type { Adjudication, Decision, Facts, Question } from '../../../src/core/model.ts'
import type { Case } from '../../../src/core/rules/cases.ts'
import { lintRuleset } from '../../../src/core/rules/lint/lint.ts'
import { loadRuleset } from '../../../src/core/rules/load.ts'
import { agent } from '../../core/fixtures.ts'
import { NOW } from './warnings.ts'

const small = fc.integer({ min: 0, max: 4 })
const factor = fc.constantFrom(-1, 0.5, 1, 2, 3)
const action = fc.constantFrom('a0', 'a1', 'a2')
const state = fc.constantFrom('s0', 's1')

const amount = fc.oneof(
  { weight: 5, arbitrary: small.map(String) },
  { weight: 3, arbitrary: factor.map((by) => `${by} * account.arr`) },
  fc.tuple(small, factor).map(([base, by]) => `${base} + ${by} * account.arr`),
  fc.tuple(factor, factor).map(([one, other]) => `${one} * account.arr + ${other} * account.seats`),
)
const condition = fc.oneof(
  fc
    .tuple(fc.constantFrom('arr', 'seats'), fc.constantFrom('<', '>=', '==', '!='), small)
    .map(([fact, is, value]) => `account.${fact} ${is} ${value}`),
  fc.constantFrom(
    'account.vip',
    '!account.vip',
    'signals.exists(s, s.claim == "c0")',
    'signals.exists(s, s.confidence < 0.3 && s.claim == "c1")',
    'proposal != null',
    'true',
  ),
)
const conditions = fc.oneof(
  { weight: 3, arbitrary: condition },
  fc.tuple(condition, condition).map(([one, other]) => `${one} && ${other}`),
  fc.tuple(condition, condition).map(([one, other]) => `(${one}) || ${other}`),
)
const effect = fc.oneof(
  { weight: 3, arbitrary: action.map((name) => `veto: [${name}]`) },
  fc.tuple(action, state, amount).map(([name, when, by]) => `addLoss: { ${name}: { ${when}: '${by}' } }`),
  fc.tuple(action, fc.constantFrom('copilot', 'autonomous')).map(([name, to]) => `autonomyCap: { ${name}: ${to} }`),
  fc.constantFrom('veto: [a0, a1, a2], escalate: {}', 'escalate: {}'),
)
const rule = fc.record({ conditions, effect, isPerSignal: fc.boolean() })

const decision = fc
  .record({
    prior: fc.constantFrom(0.02, 0.5, 0.8),
    losses: fc.array(fc.tuple(amount, amount), { minLength: 3, maxLength: 3 }),
    cost: fc.constantFrom(0, 0, 0, 1, 50),
    dependence: fc.constantFrom(0.25, 0.75, 1),
    rules: fc.array(rule, { maxLength: 4 }),
  })
  .map(({ prior, losses, cost, dependence, rules }) => {
    const actions = losses.map(
      ([one, other], i) => `  a${i}: { autonomy: supervised, loss: { s0: '${one}', s1: '${other}' } }`,
    )
    const list = rules.map(({ conditions: when, effect: then, isPerSignal }, i) => {
      const forEach = isPerSignal ? 'forEach: signal, ' : ''
      return `  - { id: r${i}, ${forEach}when: '${when}', then: { ${then}, because: Why } }`
    })
    return `decision: d
facts: { arr: number, seats: number, vip: bool }
states: { s0: { prior: ${prior} }, s1: { prior: ${1 - prior} } }
claims: { c0: { pointsAt: [s0] }, c1: { pointsAt: [s1] } }
actions:
${actions.join('\n')}
review: { cost: ${cost}, queue: q }
dependence: ${dependence}
rules:${list.length === 0 ? ' []' : `\n${list.join('\n')}`}
`
  })

const facts = fc.record({ arr: small, seats: small, vip: fc.boolean() })
const question = fc.record({
  facts,
  isProposed: fc.boolean(),
  signals: fc.array(
    fc.record({
      agent: fc.constantFrom('x', 'y'),
      claim: fc.constantFrom('c0', 'c1'),
      confidence: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { maxLength: 3 },
  ),
})

const AGENTS = new Map(['x', 'y'].map((name) => [name, agent(name, { kind: 'k' })] as const))

interface Answered {
  readonly decision: Decision
  readonly answer: Adjudication
}

/** What each warning says of every answer; it is about the rule or action that it names first. */
const CLAIMS: Readonly<Record<string, (answered: Answered, name: string) => boolean>> = {
  'never applies': ({ answer }, name) => !held(answer).includes(name),
  'always applies': ({ decision, answer }, name) =>
    held(answer).includes(name) || (isPerSignal(decision, name) && answer.signals.length === 0),
  'is never permitted': (answered, name) => !permitted(answered).includes(name),
  // Where two cost the same it does not matter which is taken.
  'is never the cheapest': (answered, name) => {
    const { expectedLoss, recommendation } = answered.answer
    const others = permitted(answered).filter((other) => other !== name)
    return (
      recommendation.action !== name ||
      others.some((other) => costOf(expectedLoss, other) <= costOf(expectedLoss, name))
    )
  },
  'no doubt ever reaches a person': ({ answer }) => !answer.recommendation.reasons.includes('uncertain'),
  'goes to a person': ({ answer }) =>
    answer.regret === 0 ||
    answer.recommendation.reasons.some((reason) => reason === 'uncertain' || reason === 'rule_error'),
}

const held = ({ rules }: Adjudication) => rules.filter(({ error }) => error === undefined).map(({ id }) => id)

const isPerSignal = ({ rules }: Decision, name: string) =>
  rules.some(({ id, forEachSignal }) => id === name && forEachSignal)

const costOf = (expectedLoss: Adjudication['expectedLoss'], name: string) =>
  expectedLoss[name] ?? Number.POSITIVE_INFINITY

function permitted({ decision: { actions, rules }, answer }: Answered): readonly string[] {
  const holding = rules.filter(({ id }) => held(answer).includes(id)).flatMap(({ effects }) => effects)
  const vetoed = new Set(holding.flatMap((effect) => (effect.kind === 'veto' ? effect.actions : [])))
  return actions.flatMap(({ name }, i) => (vetoed.has(i) || answer.expectedLoss[name] === null ? [] : name))
}

test('what a warning says is so in every answer', () => {
  const seen = new Map<string, number>()
  fc.assert(
    fc.property(decision, fc.array(question, { minLength: 30, maxLength: 30 }), (text, questions) => {
      const { ruleset, sources } = loadRuleset([{ path: 'd.yaml', text }])
      const d = ruleset?.decisions.get('d')
      if (!ruleset || !d) return expect.unreachable(text)
      const cases = questions.map((one) => ({ decision: d, facts: one.facts as Facts, signals: [] }) as unknown as Case)
      const found = lintRuleset(ruleset, { sources, cases, now: NOW, facts: null, claims: null })
      const answers = questions.map((one) => adjudicate(d, asked(one)))
      for (const { message } of found) {
        const name = /^`([^`]+)`/.exec(message)?.[1] ?? ''
        const [phrase, holds] = Object.entries(CLAIMS).find(([words]) => message.includes(words)) ?? []
        if (phrase === undefined || holds === undefined) continue
        seen.set(phrase, (seen.get(phrase) ?? 0) + 1)
        for (const [i, answer] of answers.entries())
          if (!holds({ decision: d, answer }, name))
            expect.unreachable(`${message}\n${text}${JSON.stringify(questions[i])}`)
      }
    }),
    { numRuns: 500 },
  )
  expect([...seen.keys()].sort()).toEqual(Object.keys(CLAIMS).sort())
}, 60_000)

function asked({ facts, isProposed, signals }: typeof question extends fc.Arbitrary<infer T> ? T : never): Question {
  return {
    account: 'a',
    now: NOW,
    draw: 0,
    facts,
    signals: signals.map((each, i) => ({
      ...each,
      sequence: i,
      id: `${i}`,
      score: null,
      observedAt: NOW - i,
      expiresAt: null,
    })),
    agents: AGENTS,
    proposal: isProposed ? { agent: 'y', action: 'a0' } : null,
    ruling: null,
  }
}
