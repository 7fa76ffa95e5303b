import type { Adjudication } from '../core/model.ts'
import type { StoredEscalation } from '../storage/escalations.ts'

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
}

export type AdjudicationView = ReturnType<typeof viewOf>

/** The answer as every door shows it. */
export function viewOf(answer: Adjudication, envelope: Envelope) {
  const { handoff } = answer
  return {
    id: envelope.id,
    account: answer.account,
    decision: answer.decision,
    summary: answer.summary,
    recommendation: answer.recommendation,
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
    escalation: handoff && {
      id: envelope.escalation,
      kind: handoff.kind,
      queue: handoff.queue,
      priority: handoff.priority,
      dueAt: new Date(handoff.dueAt).toISOString(),
    },
    ruleset: envelope.ruleset,
    engine: envelope.engine,
    createdAt: new Date(envelope.createdAt).toISOString(),
    validUntil: new Date(answer.validUntil).toISOString(),
    audit: envelope.audit,
  }
}

export type EscalationView = ReturnType<typeof escalationView>

export function escalationView(row: StoredEscalation) {
  return {
    id: row.id,
    adjudication: row.adjudication_id,
    account: row.account_id,
    decision: row.decision,
    queue: row.queue,
    kind: row.kind,
    status: row.status,
    priority: row.priority,
    regret: row.regret,
    dueAt: row.due_at.toISOString(),
    claimedBy: row.claimed_by,
    claimedUntil: row.claimed_until?.toISOString() ?? null,
    resolution: row.resolution,
    createdAt: row.created_at.toISOString(),
  }
}
