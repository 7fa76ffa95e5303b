import { hash, randomFillSync } from 'node:crypto'
import canonicalize from 'canonicalize'

/** The newest entry of a stream: what the next one is chained to. */
export interface Head {
  readonly sequence: number
  /** 32 bytes. */
  readonly hash: Buffer
}

/** Before the first entry of a stream. */
export const GENESIS: Head = { sequence: 0, hash: Buffer.alloc(32) }

/** An entry and its payload, ready to be stored. */
export interface Link extends Head {
  readonly stream: string
  readonly kind: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly digest: Buffer
  readonly salt: Buffer
  /** RFC 8785 canonical JSON of `{ …body, kind, at }`. */
  readonly payload: string
}

/** Chains an entry to the head of its stream. The body must be a JSON object without `kind` and `at`. */
export function link(stream: string, head: Head, kind: string, at: number, body: object): Link {
  const sequence = head.sequence + 1
  const payload = canonicalJson({ ...body, at: new Date(at).toISOString(), kind })
  const salt = newSalt()
  const digest = payloadDigest(salt, payload)
  return { stream, sequence, kind, at, salt, payload, digest, hash: entryHash(head.hash, sequence, digest) }
}

/** SHA-256(salt ‖ canonical JSON of the payload). */
export function payloadDigest(salt: Buffer, payload: string): Buffer {
  return hash('sha256', Buffer.concat([salt, Buffer.from(payload)]), 'buffer')
}

/** SHA-256(previous hash ‖ sequence, 8 bytes big-endian ‖ payload digest). */
export function entryHash(previous: Buffer, sequence: number, digest: Buffer): Buffer {
  previous.copy(scratch, 0)
  scratch.writeBigUInt64BE(BigInt(sequence), 32)
  digest.copy(scratch, 40)
  return hash('sha256', scratch, 'buffer')
}
const scratch = Buffer.alloc(72)

/**
 * RFC 8785 (JSON Canonicalization Scheme).
 * @throws TypeError where the value is no JSON
 */
export function canonicalJson(value: unknown): string {
  const text = serialize(value)
  if (text === undefined) throw new TypeError('not a JSON value')
  return text
}
// The package is CommonJS that declares itself an ES module.
const serialize = canonicalize as unknown as (value: unknown) => string | undefined

/** 16 random bytes, so that an erased payload can't be guessed back from its digest. */
function newSalt(): Buffer {
  if (used === pool.length) {
    pool = randomFillSync(Buffer.allocUnsafe(pool.length))
    used = 0
  }
  used += SALT_BYTES
  return pool.subarray(used - SALT_BYTES, used)
}
const SALT_BYTES = 16
let pool = Buffer.alloc(SALT_BYTES * 512)
let used = pool.length
