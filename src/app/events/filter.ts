import type { EventType } from '../../core/events.ts'
import type { Disposition } from '../../core/model.ts'
import type { Principal } from '../principal.ts'
import type { Event } from './event.ts'

/** Which events somebody wants to hear of; what is left out, any. */
export interface EventFilter {
  readonly events?: readonly EventType[] | undefined
  readonly decision?: string | undefined
  /** Of the adjudication that it is about. */
  readonly disposition?: Disposition | undefined
  /** All ids of the account. */
  readonly accounts?: readonly string[] | undefined
}

export function isWanted({ events, decision, disposition, accounts }: EventFilter, { type, stored }: Event): boolean {
  return (
    (events === undefined || events.includes(type)) &&
    (decision === undefined || decision === stored.decision) &&
    (disposition === undefined || disposition === stored.disposition) &&
    (accounts === undefined || accounts.includes(stored.account))
  )
}

/** An agent hears of its own proposals and leases, everybody else who may read of everything. */
export function concerns({ kind, agents }: Principal, { stored }: Event): boolean {
  return kind !== 'agent' || (stored.agent !== null && agents?.has(stored.agent) === true)
}
