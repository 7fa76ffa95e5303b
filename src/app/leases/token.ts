import { createHmac, hash, randomBytes } from 'node:crypto'
import { parse, stringify } from 'uuid'
import type { Sha256 } from '../../storage/chain.ts'

/** What only the holder of a lease knows: which it is, and 32 bytes that nobody can guess. */
const TOKEN = /^uml_([A-Za-z0-9_-]{64})$/
const ID_BYTES = 16

/** Makes the 32 bytes of a lease. */
export type MakeSecret = (lease: string) => Buffer

export const anySecret: MakeSecret = () => randomBytes(32)

/**
 * The 32 bytes of a lease that a request under an idempotency key got. Whoever sends that request again, with the same API
 * key, can be given the token again, though it is kept nowhere (HMAC, RFC 2104).
 */
export function repeatableSecret(apiKey: string, idempotencyKey: string): MakeSecret {
  return (lease) => createHmac('sha256', apiKey).update(`umpire lease\n${lease}\n${idempotencyKey}`).digest()
}

export function leaseToken(lease: string, secret: Buffer): string {
  return `uml_${Buffer.concat([parse(lease), secret]).toString('base64url')}`
}

/** The id of the lease that a token is for; null: it is no token. */
export function leaseOfToken(token: string): string | null {
  const bytes = Buffer.from(TOKEN.exec(token)?.[1] ?? '', 'base64url')
  if (bytes.length !== ID_BYTES + 32) return null
  try {
    return stringify(bytes.subarray(0, ID_BYTES))
  } catch {
    return null
  }
}

/** What is kept of a token. */
export function tokenHash(token: string): Sha256 {
  return hash('sha256', token, 'hex')
}
