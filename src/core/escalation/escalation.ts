import type { Proposal, Reason } from '../model.ts'

/** An item in a human queue, as it stands. Times are milliseconds since the epoch. */
export interface Escalation {
  readonly id: string
  /** That it is about; of a rule that failed, the account with which it was first seen to. */
  readonly account: string
  readonly decision: string
  /** What could not be evaluated, of an item that is about that and no account; see `Handoff.faults`. */
  readonly rule: string | null
  readonly kind: 'decision' | 'sample'
  readonly queue: string
  readonly status: EscalationStatus
  readonly priority: number
  readonly regret: number
  readonly dueAt: number
  readonly createdAt: number
  /** The adjudication that opened it. */
  readonly openedBy: string
  /** The newest adjudication of the question. */
  readonly adjudication: string
  readonly asked: Asked
  readonly assignee: string | null
  readonly claimedBy: string | null
  readonly claimedUntil: number | null
  readonly firstClaimedAt: number | null
  /** When it was resolved, withdrawn or fell back. */
  readonly closedAt: number | null
  /** When its reminder is sent; null: it has been, or there is none. */
  readonly remindAt: number | null
  /** When it was noticed to be overdue; null: it is not. */
  readonly overdueAt: number | null
  /** Of a sample, the probability with which it was drawn. */
  readonly probability: number | null
  /** How often an adjudication has changed what a person is asked. */
  readonly changes: number
  readonly resolution: Resolution | null
  /** When its clock is to be looked at next; null: never. */
  readonly tickAt: number | null
}

/** What a person is asked: when this changes, they are told. */
export interface Asked {
  /** The recommended action. */
  readonly action: string | null
  readonly reasons: readonly Reason[]
  /** The most believed one; null: unknown. */
  readonly state: string | null
  /** The newest that waits for an answer. */
  readonly proposal: Proposal | null
  /** To whom the answer handed it; the item may have been moved from there. */
  readonly queue: string
}

export const ESCALATION_STATUSES = ['open', 'claimed', 'resolved', 'withdrawn', 'expired'] as const
export type EscalationStatus = (typeof ESCALATION_STATUSES)[number]

/** How an escalation ended. */
export interface Resolution {
  readonly resolution: 'uphold' | 'override' | 'dismiss' | 'fallback' | 'withdrawn'
  /** What is to be done; null: nothing was decided, or nothing is permitted. */
  readonly action: string | null
  /** What was recommended when it ended. */
  readonly recommended: string | null
  /** What the reviewer knows of the account. */
  readonly state: string | null
  /** Ids of signals that the reviewer calls wrong. */
  readonly wrongSignals: readonly string[]
  readonly reason: string
  readonly comment: string | null
  /** Of an item that was withdrawn since its account joined another: the item that goes on instead. */
  readonly into?: string
  readonly by: string
  /** RFC 3339. */
  readonly at: string
}

/** What an adjudication asks of people. */
export type Asking = Pick<Escalation, 'adjudication' | 'queue' | 'priority' | 'dueAt' | 'regret' | 'assignee' | 'asked'>

/** A new item, open to everyone of its queue. Nobody is reminded of a sample, and it never expires: it blocks nothing. */
export function openEscalation(
  asking: Asking & Pick<Escalation, 'id' | 'account' | 'decision' | 'rule' | 'kind' | 'probability'>,
  now: number,
): Escalation {
  return settled({
    ...asking,
    status: 'open',
    createdAt: now,
    openedBy: asking.adjudication,
    claimedBy: null,
    claimedUntil: null,
    firstClaimedAt: null,
    closedAt: null,
    remindAt: asking.kind === 'sample' ? null : halfway(now, asking.dueAt),
    overdueAt: null,
    changes: 0,
    resolution: null,
  })
}

/**
 * The same item after a newer adjudication of its question: never less urgent than it was, and who holds it keeps it.
 * Where it was moved and for whom it was named it stays, unless the question goes to another queue now. An earlier due
 * time moves the reminder that has not been sent.
 *
 * @param changed whether it asks something else of a person than before
 */
export function changeEscalation(item: Escalation, asking: Asking, changed: boolean, now: number): Escalation {
  const isElsewhere = asking.queue !== item.asked.queue
  const moved = isElsewhere && asking.queue !== item.queue ? inOtherHands(item, asking.dueAt, now) : item
  const dueAt = Math.min(moved.dueAt, asking.dueAt)
  const isSooner = dueAt < moved.dueAt
  return settled({
    ...moved,
    adjudication: asking.adjudication,
    asked: asking.asked,
    regret: asking.regret,
    queue: isElsewhere ? asking.queue : item.queue,
    priority: Math.max(item.priority, asking.priority),
    dueAt,
    remindAt: isSooner ? moved.remindAt && Math.min(moved.remindAt, halfway(item.createdAt, dueAt)) : moved.remindAt,
    // Whoever was named in another queue may not work in this one.
    assignee: isElsewhere ? asking.assignee : (item.assignee ?? asking.assignee),
    changes: item.changes + (changed ? 1 : 0),
  })
}

/** The item as it goes to another queue: those who get it overdue get time of their own, and a reminder. */
export function inOtherHands(item: Escalation, dueAt: number, now: number): Escalation {
  if (item.overdueAt === null) return item
  return { ...item, dueAt, overdueAt: null, remindAt: halfway(now, dueAt) }
}

/** The item closed, since no person is needed any more. */
export function withdrawEscalation(
  item: Escalation,
  why: { readonly reason: 'no_longer_needed' } | { readonly reason: 'account_joined'; readonly into: string },
  adjudication: string,
  now: number,
): Escalation {
  const resolution: Resolution = {
    resolution: 'withdrawn',
    action: null,
    recommended: null,
    state: null,
    wrongSignals: [],
    comment: null,
    ...why,
    by: UMPIRE,
    at: new Date(now).toISOString(),
  }
  return closed({ ...item, adjudication }, 'withdrawn', resolution, now)
}

/** Orders items as people should take them: priority, due time, regret. Negative where the first comes first. */
export function byUrgency(one: Escalation, other: Escalation): number {
  return other.priority - one.priority || one.dueAt - other.dueAt || other.regret - one.regret
}

/** Who makes the steps that no person makes. */
export const UMPIRE = 'umpire'

/** The item at its end: nobody holds it, and no clock runs. Who resolved it is in its resolution. */
export function closed(
  item: Escalation,
  status: 'resolved' | 'withdrawn' | 'expired',
  resolution: Resolution,
  now: number,
): Escalation {
  return settled({ ...item, status, resolution, closedAt: now, claimedBy: null, claimedUntil: null, remindAt: null })
}

/** The item with the time at which its clock is to be looked at next. */
export function settled(item: Omit<Escalation, 'tickAt'>): Escalation {
  return { ...item, tickAt: ticking(item) }
}

/** When time next changes an item by itself, in milliseconds: a claim lapses, a reminder is sent, it is due; null: never. */
export function ticking(item: Omit<Escalation, 'tickAt'>): number | null {
  if (!isWaiting(item)) return null
  const due = item.kind === 'sample' || item.overdueAt !== null ? null : item.dueAt
  const times = [item.claimedUntil, item.remindAt, due].filter((time) => time !== null)
  return times.length === 0 ? null : Math.min(...times)
}

/** Whether a person may still decide it. */
export const isWaiting = (item: Pick<Escalation, 'status'>): boolean =>
  item.status === 'open' || item.status === 'claimed'

/** Who holds the item; null: nobody, since a claim that has lapsed is none. */
export function holderOf(item: Escalation, now: number): { readonly by: string; readonly until: number } | null {
  if (item.claimedBy === null || item.claimedUntil === null || item.claimedUntil <= now) return null
  return { by: item.claimedBy, until: item.claimedUntil }
}

/** The item as others see it: open again, once its claim has lapsed. */
export function standingAt(item: Escalation, now: number): Escalation {
  if (item.status !== 'claimed' || holderOf(item, now) !== null) return item
  return { ...item, status: 'open', claimedBy: null, claimedUntil: null }
}

/** When people are reminded of what is due later. */
export const halfway = (from: number, dueAt: number): number => from + Math.max(0, Math.floor((dueAt - from) / 2))
