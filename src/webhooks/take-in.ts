import { changeAccount } from '../app/accounts.ts'
import type { App } from '../app/app.ts'
import type { Principal } from '../app/principal.ts'
import { Problem } from '../app/problem.ts'
import { ingestSignals } from '../app/signals.ts'
import type { Facts } from '../core/model.ts'
import type { Source } from '../core/sources.ts'
import { type DatedFact, newestFacts, noteFacts } from '../storage/webhook-facts.ts'
import type { Taken } from './taken.ts'

/** Who a source is in the audit trail: it may do what its events are for, in the name of its agents. */
export function principalOf({ name, agents }: Source): Principal {
  return {
    name: `source:${name}`,
    kind: 'service',
    scopes: new Set(['signals:write', 'accounts:write']),
    agents: new Set(agents),
  }
}

/**
 * Takes in what events have become, in the order in which they happened: first what is known of their accounts, then
 * what agents say of those. Doing it twice is doing it once.
 *
 * @returns for each event why it could not be taken in, in their order; null: it was
 * @throws Problem where it is not the event's fault, and then it is to be sent again
 */
export async function takeIn(app: App, source: Source, events: readonly Taken[]): Promise<readonly (string | null)[]> {
  const faults = new Map<Taken, string>()
  await changeAccounts(app, source, events, faults)
  const signals = events.flatMap((event) => event.signals.map((signal) => ({ event, signal })))
  if (signals.length > 0) {
    const sent = signals.map(({ signal }) => signal)
    const results = await ingestSignals(app, principalOf(source), sent)
    results.forEach(({ id, problem }, i) => {
      const { event } = signals[i]!
      if (problem !== undefined && !faults.has(event)) faults.set(event, `signal \`${id}\`: ${problem.detail}`)
    })
  }
  return events.map((event) => faults.get(event) ?? null)
}

type Faults = Map<Taken, string>

async function changeAccounts(app: App, source: Source, events: readonly Taken[], faults: Faults): Promise<void> {
  const changing = events.filter(({ facts, aliases }) => facts !== null || aliases.length > 0)
  const byAccount = groupedInOrder(app, changing)
  const dated = datedFacts(changing)
  await noteFacts(app.db, source.name, dated)
  let newest = await newestFacts(app.db, source.name, dated)
  let pending: ReadonlyMap<string, readonly Taken[]> = byAccount
  // Whoever writes last looks once more, so that what is newest stays, whichever of two requests came through first.
  for (let tries = 0; pending.size > 0 && tries < TRIES; tries++) {
    await Promise.all([...pending].map(([, its]) => changeAccountOf(app, source, its, newest, faults)))
    const now = await newestFacts(app.db, source.name, dated)
    const before = new Map(newest.map((fact) => [keyOf(fact), JSON.stringify(fact.value)]))
    const moved = new Set(
      now.filter((fact) => before.get(keyOf(fact)) !== JSON.stringify(fact.value)).map((fact) => fact.account),
    )
    pending = new Map([...byAccount].filter(([account]) => moved.has(account)))
    newest = now
  }
}

const TRIES = 5

/** The events of each account, the oldest first; what says no time happens now. */
function groupedInOrder(app: App, events: readonly Taken[]): ReadonlyMap<string, readonly Taken[]> {
  const now = app.now()
  const groups = new Map<string, Taken[]>()
  for (const event of [...events].sort((a, b) => (a.at ?? now) - (b.at ?? now))) {
    const group = groups.get(event.account)
    if (group) group.push(event)
    else groups.set(event.account, [event])
  }
  return groups
}

const keyOf = ({ account, fact }: Pick<DatedFact, 'account' | 'fact'>): string => JSON.stringify([account, fact])

/** Of each fact of which it is known when it was so, the newest. */
function datedFacts(events: readonly Taken[]): readonly DatedFact[] {
  const newest = new Map<string, DatedFact>()
  for (const { account, at, facts } of events) {
    if (at === null) continue
    for (const [fact, value] of Object.entries(facts ?? {})) {
      const dated = { account, fact, at, value }
      if ((newest.get(keyOf(dated))?.at ?? -Infinity) <= at) newest.set(keyOf(dated), dated)
    }
  }
  return [...newest.values()]
}

/** All at once; where that can't be, one event after another, so that one does not take the others with it. */
async function changeAccountOf(
  app: App,
  source: Source,
  events: readonly Taken[],
  newest: readonly Omit<DatedFact, 'at'>[],
  faults: Faults,
): Promise<void> {
  const { account } = events[0]!
  const known = new Map(newest.filter((fact) => fact.account === account).map(({ fact, value }) => [fact, value]))
  try {
    const facts = Object.assign({}, ...events.map((event) => factsOf(event, known)))
    const aliases = [...new Set(events.flatMap((event) => event.aliases))]
    await changeAccount(app, principalOf(source), account, { facts, aliases })
  } catch (error) {
    if (!(error instanceof Problem) || !OF_THE_EVENT.has(error.code)) throw error
    if (events.length === 1) faults.set(events[0]!, error.message)
    else for (const event of events) await changeAccountOf(app, source, [event], newest, faults)
  }
}

const OF_THE_EVENT: ReadonlySet<string> = new Set(['alias_conflict', 'facts_too_large'])

/** What an event says, or in its place what the source has said since. */
function factsOf({ facts, at }: Taken, newest: ReadonlyMap<string, unknown>): Facts {
  if (at === null) return facts ?? {}
  const entries = Object.entries(facts ?? {}).map(([fact, value]) => [
    fact,
    newest.has(fact) ? newest.get(fact) : value,
  ])
  return Object.fromEntries(entries)
}
