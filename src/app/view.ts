import type { Escalation, Resolution } from '../core/escalation.ts'
import type { Adjudication, Reason } from '../core/model.ts'

/** Where an adjudication stands in the trail, and when it was made. */
export interface Envelope {
  /** Null for a dry run, which is kept nowhere. */
  readonly id: string | null
  readonly ruleset: string
  readonly engine: number
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly escalation: string | null
  readonly audit: { readonly stream: string; readonly sequence: number; readonly hash: string } | null
  /** How people resolved it; left out where they have not. */
  readonly resolution?: Resolution
  /** The recommendation of record, where that is not the computed one. */
  readonly recommendation?: Recommendation
}

/** What is recommended and why; `fallback` where a clock decided, since nobody else did. */
type Recommendation = Omit<Adjudication['recommendation'], 'reasons'> & {
  readonly reasons: readonly (Reason | 'fallback')[]
}

export type AdjudicationView = ReturnType<typeof viewOf>

/** The answer as every door shows it. */
export function viewOf(answer: Adjudication, envelope: Envelope) {
  const { handoff, ruling } = answer
  return {
    id: envelope.id,
    account: answer.account,
    decision: answer.decision,
    summary: answer.summary,
    recommendation: (envelope.recommendation ?? answer.recommendation) as Recommendation,
    proposal: answer.proposal,
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
    resolution: envelope.resolution ?? null,
    escalation: handoff && {
      id: envelope.escalation,
      kind: handoff.kind,
      queue: handoff.queue,
      priority: handoff.priority,
      dueAt: new Date(handoff.dueAt).toISOString(),
      assignee: handoff.assignee,
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
