import { canonicalJson } from './canonical-json.ts'

/**
 * SHA-256, in hex, of the canonical JSON (RFC 8785) of what an agent is going to send: what a lease is bound to.
 * @returns null of nothing
 * @throws TypeError where it is no JSON
 */
export async function hashPayload(payload: unknown): Promise<string | null> {
  if (payload === undefined) return null
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(canonicalJson(payload)))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/**
 * A copy of JSON that nobody can change, to the last member.
 * @throws TypeError where it is no JSON
 */
export function frozenCopy<T>(payload: T): T {
  return payload === undefined ? payload : JSON.parse(canonicalJson(payload), (_key, value) => Object.freeze(value))
}
