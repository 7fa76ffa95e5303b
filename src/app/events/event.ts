import { type Advice, type EventType, isChange } from '../../core/events.ts'
import type { Decision, Disposition, Proposal, Verdict } from '../../core/model.ts'
import { queueOf } from '../../core/queues.ts'
import { bodyOf } from '../../storage/chain.ts'
import type { Position, StoredAdvice, StoredEvent } from '../../storage/events.ts'
import type { App } from '../app.ts'
import type { AdjudicationRecord } from '../record.ts'

/** Something that is told: what was recorded, or that a new answer is another than the one before. */
export interface Event {
  readonly type: EventType
  readonly stored: StoredEvent
}

/** A new answer may be two events: that it was given, and that it has changed. */
export function eventsOf(stored: StoredEvent): readonly Event[] {
  const recorded = { type: stored.type, stored }
  return hasChanged(stored) ? [recorded, { type: 'adjudication.changed', stored }] : [recorded]
}

/** The parts of a body that say what is recommended, and are null where that is hidden. */
interface Told {
  readonly recommendation?: { readonly action: string | null; readonly disposition: Disposition } | null
  readonly proposal?: (Proposal & { readonly verdict: Verdict }) | null
  readonly reason?: string
}

/** What nobody can tell any more may have been anything: better to look once too often. */
function hasChanged({ before, body, disposition }: StoredEvent): boolean {
  if (before === null) return false
  const { recommendation, proposal = null } = JSON.parse(body) as Told
  const earlier = adviceOf(before)
  if (earlier === null || !recommendation) return true
  return isChange(earlier, { action: recommendation.action, disposition, proposal })
}

/** @returns null where it has been erased, or is damaged: that is for others to find, and must not keep all from being told */
function adviceOf({ disposition, payload }: StoredAdvice): Advice | null {
  if (payload === null) return null
  try {
    const { figures, proposal } = bodyOf<Pick<AdjudicationRecord, 'figures' | 'proposal'>>(payload)
    const { action, verdict } = figures
    return { action, disposition, proposal: proposal && verdict ? { ...proposal, verdict: verdict as Verdict } : null }
  } catch {
    return null
  }
}

/** `7421.9031`, and `7421.9031.1` for the change that the same row tells of: opaque to everybody else. */
export function eventId({ type, stored: { position } }: Event): string {
  return type === 'adjudication.changed' ? cursorOf(position) : `${position.xid}.${position.id}`
}

/** The id of the last event, if any, that comes before whatever follows a position. */
export function cursorOf({ xid, id }: Position): string {
  return `${xid}.${id}.1`
}

/**
 * The position after which to go on when the event of an id has been heard: that event may come again, since its row
 * may tell of another.
 *
 * @returns null where it is no id of an event
 */
export function parseEventId(text: string): Position | null {
  const [, xid, id, last] = /^(\d{1,15})\.(\d{1,15})(\.1)?$/.exec(text) ?? []
  if (xid === undefined) return null
  return { xid: Number(xid), id: Number(id) - (last === undefined ? 1 : 0) }
}

/**
 * Whether a blind queue keeps it from those who are to decide what is recommended. Why a lease is revoked tells what the
 * question of a person is going to be, before it is asked.
 */
export function isBlind({ rules }: App, { type, decision, waitsIn }: StoredEvent): boolean {
  const { queues, decisions } = rules.active
  const asked = type === 'lease.revoked' ? queuesOf(decisions.get(decision)) : []
  return (waitsIn === null ? asked : [waitsIn]).some((queue) => queueOf(queues, queue).blind)
}

/** Where a question may come to wait. */
function queuesOf(decision: Decision | undefined): readonly string[] {
  if (!decision) return []
  const effects = decision.rules.flatMap((rule) => rule.effects)
  return [
    decision.review.queue,
    ...effects.flatMap((effect) => (effect.kind === 'escalate' ? (effect.queue ?? []) : [])),
  ]
}

/** An event as every door tells it, JSON. @param hides whether what is recommended is hidden */
export function eventBody({ publicUrl }: Pick<App, 'publicUrl'>, event: Event, hides: boolean): string {
  const known = hides ? undefined : bodies.get(event)
  if (known !== undefined) return known
  const { account, adjudication, escalation, decision, sequence, before, at } = event.stored
  const told = JSON.parse(event.stored.body) as Told
  const body = JSON.stringify({
    id: eventId(event),
    type: event.type,
    timestamp: at.toISOString(),
    data: {
      account,
      decision,
      adjudication,
      escalation,
      sequence,
      ...told,
      ...(event.type === 'adjudication.changed' && { before: before && adviceOf(before) }),
      ...(hides && hiddenOf(event, told)),
      url: `${publicUrl}/v1/adjudications/${adjudication}`,
    },
  })
  if (!hides) bodies.set(event, body)
  return body
}
/** Many may be told of the same. */
const bodies = new WeakMap<Event, string>()

function hiddenOf({ type }: Event, { proposal }: Told) {
  if (type === 'lease.revoked') return { reason: null }
  return {
    recommendation: null,
    summary: null,
    ...(proposal && { proposal: { ...proposal, verdict: null } }),
    ...(type === 'adjudication.changed' && { before: null }),
  }
}
