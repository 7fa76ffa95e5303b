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
  readonly by: string
  /** RFC 3339. */
  readonly at: string
}
