import { describe, expect, it } from 'vitest'
import type { CheckedRules } from '../../src/app/check-rules.ts'
import { countOf, forGitHub, forPeople, forPrograms } from '../../src/cli/rules/problems.ts'
import type { RuleProblem } from '../../src/core/rules/problem.ts'

const PLAIN = { width: 60, colour: false }

function problem(
  line: number,
  column: number,
  message: string,
  severity: RuleProblem['severity'] = 'error',
): RuleProblem {
  return { file: 'rules/d.yaml', line, column, severity, message }
}

function checked(text: string, ...problems: readonly RuleProblem[]): CheckedRules {
  return { ruleset: null, problems, files: [{ path: 'rules/d.yaml', text }] }
}

const shown = (text: string, ...problems: readonly RuleProblem[]) => forPeople(checked(text, ...problems), PLAIN)

describe('problems for people', () => {
  it('show the line, and a caret under the place', () => {
    expect(shown('a: 1\nwhen: account.ar > 5\n', problem(2, 7, 'unknown fact `account.ar`'))).toEqual([
      ['rules/d.yaml:2:7 error: unknown fact `account.ar`', '  2 │ when: account.ar > 5', '    │       ^', ''].join(
        '\n',
      ),
    ])
  })

  it.each([
    ['Windows line ends', 'a: 1\r\nb: 2\r\nc: 3\r\n', 2, 4, '  2 │ b: 2\n    │    ^'],
    ['a byte order mark', '\ufeffa: 1\n', 1, 4, '  1 │ a: 1\n    │    ^'],
    ['tabs, each as wide as a space', 'a:\t\t1\n', 1, 5, '  1 │ a:  1\n    │     ^'],
    ['letters that take two units', 'a: 💶 b\n', 1, 7, '  1 │ a: 💶 b\n    │      ^'],
    ['the end of the line', 'a: \n', 1, 4, '  1 │ a: \n    │    ^'],
    ['what a terminal would obey', 'a: \x1b[31m\n', 1, 2, '  1 │ a: \ufffd[31m\n    │  ^'],
  ])('keep the place right after %s', (_what, text, line, column, excerpt) => {
    expect(shown(text, problem(line, column, 'x'))[0]).toBe(`rules/d.yaml:${line}:${column} error: x\n${excerpt}\n`)
  })

  it('keep the place of a long line in sight', () => {
    const text = `a: ${'x'.repeat(200)}!${'y'.repeat(200)}\n`
    const [, source = '', caret = ''] = shown(text, problem(1, 204, 'x'))[0]?.split('\n') ?? []
    expect(source.length).toBeLessThanOrEqual(60)
    expect(source[caret.indexOf('^')]).toBe('!')
    expect(source).toMatch(/ │ …x+!y+$/)
    const [, end = '', below = ''] = shown(text, problem(1, 404, 'x'))[0]?.split('\n') ?? []
    expect(end.length).toBeLessThanOrEqual(60)
    expect(end[below.indexOf('^')]).toBe('y')
  })

  it('are one line where there is none to show', () => {
    expect(shown('a: 1\n', problem(7, 1, 'the file is empty'))[0]).toBe('rules/d.yaml:7:1 error: the file is empty\n')
    expect(forPeople({ ...checked(''), files: [], problems: [problem(1, 1, 'not a text file')] }, PLAIN)[0]).toBe(
      'rules/d.yaml:1:1 error: not a text file\n',
    )
  })

  it('are red and yellow where there is colour', () => {
    const both = checked('a: 1\n', problem(1, 1, 'x'), problem(1, 1, 'y', 'warning'))
    const [error, warning] = forPeople(both, { width: 60, colour: true })
    expect(error).toContain('\x1b[31merror:\x1b[39m')
    expect(warning).toContain('\x1b[33mwarning:\x1b[39m')
  })
})

describe('problems for GitHub', () => {
  it('are workflow commands in which nothing that was written can begin another', () => {
    expect(
      forGitHub([
        problem(2, 7, 'unknown fact `a`; 5 % off\n::error::x'),
        { ...problem(1, 1, 'y', 'warning'), file: 'rules\\a,b:c%.yaml' },
      ]),
    ).toEqual([
      '::error file=rules/d.yaml,line=2,col=7::unknown fact `a`; 5 %25 off%0A::error::x',
      '::warning file=rules/a%2Cb%3Ac%25.yaml,line=1,col=1::y',
    ])
  })
})

describe('problems for programs', () => {
  it('are values, with counts', () => {
    const found = checked('a: 1\n', problem(1, 1, 'x'), problem(1, 1, 'y', 'warning'))
    expect(forPrograms(found)).toEqual({
      ruleset: null,
      files: 1,
      errors: 1,
      warnings: 1,
      problems: [
        { file: 'rules/d.yaml', line: 1, column: 1, severity: 'error', message: 'x' },
        { file: 'rules/d.yaml', line: 1, column: 1, severity: 'warning', message: 'y' },
      ],
    })
  })
})

describe('the count', () => {
  it.each([
    [[], 'nothing wrong in 1 file'],
    [[problem(1, 1, 'x')], '1 error in 1 file'],
    [[problem(1, 1, 'x'), problem(1, 2, 'x')], '2 errors in 1 file'],
    [[problem(1, 1, 'x', 'warning')], '1 warning in 1 file'],
    [[problem(1, 1, 'x'), problem(1, 2, 'x', 'warning')], '1 error and 1 warning in 1 file'],
    [[{ ...problem(1, 1, 'x'), file: 'rules/pipe.yaml' }], '1 error in 2 files'],
  ])('of %j is: %s', (problems, count) => {
    expect(countOf(checked('a: 1\n', ...problems))).toBe(count)
  })
})
