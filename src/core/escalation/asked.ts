import type { Adjudication, Handoff, Proposal } from '../model.ts'
import type { Asked, Escalation } from './escalation.ts'

/** What an answer asks of a person. */
export function askedOf(answer: Adjudication, queue: string, before: Asked | null): Asked {
  const { recommendation, beliefs } = answer
  const [state = null] = Object.keys(beliefs).sort((a, b) => (beliefs[b] as number) - (beliefs[a] as number))
  return {
    action: recommendation.action,
    reasons: recommendation.reasons,
    state,
    proposal: waitingProposal(answer, before?.proposal ?? null),
    queue,
  }
}

/**
 * The proposal that a person is to answer; of a sample, what was allowed. One goes on waiting while others ask without
 * one or are denied theirs, until it is denied itself.
 */
function waitingProposal({ proposal, handoff }: Adjudication, before: Proposal | null): Proposal | null {
  if (proposal === null) return before
  const { agent, action, verdict } = proposal
  if (verdict === 'ask' || handoff?.kind === 'sample') return { agent, action }
  return before?.action === action ? null : before
}

/** What is not as it was, by field. */
export type Changes = Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>

/**
 * What is new for a person in a newer answer to the same question; null: nothing. Numbers move with every hour, so
 * that they alone are no news; neither is a later due time, since it does not count.
 */
export function changesOf(item: Escalation, asked: Asked, { priority, dueAt }: Handoff): Changes | null {
  const changes: Record<string, { from: unknown; to: unknown }> = {}
  const compare = (field: string, from: unknown, to: unknown) => {
    if (JSON.stringify(from) !== JSON.stringify(to)) changes[field] = { from, to }
  }
  compare('action', item.asked.action, asked.action)
  if (dueAt < item.dueAt) compare('dueAt', iso(item.dueAt), iso(dueAt))
  compare('priority', item.priority, Math.max(item.priority, priority))
  compare('proposal', item.asked.proposal?.action ?? null, asked.proposal?.action ?? null)
  if (asked.queue !== item.asked.queue) compare('queue', item.queue, asked.queue)
  compare('reasons', item.asked.reasons, asked.reasons)
  compare('state', item.asked.state, asked.state)
  return Object.keys(changes).length > 0 ? changes : null
}

const iso = (time: number): string => new Date(time).toISOString()

/**
 * Whether an answer that asks nobody settles what an item waits for: not where an agent waits for a person's word on
 * its proposal, and this answer is about another one or none.
 */
export function settles({ proposal }: Adjudication, { asked }: Escalation): boolean {
  return asked.proposal === null || asked.proposal.action === proposal?.action
}
