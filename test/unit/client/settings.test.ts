import { describe, expect, it } from 'vitest'
import { type ClientOptions, createClient } from '../../../src/client/index.ts'
import { readSettings } from '../../../src/client/settings.ts'

const GOOD = { url: 'https://umpire.example.com', key: 'umk_1' }

describe('the options of a client', () => {
  it('may be left out, but for where and who', () => {
    expect(readSettings(GOOD)).toMatchObject({ ...GOOD, timeoutMs: 10_000, retries: 3, onUnavailable: 'ask' })
  })

  it('know no `allow`, neither in types nor at run time', () => {
    // @ts-expect-error
    const allow: ClientOptions = { ...GOOD, onUnavailable: 'allow' }
    expect(() => createClient(allow)).toThrow(new TypeError('`onUnavailable` is `ask` or `deny`, not `allow`'))
  })

  it('are taken as they are at first', () => {
    const options = { ...GOOD, onUnavailable: 'deny' as ClientOptions['onUnavailable'] }
    const client = createClient(options as ClientOptions)
    options.onUnavailable = 'ask'
    expect(client.onUnavailable).toBe('deny')
    expect(() => Object.assign(client, { onUnavailable: 'allow' })).toThrow(TypeError)
  })

  it.each([
    ['no URL', { url: 'umpire.example.com' }, '`url` starts with http:// or https://, unlike `umpire.example.com`'],
    ['another scheme', { url: 'ftp://umpire.example.com' }, '`url` starts with http:// or https://'],
    ['a user', { url: 'https://umk_1@umpire.example.com' }, '`url` is where Umpire is, without a user'],
    ['a query', { url: 'https://umpire.example.com/?key=umk_1' }, '`url` is where Umpire is, without a user'],
    ['no key', { key: '' }, '`key` is an API key, one word'],
    ['a key with a line break', { key: 'umk_1\n' }, '`key` is an API key, one word'],
    ['no time', { timeoutMs: 0 }, '`timeoutMs` is a number of milliseconds from 1 to 2147483647, not `0`'],
    ['time without an end', { timeoutMs: Infinity }, 'not `Infinity`'],
    ['no number', { timeoutMs: Number.NaN }, 'not `NaN`'],
    ['less than no time', { timeoutMs: -1 }, 'not `-1`'],
    // As variables of the environment are: added to a time it is a text, too.
    ['a text', { timeoutMs: '5000' as unknown as number }, 'not `5000`'],
    ['half a try', { retries: 0.5 }, '`retries` is a whole number from 0 on, not `0.5`'],
    ['less than no try', { retries: -1 }, 'not `-1`'],
  ])('are refused: %s', (_what, options, message) => {
    expect(() => createClient({ ...GOOD, ...options })).toThrow(TypeError)
    expect(() => createClient({ ...GOOD, ...options })).toThrow(message)
  })

  it('never tell the key', () => {
    for (const key of ['umk_1 ', 'umk_1\r\n', 'umk_1ü']) {
      const create = () => createClient({ ...GOOD, key })
      expect(create).toThrow('`umpire keys create` makes one')
      expect(create).not.toThrow('umk_1')
    }
  })
})
