import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bodyOf, canonicalJson, entryHash, GENESIS, link, payloadDigest } from '../../src/storage/chain.ts'

const reference = canonicalize as unknown as (value: unknown) => string
const sha256 = (...parts: (Buffer | string)[]) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

describe('canonicalJson', () => {
  it('is RFC 8785, in whatever order the keys come', () => {
    const key = fc.oneof(fc.string(), fc.constantFrom('1', '9', '10', 'a', 'B', 'é', '€', '😀', '__x'))
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { depthSize: 'small' },
        fc.constant(null),
        fc.boolean(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.string(),
        fc.array(tie('json')),
        fc.dictionary(key, tie('json')),
      ),
    }))
    fc.assert(
      fc.property(json, (value) => canonicalJson(value) === reference(value)),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['numeric keys sort as text', { 9: 'a', 10: 'b' }, '{"10":"b","9":"a"}'],
    ['nested keys', { b: { z: 1, a: 2 }, a: [{ y: 1, x: 2 }] }, '{"a":[{"x":2,"y":1}],"b":{"a":2,"z":1}}'],
    ['what is undefined is not written', { a: undefined, b: 1 }, '{"b":1}'],
    ['numbers', [1e21, 1e-7, 0.1, -0], '[1e+21,1e-7,0.1,0]'],
  ])('%s', (_what, value, text) => expect(canonicalJson(value)).toBe(text))

  it('refuses what is no JSON', () => expect(() => canonicalJson(undefined)).toThrow(TypeError))
})

describe('link', () => {
  it('hashes previous hash, sequence and payload digest, as the documentation says', () => {
    const first = link('account:acme', GENESIS, 'facts', '2026-11-20T09:00:00.000Z', { by: 'crm', facts: { arr: 1 } })
    const second = link('account:acme', first, 'signal', '2026-11-20T09:00:01.000Z', { by: 'pulse' })
    expect(first.payload).toBe('{"at":"2026-11-20T09:00:00.000Z","body":{"by":"crm","facts":{"arr":1}},"kind":"facts"}')
    expect(bodyOf(first.payload)).toEqual({ by: 'crm', facts: { arr: 1 } })
    for (const [entry, before, sequence] of [
      [first, Buffer.alloc(32), 1],
      [second, Buffer.from(first.hash, 'hex'), 2],
    ] as const) {
      const position = Buffer.alloc(8)
      position.writeBigUInt64BE(BigInt(sequence))
      expect(entry.sequence).toBe(sequence)
      expect(entry.salt).toMatch(/^[0-9a-f]{32}$/)
      const digest = sha256(entry.salt, entry.payload)
      expect(entry.digest).toBe(digest.toString('hex'))
      expect(entry.hash).toBe(sha256(before, position, digest).toString('hex'))
    }
    expect(second.salt).not.toBe(first.salt)
  })

  it('places sequences beyond 32 bits', () => {
    const digest = payloadDigest('', 'x')
    const position = Buffer.alloc(8)
    position.writeBigUInt64BE(2n ** 40n + 5n)
    const expected = sha256(Buffer.alloc(32), position, Buffer.from(digest, 'hex')).toString('hex')
    expect(entryHash(GENESIS.hash, 2 ** 40 + 5, digest)).toBe(expected)
  })

  it('never uses a salt twice', () => {
    const salts = Array.from({ length: 2000 }, () => link('s', GENESIS, 'k', 'now', {}).salt)
    expect(new Set(salts).size).toBe(2000)
  })
})
