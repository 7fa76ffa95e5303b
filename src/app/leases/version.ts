import { versionOf } from '../../core/lease.ts'
import type { Decision } from '../../core/model.ts'
import type { AccountPage, Book } from '../book.ts'

/** The version of what is known of an account, for the answer to one agent's question; see `versionOf`. */
export function versionKnown(
  book: Book,
  page: AccountPage,
  { name, longestCooldown }: Pick<Decision, 'name' | 'longestCooldown'>,
  agent: string,
): string {
  const names = new Set([agent, ...page.signals.map((signal) => signal.agent)])
  return versionOf({
    facts: page.factsSequence,
    signals: Math.max(0, ...page.signals.map(({ sequence }) => sequence)),
    ruling: page.ruling(name)?.sequence ?? 0,
    taken: longestCooldown > 0 ? page.takenSequence : 0,
    agents: [...names].reduce((sum, one) => sum + (book.agent(one)?.sequence ?? 0), 0),
  })
}
