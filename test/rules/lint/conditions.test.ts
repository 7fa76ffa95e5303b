import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { FactDeclaration } from '../../../src/core/model.ts'
import { compileExpression } from '../../../src/core/rules/cel/compile.ts'
import { createVocabulary } from '../../../src/core/rules/cel/vocabulary.ts'
import { not, readCondition } from '../../../src/core/rules/lint/formula.ts'
import { isPossible } from '../../../src/core/rules/lint/possible.ts'
import { NOW, rules, SOUND, warnings } from './warnings.ts'

const NEVER = "`r1` never applies: its condition can't be true; look for parts that contradict one another"
const ALWAYS = "`r1` always applies: its condition can't be false; say it in the actions, or write when it should apply"
const SINCE = timestamps('2026-11-19T00:00:00Z')

function timestamps(text: string): string {
  return `timestamp("${text}")`
}

const lint = (when: string) => warnings([rules(when)]).map((line) => line.replace(/^\d+:\d+ /, ''))

describe('a rule never applies', () => {
  it.each([
    'false',
    '1 > 2',
    'account.arr > 5 && account.arr < 3',
    'account.arr > 5 && account.arr <= 5',
    '5 < account.arr && account["arr"] < 5',
    'account.arr > 5 && !(account.arr > 4)',
    'account.arr == 3 && account.arr > 3',
    'account.arr >= 3 && account.arr <= 3 && account.arr != 3',
    'account.arr in [1, 2] && account.arr >= 3',
    'account.arr > 100 * 1000 && account.arr < 1/2 * 100000',
    '(account.arr > 5 || account.arr > 7) && account.arr < 4 && account.vip',
    'account.segment == "smb" && account.segment == "strategic"',
    'account.segment == "smb" && account.segment != "smb"',
    'account.segment in ["smb", "mid"] && account.segment == "strategic"',
    'account.segment in []',
    'account.segment in ["smb"] && !(account.segment in ["smb", "mid"])',
    'account.vip && !account.vip',
    'account.vip == true && account.vip == false && account.arr > 3',
    '"a" in account.flags && !("a" in account.flags)',
    'size(account.flags) < 0',
    'account.flags.size() > 3 && size(account.flags) < 2',
    'daysSince(account.since) <= 30 && daysSince(account.since) > 60',
    'daysSince(account.since) > 0 && daysUntil(account.since) > 0',
    'account.since > timestamp("2026-05-01") && account.since < timestamp("2026-04-01")',
    'signals.exists(s, s.confidence > 1)',
    'signals.exists(s, s.confidence > 0.9 && s.confidence < 0.5)',
    'signals.filter(s, s.claim == "risk").exists(s, s.ageHours < 0)',
    'signals.exists(s, s.claim == "risk" && s.claim == "fine")',
    '!signals.all(s, s.agent.trust <= 1)',
    'account.arr > account.seats && !(account.arr > account.seats)',
    'account.vip ? account.arr > 5 && account.arr < 4 : false',
    'proposal == null && proposal != null',
    'account.arr * 2 > 5 && account.arr * 2 < 4',
  ])('%s', (when) => {
    expect(lint(when)).toEqual([NEVER])
  })

  it('for any signal', () => {
    const perSignal = (when: string) => rules(when).map((text) => text.replace('id: r1,', 'id: r1, forEach: signal,'))
    const found = (when: string) => warnings([perSignal(when) as [string, string]])
    expect(found('signal.agent.trust > 1')).toEqual([`10:38 ${NEVER}`])
    expect(found('signal.agent.trust >= 1')).toEqual([])
  })

  it('any more', () => {
    expect(lint('account.arr > 5 && now < timestamp("2026-11-19")')).toEqual([
      '`r1` never applies any more: the time that it waits for has passed; change that, or remove the rule',
    ])
    expect(lint('now < timestamp("2026-11-21")')).toEqual([])
  })

  it('of all decisions, said once', () => {
    const shared = `rules: [{ id: r1, when: 'account.arr < 0 && account.arr > 1', then: { tag: x, because: y } }]\nfacts: { arr: number }\n`
    const other = { 'e.yaml': warningsFree('e') }
    expect(warnings([], { files: { '_all.yaml': shared, ...other } })).toEqual([`_all.yaml:1:25 ${NEVER}`])
  })
})

test('rules that share what follows are two', () => {
  const text = `rules:
  - { id: r1, when: account.arr > 5, then: &same { tag: x, because: y } }
  - { id: r2, when: account.arr > 5 && account.arr < 3, then: *same }`
  expect(warnings([['rules: []', text]])).toEqual([`11:21 ${NEVER.replace('r1', 'r2')}`])
})

describe('a rule always applies', () => {
  it.each([
    'true',
    '2 > 1',
    'account.arr > 5 || account.arr <= 5',
    'account.vip || !account.vip',
    'account.segment != "smb" || account.segment != "mid"',
    'size(account.flags) >= 0',
    'signals.all(s, s.confidence >= 0)',
    '!(account.arr > 5 && account.arr < 3)',
    'account.vip ? true : account.arr > 3 || account.arr < 4',
  ])('%s', (when) => {
    expect(lint(when)).toEqual([ALWAYS])
  })

  it('by now', () => {
    expect(lint(`now > ${SINCE}`)).toEqual([
      '`r1` always applies by now: the time that it waited for has passed; say it in the actions, or write when it should apply',
    ])
    expect(lint(`account.since > ${SINCE}`)).toEqual([])
  })
})

describe('nothing is said of', () => {
  it.each([
    'account.arr > 5 && account.arr < 6',
    'account.arr > 3 || account.arr < 3',
    'account.arr >= 3 && account.arr <= 3',
    'account.arr > 5 && account.seats < 3',
    'account.segment == "smb" || account.segment == "strategic"',
    '"a" in account.flags && "b" in account.flags',
    'account.flags.exists(f, f == "a") && account.flags.exists(f, f == "b")',
    'signals.exists(s, s.claim == "risk") && signals.exists(s, s.claim == "fine")',
    'signals.all(s, s.confidence > 2)',
    'has(account.since) && daysSince(account.since) <= 30',
    'daysUntil(account.since) >= 0 && daysUntil(account.since) <= 60',
    'account.arr / account.seats > 5 || account.arr / account.seats <= 5',
    'proposal == null || proposal.agent != "x"',
    'now > timestamp("2027-01-01") || account.vip',
    `(${Array.from({ length: 9 }, (_, i) => `("a${i}" in account.flags || account.arr > ${i})`).join(' && ')})`,
  ])('%s', (when) => {
    expect(lint(when)).toEqual([])
  })
})

test('nor of places that are only spelt alike', () => {
  const open: [string, string] = [/^facts: .*$/m.exec(SOUND)?.[0] ?? '', 'description: Facts are open']
  const when = 'account["a.b"] > 5 && account.a.b < 3'
  expect(warnings([open, rules(when)])).toEqual([])
  expect(warnings([open, rules('account["a"].b > 5 && account.a.b < 3')])).toHaveLength(1)
})

test('what is said to be impossible never happens, and what is said to be certain always does', () => {
  const declared = new Map<string, FactDeclaration>([
    ['arr', { type: 'number' }],
    ['seats', { type: 'number' }],
    ['segment', { type: 'string' }],
    ['vip', { type: 'bool' }],
    ['flags', { type: 'list<string>' }],
  ])
  const vocabulary = createVocabulary(declared, ['account', 'signals', 'proposal', 'now'])
  const number = fc.integer({ min: -2, max: 2 })
  const word = fc.constantFrom('"a"', '"b"', '"c"')
  const relation = fc.constantFrom('<', '<=', '>', '>=', '==', '!=')
  const numeric = fc.constantFrom(
    'account.arr',
    'account.seats',
    'size(account.flags)',
    '-account.arr',
    'account.arr / account.seats',
  )
  const { condition } = fc.letrec<{ condition: string; atom: string }>((tie) => ({
    atom: fc.oneof(
      fc.tuple(numeric, relation, number).map(([term, is, value]) => `${term} ${is} ${value}`),
      fc.tuple(number, relation, numeric).map(([value, is, term]) => `${value} ${is} ${term}`),
      fc.tuple(fc.constantFrom('==', '!='), word).map(([is, value]) => `account.segment ${is} ${value}`),
      fc.array(word, { maxLength: 2 }).map((words) => `account.segment in [${words.join(', ')}]`),
      word.map((value) => `${value} in account.flags`),
      fc.constantFrom('account.vip', 'account.vip == false', 'account.arr > account.seats', 'true', 'false'),
      fc.tuple(word, word).map(([a, b]) => `account.flags.exists(f, f == ${a} && f == ${b})`),
    ),
    condition: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      tie('atom'),
      fc.tuple(tie('condition'), tie('condition')).map(([a, b]) => `(${a} && ${b})`),
      fc.tuple(tie('condition'), tie('condition')).map(([a, b]) => `(${a} || ${b})`),
      tie('condition').map((a) => `!(${a})`),
      fc.tuple(tie('condition'), tie('condition'), tie('condition')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    ),
  }))
  const facts = fc.record(
    {
      arr: number,
      seats: number,
      segment: fc.constantFrom('a', 'b', 'c', 'd'),
      vip: fc.boolean(),
      flags: fc.uniqueArray(fc.constantFrom('a', 'b', 'c')),
    },
    { requiredKeys: ['arr', 'vip', 'segment'] },
  )
  let decided = 0
  fc.assert(
    fc.property(condition, fc.array(facts, { minLength: 20, maxLength: 20 }), (source, accounts) => {
      const compiled = compileExpression(source, 'boolean', vocabulary)
      if ('faults' in compiled) return
      const formula = readCondition(source, NOW)
      const [maybe, maybeNot] = [isPossible(formula), isPossible(not(formula))]
      if (!maybe || !maybeNot) decided++
      for (const account of accounts) {
        try {
          const holds = compiled.expression.evaluate({ account, signals: [], proposal: null, now: new Date(NOW) })
          expect(holds ? maybe : maybeNot, JSON.stringify(account)).toBe(true)
        } catch (error) {
          if ((error as Error).name !== 'ExpressionError') throw error
        }
      }
    }),
    { numRuns: 600 },
  )
  expect(decided).toBeGreaterThan(50)
}, 60_000)

function warningsFree(name: string): string {
  return `decision: ${name}
facts: { arr: number }
states: { well: { prior: 0.8 }, ill: { prior: 0.2 } }
claims: { risk: { pointsAt: [ill] } }
actions: { wait: { autonomy: autonomous, loss: { well: 5, ill: 0 } }, send: { autonomy: copilot, loss: { well: 0, ill: 9 } } }
review: { cost: 1, queue: csm }
`
}
