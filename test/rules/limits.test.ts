import { describe, expect, it } from 'vitest'
import type { FactDeclaration } from '../../src/core/model.ts'
import { compileExpression } from '../../src/core/rules/cel/compile.ts'
import { createVocabulary, type Variable } from '../../src/core/rules/cel/vocabulary.ts'
import { formatProblem, loadRuleset } from '../../src/core/rules/load.ts'
import { GOOD } from './good.ts'

const FACTS = new Map<string, FactDeclaration>([
  ['arr', { type: 'number' }],
  ['flags', { type: 'list<string>', default: [] }],
])
const RULE: readonly Variable[] = ['account', 'signals', 'proposal', 'now']

function faults(source: string, variables: readonly Variable[] = RULE): readonly string[] {
  const compiled = compileExpression(source, 'boolean', createVocabulary(FACTS, variables))
  return 'faults' in compiled ? compiled.faults.map(({ message }) => message) : []
}

function tooSlow(millions: string): readonly string[] {
  return [
    `loops over long lists could take ${millions} million steps, at most 20 are allowed; split the rule, or loop over less`,
  ]
}

const repeat = (part: string, times: number, by: string) => Array.from({ length: times }, () => part).join(by)
const WITHIN = 'account.flags.exists(a, account.flags.exists(b, a + "x" == b))'

describe('expressions may be', () => {
  it.each([
    ['a loop within a loop', WITHIN],
    ['a loop over signals within one over facts', 'account.flags.exists(f, signals.exists(s, s.claim + "x" == f))'],
    ['a search within a loop', 'account.flags.exists(f, f + "x" in account.flags)'],
    ['loops beside one another', repeat('account.flags.exists(f, f.startsWith("a"))', 50, ' || ')],
    ['two hundred alternatives', repeat('account.arr == 1', 200, ' || ')],
    ['a name for a list', 'cel.bind(all, account.flags + ["x"], all.exists(f, f == "a") || all.size() > 3)'],
    ['a search in a list that is written out', 'account.flags.all(f, signals.all(s, f + s.claim in ["x", "y"]))'],
  ])('%s', (_what, source) => {
    expect(faults(source)).toEqual([])
  })
})

describe('expressions may not be', () => {
  it.each([
    ['many loops within loops', repeat(WITHIN, 20, ' || '), RULE, tooSlow('120')],
    ['a loop within a loop for each signal', WITHIN, [...RULE, 'signal' as const], tooSlow('1,201')],
    [
      'a search within loops',
      'signals.exists(s, account.flags.exists(f, s.claim + f in account.flags))',
      RULE,
      tooSlow('802'),
    ],
    [
      'a search of a list within loops over it',
      'account.flags.exists(a, account.flags.exists(b, a + b in account.flags))',
      RULE,
      tooSlow('4,007'),
    ],
    [
      'lists joined in a loop',
      `account.flags.exists(x, (${repeat('account.flags', 60, '+')}).size() == 3)`,
      RULE,
      tooSlow('7,316'),
    ],
    [
      'a loop over lists joined, by another name',
      `cel.bind(all, ${repeat('account.flags', 60, '+')}, all.exists(a, a in all))`,
      RULE,
      tooSlow('14,408'),
    ],
    ['a negation of negations', `${'!'.repeat(300)}true`, RULE, ['nested deeper than 250 levels; split it']],
    ['a long sum', `${repeat('1', 300, '+')} > 0`, RULE, ['nested deeper than 250 levels; split it']],
  ])('%s', (_what, source, variables, messages) => {
    expect(faults(source, variables)).toEqual(messages)
  })
})

describe('the expressions of a decision, with the shared rules,', () => {
  const looping = (count: number, when = WITHIN, id = 'loop') =>
    Array.from(
      { length: count },
      (_, i) => `  - { id: ${id}-${i}, when: '${when}', then: { tag: x, because: It loops } }`,
    )
  const load = (own: readonly string[], shared: readonly string[] = []) => {
    const { problems } = loadRuleset([
      { path: 'outreach.yaml', text: GOOD.replace('rules:\n', `rules:\n${own.join('\n')}\n`) },
      { path: '_all.yaml', text: `rules:\n${shared.join('\n')}` },
    ])
    return problems.map(formatProblem)
  }

  it('may take a tenth of a second together', () => {
    expect(load(looping(3), looping(1, WITHIN, 'shared'))).toEqual([])
  })

  it('may not take much longer, however little each takes', () => {
    expect(load(looping(30), looping(1, `${WITHIN} || ${WITHIN}`, 'shared'))).toEqual([
      expect.stringMatching(
        /^outreach\.yaml:2:11 error: its expressions could take \d+ million steps together, at most 30 are allowed; loop over less, first of all in rule `shared-0` of `_all\.yaml` \(\d+ million\)/,
      ),
    ])
  })
})
