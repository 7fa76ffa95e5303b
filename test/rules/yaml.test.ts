import { describe, expect, it } from 'vitest'
import { GOOD, problemsOf } from './good.ts'

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
const tenfold = (name: string, of: string) => `${name}: &${name} [${Array(10).fill(of).join(', ')}]\n`

describe('hazards of YAML', () => {
  it.each([
    ['an empty file', '', '1:1 error: the file is empty; write something into it, or remove it'],
    ['only comments', '# nothing\n', '1:1 error: the file is empty; write something into it, or remove it'],
    ['a list', '[]', '1:1 error: the file must be a map, not a list'],
    ['a word', 'rules', '1:1 error: the file must be a map, not `rules`'],
    [
      'a second document',
      `${GOOD}---\na: 1\n`,
      '41:1 error: a second document; a rule file holds one, remove all from `---` on',
    ],
    ['a tab', GOOD.replace('  - id: dispute', '\t- id: dispute'), '22:1 error: a tab as indentation; use spaces'],
    ['a key given twice', `${GOOD}tolerance: 2\n`, '41:1 error: the key `tolerance` is given twice; remove one'],
    [
      'a quoted key given twice, in one line',
      'a: { "x y": 1, "x y": 2 }\n',
      '1:16 error: the key `x y` is given twice; remove one',
    ],
    [
      'a decimal comma',
      'a: { b: 1, c: 2,5 }\n',
      '1:15 error: `2,5` is a value and a key; write `2.5` if that is meant',
    ],
    [
      'a key that is a list',
      '? [a]\n: b\n',
      '1:3 error: a key must be a word; if this is an expression, put all of it in single quotes',
    ],
    [
      'a key that objects hide',
      'a: { b: { __proto__: 1 } }\n',
      '1:11 error: `__proto__` is a reserved word; choose another name',
    ],
    ['an alias of itself', 'a: &x [*x]\n', '1:8 error: the alias `*x` contains itself; write the value out'],
    [
      'an infinite number',
      GOOD.replace('arr: number', 'arr: { type: number, default: .inf }'),
      '4:40 error: `.inf` is no number to reckon with; write digits',
    ],
    ['an alias of nothing', 'a: *x\n', '1:4 error: no anchor `&x` before this alias'],
    [
      'aliases that multiply',
      tenfold('a', '1') + tenfold('b', '*a') + tenfold('c', '*b') + tenfold('d', '*c'),
      '1:1 error: aliases that multiply; write the values out',
    ],
    ['great depth', nested(200), '1:52 error: nested deeper than 50 levels; flatten it'],
    ['a depth that no stack bears', nested(20_000), '1:1 error: nested deeper than 50 levels; flatten it'],
    ['a large file', `a: ${'x'.repeat(1 << 18)}`, '1:1 error: the file is larger than 256 KiB; split it'],
    [
      'an alias too many',
      `a: &a 1\nb: [${'*a, '.repeat(101)}]\n`,
      '2:405 error: more than 100 aliases; write the values out',
    ],
    [
      'thousands of aliases',
      `a: &a 1\n${Array.from({ length: 15_000 }, (_, i) => `k${i}: *a`).join('\n')}`,
      '102:7 error: more than 100 aliases; write the values out',
    ],
    [
      'a few aliases of much',
      `a: &a ${'x'.repeat(20_000)}\nb: [${'*a, '.repeat(80)}]\n`,
      '1:1 error: aliases that multiply; write the values out',
    ],
    [
      'a reserved character',
      'a: @x\n',
      '1:4 error: not YAML: plain value cannot start with reserved character @; if this is an expression, put all of it in single quotes',
    ],
    ['an open list', 'a: [1\n', '2:1 error: not YAML: a `[` is never closed; add `]`'],
    ['an open map', 'a: { b: c\nd: e\n', '2:1 error: not YAML: a `{` is never closed; add `}`'],
    ['a bracket too many', 'a: [b]]\n', '1:7 error: not YAML: a `]` that nothing opens; remove it'],
    ['an open text', 'a: "b\nc: d\n', '3:1 error: not YAML: a `"` is never closed; add another'],
    [
      'a colon in braces',
      'a: { because: Push: no }\n',
      '1:15 error: not YAML: a `:` within a text in braces; put the text in quotes',
    ],
    [
      'a line too far left',
      '- id: a\n  when: b\n then: c\n',
      '3:1 error: not YAML: a line that begins too far left; put it under the one that it belongs to',
    ],
    [
      'a list beside its key',
      'a: - b\n',
      '1:4 error: not YAML: a list that begins beside its key; begin it on the next line',
    ],
    [
      'a line without a colon',
      'a b\nc: d\n',
      '1:1 error: not YAML: a line without `:`; write `key: value`, or indent it more',
    ],
    [
      'a line that lost its colon',
      'a:\n  b 0\n  # c\n  d: 1\n',
      '4:1 error: not YAML: a line that does not line up, or the line before it lacks its `:`; mend one of them',
    ],
    [
      'an item without its dash',
      GOOD.replace('  - id: first-thirty-days', '    id: first-thirty-days'),
      '25:5 error: the key `id` is given twice; remove one, or begin another item with `-` here',
    ],
    [
      'a tag',
      'a: !!python/object x\n',
      "1:4 error: a value can't start with `!`; if this is an expression, put all of it in single quotes",
    ],
  ])('%s', (_what, text, problem) => {
    expect(problemsOf({ 'd.yaml': text })).toEqual([`d.yaml:${problem}`])
  })

  it.each([
    ['Windows line ends', GOOD.replaceAll('\n', '\r\n')],
    ['a byte order mark', `\uFEFF${GOOD}`],
    [
      'an anchor and its alias',
      GOOD.replace('halfLife: P14D', 'halfLife: &long P14D').replace('halfLife: P30D', 'halfLife: *long'),
    ],
    ['a document end', `---\n${GOOD}...\n`],
  ])('are none in %s', (_what, text) => {
    expect(problemsOf({ 'd.yaml': text })).toEqual([])
  })

  it('are found as fast in thousands of keys, the same one or many', () => {
    const same = problemsOf({ 'd.yaml': 'a: 1\n'.repeat(20_000) })
    expect(same).toHaveLength(19_999)
    expect(same[0]).toBe('d.yaml:2:1 error: the key `a` is given twice; remove one')
    const many = problemsOf({ 'd.yaml': Array.from({ length: 15_000 }, (_, i) => `key${i}: 1`).join('\n') })
    expect(many.at(-1)).toContain('d.yaml:15000:1 error: unknown key `key14999`')
  })

  it('leave lines and columns right after Windows line ends', () => {
    const text = GOOD.replace('account.arr }', 'account.ar }').replaceAll('\n', '\r\n')
    expect(problemsOf({ 'd.yaml': text })).toEqual([
      'd.yaml:16:50 error: unknown fact `account.ar`; did you mean `account.arr`?',
    ])
  })

  it('leave the words of other versions of YAML alone', () => {
    expect(problemsOf({ 'd.yaml': GOOD.replaceAll('csm', 'no').replaceAll('onboarding', 'on') })).toEqual([])
  })
})
