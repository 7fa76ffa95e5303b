import { changeAccount } from '../app/accounts.ts'
import type { App } from '../app/app.ts'
import type { Principal } from '../app/principal.ts'
import { Problem } from '../app/problem.ts'
import type { Facts } from '../core/model.ts'
import type { Source } from '../core/sources.ts'
import { type DatedFact, newestFacts, noteFacts } from '../storage/webhook-facts.ts'
import type { Taken } from './taken.ts'

/** Why events could not be taken in, in words. */
export type Faults = Map<Taken, string>

type NewestFacts = readonly Omit<DatedFact, 'at'>[]

/**
 * Changes what is known of the accounts of events. Of a fact the newest stays that the source has said, in whichever
 * order it comes.
 *
 * @param cameAt when events happened that say no time, in milliseconds since the epoch
 */
export async function changeAccounts(
  app: App,
  source: Source,
  principal: Principal,
  events: readonly Taken[],
  cameAt: number,
): Promise<Faults> {
  const faults: Faults = new Map()
  const changing = inOrder(events, cameAt).filter(({ facts, aliases }) => facts !== null || aliases.length > 0)
  const byAccount = grouped(changing)
  const dated = newestOf(changing, cameAt)
  await noteFacts(app.db, source.name, dated)
  let newest = await newestFacts(app.db, source.name, dated)
  let pending: ReadonlyMap<string, readonly Taken[]> = byAccount
  // Whoever writes last looks once more, so that what is newest stays, whichever of two requests came through first.
  for (let tries = 0; pending.size > 0 && tries < TRIES; tries++) {
    await Promise.all([...pending.values()].map((its) => changeOne(app, principal, its, newest, faults)))
    const now = await newestFacts(app.db, source.name, dated)
    const before = new Map(newest.map((fact) => [keyOf(fact), JSON.stringify(fact.value)]))
    const moved = new Set(
      now.filter((fact) => before.get(keyOf(fact)) !== JSON.stringify(fact.value)).map((fact) => fact.account),
    )
    pending = new Map([...byAccount].filter(([account]) => moved.has(account)))
    newest = now
  }
  return faults
}

const TRIES = 5

/** The oldest first. */
function inOrder(events: readonly Taken[], cameAt: number): readonly Taken[] {
  return [...events].sort((a, b) => (a.at ?? cameAt) - (b.at ?? cameAt))
}

function grouped(events: readonly Taken[]): ReadonlyMap<string, readonly Taken[]> {
  const groups = new Map<string, Taken[]>()
  for (const event of events) {
    const group = groups.get(event.account)
    if (group) group.push(event)
    else groups.set(event.account, [event])
  }
  return groups
}

const keyOf = ({ account, fact }: Pick<DatedFact, 'account' | 'fact'>): string => JSON.stringify([account, fact])

/** Of each fact the newest. @param events the oldest first */
function newestOf(events: readonly Taken[], cameAt: number): readonly DatedFact[] {
  const newest = new Map<string, DatedFact>()
  for (const { account, at, facts } of events) {
    for (const [fact, value] of Object.entries(facts ?? {})) {
      const dated = { account, fact, at: at ?? cameAt, value }
      newest.set(keyOf(dated), dated)
    }
  }
  return [...newest.values()]
}

/**
 * Changes one account by its events, all at once; where that can't be, by one after another, so that one does not take
 * the others with it.
 */
async function changeOne(
  app: App,
  principal: Principal,
  events: readonly Taken[],
  newest: NewestFacts,
  faults: Faults,
): Promise<void> {
  const { account } = events[0]!
  const known = new Map(newest.filter((fact) => fact.account === account).map(({ fact, value }) => [fact, value]))
  try {
    const facts = Object.assign({}, ...events.map((event) => factsOf(event, known)))
    const aliases = [...new Set(events.flatMap((event) => event.aliases))]
    await changeAccount(app, principal, account, { facts, aliases })
  } catch (error) {
    if (!(error instanceof Problem) || !OF_THE_EVENT.has(error.code)) throw error
    if (events.length === 1) faults.set(events[0]!, error.message)
    else for (const event of events) await changeOne(app, principal, [event], newest, faults)
  }
}

const OF_THE_EVENT: ReadonlySet<string> = new Set(['alias_conflict', 'facts_too_large'])

/** Of each fact that an event names what the source has said last. */
function factsOf({ facts }: Taken, newest: ReadonlyMap<string, unknown>): Facts {
  return Object.fromEntries(
    Object.entries(facts ?? {}).map(([fact, value]) => [fact, newest.has(fact) ? newest.get(fact) : value]),
  )
}
