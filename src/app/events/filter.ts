import type { EventType } from '../../core/events.ts'
import type { Disposition } from '../../core/model.ts'
import type { Principal } from '../principal.ts'
import type { Event } from './event.ts'

/** Which events somebody wants to hear of; what is null or left out, any. */
export interface EventFilter {
  readonly events?: readonly EventType[] | null | undefined
  readonly decision?: string | null | undefined
  /** Of the adjudication that it is about. */
  readonly disposition?: Disposition | null | undefined
  /** An id or an alias. */
  readonly account?: string | null | undefined
  /** Whom it concerns: whose proposal or lease it is about. */
  readonly agent?: string | null | undefined
}

export function isWanted(wanted: EventFilter, { type, stored }: Event): boolean {
  const { events, decision, disposition, account, agent } = wanted
  return (
    (events == null || events.includes(type)) &&
    (decision == null || decision === stored.decision) &&
    (disposition == null || disposition === stored.disposition) &&
    (account == null || stored.names.includes(account)) &&
    (agent == null || agent === stored.agent)
  )
}

/** An agent hears of its own proposals and leases, everybody else who may read of everything. */
export function concerns({ kind, agents }: Principal, { stored }: Event): boolean {
  return kind !== 'agent' || (stored.agent !== null && agents?.has(stored.agent) === true)
}
