import type { Facts } from '../core/model.ts'
import { Problem } from './problem.ts'

/** As UTF-8 JSON. */
const BYTES_AT_MOST = 64 * 1024

/**
 * @param of what has these facts, for the message
 * @throws Problem `facts_too_large`
 */
export function demandSmall(facts: Facts, of: string): void {
  const size = Buffer.byteLength(JSON.stringify(facts))
  if (size <= BYTES_AT_MOST) return
  throw new Problem('facts_too_large', `${of} would have ${size} bytes of facts as JSON; at most ${BYTES_AT_MOST} fit`)
}
