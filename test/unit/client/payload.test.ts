import { assert, asyncProperty, jsonValue, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashPayload as hashOfService } from '../../../src/app/leases/payload.ts'
import { canonicalJson } from '../../../src/client/canonical-json.ts'
import { frozenCopy, hashPayload } from '../../../src/client/payload.ts'
import { canonicalJson as canonicalJsonOfService } from '../../../src/storage/chain.ts'

/** As it arrives at the service. */
const arrived = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

const NASTY: Readonly<Record<string, unknown>> = {
  null: null,
  'an empty text': '',
  'an empty object': {},
  'an empty list': [],
  'minus zero': { a: -0, b: [-0] },
  'numbers as ECMAScript writes them': [1e21, 1e-7, 0.1 + 0.2, 5e-324, 1.7976931348623157e308, 333333333.3333333, 1e20],
  'integers that doubles round': [2 ** 53 + 2, -(2 ** 53) - 2, 2 ** 64],
  'keys in another order': { b: 1, a: 2, B: 3, aa: 4, '': 5 },
  'keys like numbers, which JavaScript puts first': { b: 1, 10: 2, 9: 3, '-1': 4, '01': 5 },
  // By UTF-16 code units the surrogates of an emoji come before U+FB33; by code points after it.
  'keys beyond the basic plane': { '\u{1f600}': 1, '\ufb33': 2, '\u20ac': 3, '\r': 4, '\u0080': 5, '1': 6, ö: 7 },
  'keys of objects': JSON.parse('{"toString": 1, "hasOwnProperty": 2, "constructor": {"x": 1}, "__proto__": {"y": 1}}'),
  'control characters': '\u0000\u0001\b\t\n\f\r\u001f\u007f\u2028\u2029"\\/',
  'what looks alike': ['\u00e9', 'e\u0301', '\u212b', '\u00c5'],
  'half a surrogate pair': '\ud83d',
  'what is undefined': { a: undefined, b: { c: undefined, d: 1 } },
  'no prototype': Object.assign(Object.create(null), { b: 1, a: 2 }),
  'much depth': [[[[[[[[[[[[[[[[{ deep: [{}] }]]]]]]]]]]]]]]]],
}

describe('the canonical JSON of a payload', () => {
  it.each(Object.entries(NASTY))('is the same for client and service: %s', async (_what, value) => {
    expect(canonicalJson(value)).toBe(canonicalJsonOfService(arrived(value)))
    expect(await hashPayload(value)).toBe(hashOfService(arrived(value)))
  })

  it('is the same for client and service, whatever JSON it is', async () => {
    await assert(
      asyncProperty(jsonValue(), async (value) => {
        expect(canonicalJson(value)).toBe(canonicalJsonOfService(arrived(value)))
        expect(await hashPayload(value)).toBe(hashOfService(arrived(value)))
      }),
    )
  })

  it('is that of the example in RFC 8785', () => {
    const value = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 1e-27],
      string: '\u20ac$\u000f\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    }
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    )
  })

  it('of nothing has no hash', async () => {
    expect(await hashPayload(undefined)).toBe(hashOfService(undefined))
  })

  const loop: unknown[] = []
  loop.push({ loop })
  class Mail {
    readonly subject = 'More seats?'
  }

  it.each([
    ['undefined in a list', { to: ['a', undefined] }, '`to.1` of the payload is undefined'],
    // biome-ignore lint/suspicious/noSparseArray: it is what is tested
    ['a hole in a list', { to: ['a', , 'b'] }, '`to.1` of the payload is undefined'],
    ['NaN', { price: Number.NaN }, '`price` of the payload is NaN'],
    ['infinity', [-Infinity], '`0` of the payload is -Infinity'],
    ['a date', { at: new Date(0) }, '`at` of the payload is a Date'],
    ['a map', new Map([['a', 1]]), 'the payload is a Map'],
    ['a class', { mail: new Mail() }, '`mail` of the payload is a Mail'],
    ['bytes', { body: new Uint8Array(2) }, '`body` of the payload is a Uint8Array'],
    ['a bigint', { seats: 3n }, '`seats` of the payload is a bigint'],
    ['a function', { send: () => {} }, '`send` of the payload is a function'],
    ['a symbol', [Symbol('a')], '`0` of the payload is a symbol'],
    ['what contains itself', loop, '`0.loop.0` of the payload is nested without an end'],
  ])('refuses %s, which would not arrive as it is', async (_what, value, message) => {
    expect(() => canonicalJson(value)).toThrow(new TypeError(`${message}, which JSON does not have; ${ADVICE}`))
    await expect(hashPayload(value)).rejects.toThrow(message)
    expect(() => frozenCopy(value)).toThrow(message)
  })

  const ADVICE = 'pass plain objects, lists, texts and numbers'
})

describe('a frozen copy', () => {
  it('is what arrives at the service, to the last member frozen', () => {
    assert(
      property(jsonValue(), (value) => {
        const copy = frozenCopy(value)
        expect(copy).toEqual(arrived(value))
        expect(isFrozen(copy)).toBe(true)
      }),
    )
  })

  it('is not changed with what it was made of', () => {
    const mail = { to: ['kim'], body: { text: 'More seats?' } }
    const copy = frozenCopy(mail)
    mail.to.push('everybody')
    mail.body.text = 'Fewer seats!'
    expect(copy).toEqual({ to: ['kim'], body: { text: 'More seats?' } })
  })

  it('reads each member once, so that none has two faces', () => {
    let reads = 0
    const copy = frozenCopy({
      get subject() {
        return `read ${++reads} times`
      },
    })
    expect(copy).toEqual({ subject: 'read 1 times' })
    expect(copy).toEqual({ subject: 'read 1 times' })
  })

  it('gives nobody a prototype', () => {
    const copy = frozenCopy(JSON.parse('{"__proto__": {"admin": true}}'))
    expect(copy.admin).toBeUndefined()
    expect(Object.keys(copy)).toEqual(['__proto__'])
  })

  it('of nothing is nothing', () => {
    expect(frozenCopy(undefined)).toBeUndefined()
  })
})

function isFrozen(value: unknown): boolean {
  return typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(isFrozen))
}
