import type { Disposition, Proposal, Verdict } from './model.ts'

/** What streams and subscriptions tell of. */
export const EVENT_TYPES = [
  'adjudication.created',
  'adjudication.changed',
  'adjudication.resolved',
  'lease.revoked',
] as const
export type EventType = (typeof EVENT_TYPES)[number]

/** What is recorded as it happens; that an answer has changed follows from two of them. */
export type RecordedEvent = Exclude<EventType, 'adjudication.changed'>

/** What of an answer others act upon. */
export interface Advice {
  readonly action: string | null
  readonly disposition: Disposition
  readonly proposal: (Proposal & { readonly verdict: Verdict }) | null
}

/**
 * Whether who acted upon an answer may have to act otherwise after the next one to the same question: on another
 * recommended action, another disposition, or another verdict on the same proposal. Whether an action that may be
 * taken is drawn for a review afterwards is chance, and changes nothing.
 */
export function isChange(before: Advice, after: Advice): boolean {
  return (
    before.action !== after.action ||
    asFarAsActing(before.disposition) !== asFarAsActing(after.disposition) ||
    (isSameProposal(before.proposal, after.proposal) && before.proposal?.verdict !== after.proposal?.verdict)
  )
}

const asFarAsActing = (disposition: Disposition): Disposition =>
  disposition === 'act_and_review' ? 'act' : disposition

function isSameProposal(one: Proposal | null, other: Proposal | null): boolean {
  return one !== null && other !== null && one.agent === other.agent && one.action === other.action
}
