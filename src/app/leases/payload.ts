import { hash } from 'node:crypto'
import { canonicalJson, type Sha256 } from '../../storage/chain.ts'
import { Problem } from '../problem.ts'

/** As UTF-8 JSON: as much as a person who decides would look at, and more. */
const BYTES_AT_MOST = 64 * 1024

/**
 * SHA-256 of the canonical JSON (RFC 8785) of what an agent is going to send: the same whatever the order of its keys.
 * @returns null where it shows nothing
 * @throws Problem `payload_too_large`
 */
export function hashPayload(payload: unknown): Sha256 | null {
  if (payload === undefined) return null
  const canonical = canonicalJson(payload as object)
  const size = Buffer.byteLength(canonical)
  if (size <= BYTES_AT_MOST) return hash('sha256', canonical, 'hex')
  const most = `at most ${BYTES_AT_MOST} fit`
  throw new Problem(
    'payload_too_large',
    `the payload has ${size} bytes as JSON; ${most}, so check what people need to see`,
  )
}
