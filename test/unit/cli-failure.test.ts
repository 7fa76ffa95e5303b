import { describe, expect, it } from 'vitest'
import { RulesInvalid } from '../../src/app/rule-files.ts'
import { CommandError, failureOf, UsageError } from '../../src/cli/failure.ts'
import { ConfigError } from '../../src/config.ts'

function systemError(message: string, properties: object): Error {
  return Object.assign(new Error(message), properties)
}

const problem = { file: 'rules/x.yaml', line: 3, column: 9, severity: 'error', message: 'unknown fact `a`' } as const

describe('what a failed command says', () => {
  it.each([
    ['a command that can not be carried out', new CommandError('no such thing'), 'umpire: no such thing'],
    ['a variable', new ConfigError('PORT must be an integer'), 'umpire: PORT must be an integer'],
    [
      'a database that is not there',
      systemError('', { code: 'ECONNREFUSED' }),
      "umpire: the database can't be reached (ECONNREFUSED); check DATABASE_URL",
    ],
    [
      'a database that refuses',
      systemError('password authentication failed', { code: '28P01' }),
      'umpire: the database says: password authentication failed; check DATABASE_URL',
    ],
    [
      'one problem of the rules',
      new RulesInvalid([problem]),
      "umpire: the rules don't load; mend this:\nrules/x.yaml:3:9 error: unknown fact `a`",
    ],
    [
      'two problems of the rules',
      new RulesInvalid([problem, { ...problem, line: 4 }]),
      "umpire: the rules don't load; mend these 2 problems:\nrules/x.yaml:3:9 error: unknown fact `a`\nrules/x.yaml:4:9 error: unknown fact `a`",
    ],
    [
      'a mistake of ours',
      new TypeError('x is not a function\n    at y'),
      'umpire: unexpected: x is not a function; set UMPIRE_DEBUG=1 to see where',
    ],
    ['what is no error', 'oops', 'umpire: unexpected: oops; set UMPIRE_DEBUG=1 to see where'],
  ])('%s', (_what, error, message) => {
    expect(failureOf(error, {})).toEqual({ message, exitCode: 1 })
  })

  it('tells a command line that means nothing by its exit code', () => {
    expect(failureOf(new UsageError('no such scope'), {})).toEqual({ message: 'umpire: no such scope', exitCode: 2 })
  })

  it('shows the stack where UMPIRE_DEBUG asks for it', () => {
    expect(failureOf(new TypeError('x'), { UMPIRE_DEBUG: '1' }).message).toMatch(/^TypeError: x\n +at /)
  })
})
