import type { Escalation } from '../core/escalation/escalation.ts'
import type { Adjudication, Reason, VerdictReason } from '../core/model.ts'

/** Where an adjudication stands in the trail, and when it was made. */
export interface Envelope {
  /** Null for a dry run, which is kept nowhere. */
  readonly id: string | null
  readonly ruleset: string
  readonly engine: number
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  /** The item that the question belongs to, as it stands; null: nobody is asked, or nothing is kept. */
  readonly escalation: Escalation | null
  readonly audit: { readonly stream: string; readonly sequence: number; readonly hash: string } | null
  /** What people, or a clock in their stead, made of the answer; left out where it is as it was computed. */
  readonly ofRecord?: Partial<OfRecord>
}

/** What of an answer a decision replaces. `fallback` is the reason where a clock decided, since nobody else did. */
export interface OfRecord {
  readonly summary: string
  readonly recommendation: Reasoned<Adjudication['recommendation'], Reason>
  readonly proposal: Reasoned<NonNullable<Adjudication['proposal']>, VerdictReason> | null
}

type Reasoned<T, R> = Omit<T, 'reasons'> & { readonly reasons: readonly (R | 'fallback')[] }

export type AdjudicationView = ReturnType<typeof viewOf>

/** The answer as every door shows it. */
export function viewOf(answer: Adjudication, envelope: Envelope) {
  const { handoff, ruling } = answer
  const { summary, recommendation, proposal }: OfRecord = { ...answer, ...envelope.ofRecord }
  const item = envelope.escalation
  return {
    id: envelope.id,
    account: answer.account,
    decision: answer.decision,
    summary,
    recommendation,
    proposal,
    beliefs: answer.beliefs,
    expectedLoss: answer.expectedLoss,
    regret: answer.regret,
    reviewCost: answer.reviewCost,
    conflict: answer.conflict,
    signals: answer.signals,
    rules: answer.rules,
    flips: answer.flips,
    tags: answer.tags,
    ruling: ruling && {
      action: ruling.action,
      by: ruling.by,
      at: new Date(ruling.at).toISOString(),
      until: new Date(ruling.until).toISOString(),
    },
    resolution: item?.resolution ?? null,
    escalation: handoff && {
      id: item?.id ?? null,
      kind: handoff.kind,
      queue: item?.queue ?? handoff.queue,
      priority: item?.priority ?? handoff.priority,
      dueAt: iso(item?.dueAt ?? handoff.dueAt),
      assignee: item ? item.assignee : handoff.assignee,
    },
    ruleset: envelope.ruleset,
    engine: envelope.engine,
    createdAt: new Date(envelope.createdAt).toISOString(),
    validUntil: new Date(answer.validUntil).toISOString(),
    audit: envelope.audit,
  }
}

export type EscalationView = ReturnType<typeof escalationView>

export function escalationView(item: Escalation) {
  return {
    id: item.id,
    adjudication: item.adjudication,
    account: item.account,
    decision: item.decision,
    rule: item.rule,
    queue: item.queue,
    kind: item.kind,
    status: item.status,
    priority: item.priority,
    regret: item.regret,
    dueAt: iso(item.dueAt),
    overdueAt: iso(item.overdueAt),
    recommended: item.asked.action,
    reasons: item.asked.reasons,
    proposal: item.asked.proposal,
    assignee: item.assignee,
    claimedBy: item.claimedBy,
    claimedUntil: iso(item.claimedUntil),
    probability: item.probability,
    changes: item.changes,
    resolution: item.resolution,
    openedBy: item.openedBy,
    createdAt: iso(item.createdAt),
    closedAt: iso(item.closedAt),
  }
}

function iso<T extends number | null>(time: T): T extends null ? null : string
function iso(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString()
}
