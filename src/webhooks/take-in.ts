import type { App } from '../app/app.ts'
import type { Principal } from '../app/principal.ts'
import { ingestSignals, type SignalInput, type SignalResult } from '../app/signals.ts'
import type { Source } from '../core/sources.ts'
import { changeAccounts } from './change-accounts.ts'
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
 * what agents say of those. Doing it twice is doing it once. Of an event whose account can't be changed nothing is taken in.
 *
 * @param receivedAt when they came, in milliseconds since the epoch; null: now
 * @returns for each event why it could not be taken in, in their order; null: it was
 * @throws Problem where it is not the event's fault, and then it is to be sent again
 */
export async function takeIn(
  app: App,
  source: Source,
  events: readonly Taken[],
  receivedAt: number | null,
): Promise<readonly (string | null)[]> {
  const principal = principalOf(source)
  const faults = await changeAccounts(app, source, principal, events, receivedAt ?? app.now())
  const said = events
    .filter((event) => !faults.has(event))
    .flatMap((event) => event.signals.map((signal) => ({ event, signal })))
  const signals = said.map(({ signal }) => signal)
  const results = await (receivedAt === null
    ? ingestSignals(app, principal, signals)
    : ingestLate(app, principal, signals, new Date(receivedAt).toISOString()))
  results.forEach(({ id, problem }, i) => {
    const { event } = said[i]!
    if (problem !== undefined && !faults.has(event)) faults.set(event, `signal \`${id}\`: ${problem.detail}`)
  })
  return events.map((event) => faults.get(event) ?? null)
}

/**
 * Signals that say no time are as old as their events, whenever those are replayed. One that was taken in when its event
 * came has no time in the trail: said without it is the same.
 */
async function ingestLate(
  app: App,
  principal: Principal,
  signals: readonly SignalInput[],
  receivedAt: string,
): Promise<readonly SignalResult[]> {
  const dated = signals.map((signal) => ({ observedAt: receivedAt, ...signal }))
  const results = [...(await ingestSignals(app, principal, dated))]
  const known = [...signals.keys()].filter(
    (i) => results[i]!.problem?.code === 'signal_conflict' && signals[i]!.observedAt === undefined,
  )
  const bare = known.map((i) => signals[i]!)
  for (const [n, result] of (await ingestSignals(app, principal, bare)).entries()) results[known[n]!] = result
  return results
}
