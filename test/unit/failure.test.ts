import { describe, expect, it } from 'vitest'
import { describeFailure, failureType } from '../../src/telemetry/failure.ts'

/** An error as `pg` makes it. */
function databaseError(code: string, message: string): Error {
  return Object.assign(new Error(message), { name: 'error', code, detail: 'secret', where: 'secret', table: 'facts' })
}

function thrownBy(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('describeFailure', () => {
  it('tells name, code, message and place', () => {
    expect(describeFailure(databaseError('42P01', 'relation "facts" does not exist'))).toEqual({
      name: 'error',
      code: '42P01',
      message: 'relation "facts" does not exist',
      stack: expect.stringMatching(/^ {4}at databaseError .*\n {4}at /),
    })
  })

  it.each([
    databaseError('22P02', 'invalid input syntax for type integer: "secret"'),
    databaseError('P0001', 'refused: secret'),
    thrownBy(() => JSON.parse('{"arr": secret}')),
    'secret',
    { message: 'secret' },
    null,
  ])('leaves out what quotes data: %s', (error) => {
    expect(JSON.stringify(describeFailure(error))).not.toContain('secret')
  })

  it('keeps a message of several lines out of the stack', () => {
    const { stack } = describeFailure(databaseError('22000', 'one\nsecret\n    two'))
    expect(stack).not.toMatch(/secret|two/)
  })
})

describe('failureType', () => {
  it('is the code, or the name, or the kind of thing', () => {
    expect(failureType(databaseError('22P02', ''))).toBe('22P02')
    expect(failureType(new TypeError('secret'))).toBe('TypeError')
    expect(failureType('secret')).toBe('string')
  })
})
