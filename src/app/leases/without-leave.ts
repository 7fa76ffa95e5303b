import type { Logger } from 'pino'
import { atMostEvery } from '../at-most-every.ts'

/** What an agent did with no lease, or with one that it had not redeemed. */
export interface ActWithoutLeave {
  readonly agent: string
  readonly account: string
  readonly decision: string
  readonly action: string
}

/** Who never asks acts often. Milliseconds. */
const APART = 60_000

/** Warns of acts without leave, of the first at once: a line for each agent, with how many there were since and the newest. */
export function warnOfActs(log: Logger): (act: ActWithoutLeave) => void {
  const since = new Map<string, ActWithoutLeave & { readonly acts: number }>()
  const tell = atMostEvery(APART, () => {
    for (const line of since.values()) log.warn(line, 'an agent acted without leave')
    since.clear()
  })
  return ({ agent, account, decision, action }) => {
    since.set(agent, { agent, account, decision, action, acts: (since.get(agent)?.acts ?? 0) + 1 })
    tell()
  }
}
