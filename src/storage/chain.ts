import { hash, randomFillSync } from 'node:crypto'
import canonicalize from 'canonicalize'

/** A SHA-256, 64 hexadecimal digits. */
export type Sha256 = string

/** The newest entry of a stream: what the next one is chained to. */
export interface Head {
  readonly sequence: number
  readonly hash: Sha256
}

/** Before the first entry of a stream. */
export const GENESIS: Head = { sequence: 0, hash: '0'.repeat(64) }

/** An entry and its payload, ready to be stored. */
export interface Link extends Head {
  readonly stream: string
  readonly kind: string
  /** RFC 3339. */
  readonly at: string
  readonly digest: Sha256
  /** 32 hexadecimal digits. */
  readonly salt: string
  /** RFC 8785 canonical JSON of `{ at, body, kind }`. */
  readonly payload: string
}

/** Chains an entry to the head of its stream. The body is a JSON object. */
export function link(stream: string, head: Head, kind: string, at: string, body: object): Link {
  const sequence = head.sequence + 1
  const payload = canonicalJson({ at, body, kind })
  const salt = newSalt()
  const digest = payloadDigest(salt, payload)
  return { stream, sequence, kind, at, salt, payload, digest, hash: entryHash(head.hash, sequence, digest) }
}

/** The body of an entry, out of its payload. */
export function bodyOf<T>(payload: string): T {
  return JSON.parse(payload).body
}

/** SHA-256(salt ‖ canonical JSON of the payload), of the texts in UTF-8. */
export function payloadDigest(salt: string, payload: string): Sha256 {
  return hash('sha256', salt + payload, 'hex')
}

/** SHA-256(previous hash ‖ sequence ‖ payload digest), of 32, 8 (big-endian) and 32 bytes. */
export function entryHash(previous: Sha256, sequence: number, digest: Sha256): Sha256 {
  scratch.write(previous, 0, 'hex')
  scratch.writeUInt32BE(Math.floor(sequence / 2 ** 32), 32)
  scratch.writeUInt32BE(sequence % 2 ** 32, 36)
  scratch.write(digest, 40, 'hex')
  return hash('sha256', scratch, 'hex')
}
const scratch = Buffer.alloc(72)

/**
 * RFC 8785 (JSON Canonicalization Scheme). The scheme writes values as JSON.stringify does and sorts the keys, so
 * that what has sorted keys already takes the short way: a fourth of the time, on the hottest path there is.
 *
 * @throws TypeError where the value is no JSON
 */
export function canonicalJson(value: unknown): string {
  const text = hasSortedKeys(value) ? JSON.stringify(value) : serialize(value)
  if (text === undefined) throw new TypeError('not a JSON value')
  return text
}
// The package is CommonJS that declares itself an ES module.
const serialize = canonicalize as unknown as (value: unknown) => string | undefined

function hasSortedKeys(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(hasSortedKeys)
  let before = ''
  for (const key of Object.keys(value)) {
    if (key < before || !hasSortedKeys((value as Record<string, unknown>)[key])) return false
    before = key
  }
  return true
}

/** 16 random bytes, so that an erased payload can't be guessed back from its digest. */
function newSalt(): string {
  if (used === pool.length) {
    pool = randomFillSync(Buffer.allocUnsafe(SALT_BYTES * 512)).toString('hex')
    used = 0
  }
  used += SALT_BYTES * 2
  return pool.slice(used - SALT_BYTES * 2, used)
}
const SALT_BYTES = 16
let pool = ''
let used = 0
