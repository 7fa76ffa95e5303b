import { formatDuration } from './duration.ts'
import type { Adjudication, Proposal, Question, Ruling, Shown } from './model.ts'

export const LEASE_STATUSES = ['open', 'redeemed', 'revoked', 'expired'] as const
export type LeaseStatus = (typeof LEASE_STATUSES)[number]

/** An agent's leave to take one action, once and soon, with what it rests on. Times are milliseconds since the epoch. */
export interface Lease {
  readonly id: string
  readonly account: string
  readonly decision: string
  readonly action: string
  /** That the action carried. */
  readonly tags: readonly string[]
  readonly agent: string
  /** SHA-256 of what the agent is going to send, in hex; null: it showed nothing. */
  readonly payloadHash: string | null
  /** Name of the key that got it. */
  readonly owner: string
  /** The answer that allowed it. */
  readonly adjudication: string
  readonly ruleset: string
  /** `versionOf` what was known then. */
  readonly version: string
  /** Until then the answer holds by itself. */
  readonly freshUntil: number
  readonly issuedAt: number
  readonly expiresAt: number
  readonly status: LeaseStatus
  /** When it was redeemed or revoked; null: neither. */
  readonly settledAt: number | null
  /** Why it was revoked, in words; null: it was not. */
  readonly reason: string | null
}

/** What an answer about an account depends on besides its rules: sequences, which only grow; 0: there is none. */
export interface Counted {
  /** Of its facts. */
  readonly facts: number
  /** Of the newest signal that stands. */
  readonly signals: number
  /** Of what a person last decided about the question. */
  readonly ruling: number
  /** Of the newest lease that was redeemed, where cooldowns count that. */
  readonly taken: number
  /** The sum over the agents whose signals stand, and the one that asks, in their own streams. */
  readonly agents: number
}

/** What was known of an account, in a word: as long as it is the same, nothing that counts has come. */
export function versionOf({ facts, signals, ruling, taken, agents }: Counted): string {
  return [facts, signals, ruling, taken, agents].join('.')
}

/**
 * Until when an answer is the same by itself, in milliseconds since the epoch: rules may see more than the signals that it
 * used, and whoever is not heard any more says nothing.
 */
export function holdsUntil(
  { validUntil }: Pick<Adjudication, 'validUntil'>,
  { now, signals, agents }: Question,
): number {
  const ends = [...signals.map(({ expiresAt }) => expiresAt), ...[...agents.values()].map(({ until }) => until)]
  return ends.reduce<number>((first, end) => (end !== null && end > now ? Math.min(first, end) : first), validUntil)
}

/** Why a lease is not to be redeemed. */
export type LeaseRefusal = 'lease_used' | 'lease_revoked' | 'lease_expired' | 'payload_changed'

/**
 * Why a lease may not be redeemed, whatever has come since it was issued; null: it may.
 *
 * @param payloadHash of what is about to be sent; null: of nothing
 */
export function refuseLease(
  lease: Lease,
  { now, payloadHash }: { readonly now: number; readonly payloadHash: string | null },
): { readonly code: LeaseRefusal; readonly message: string } | null {
  const { id, status, settledAt, reason, issuedAt, expiresAt } = lease
  const named = `lease \`${id}\``
  if (status === 'redeemed') {
    const at = settledAt === null ? '' : ` at ${iso(settledAt)}`
    return { code: 'lease_used', message: `${named} was redeemed${at}, and is good for once; check again to act again` }
  }
  if (status === 'revoked')
    return { code: 'lease_revoked', message: revokedInWords(id, reason ?? 'something has changed') }
  if (status === 'expired' || now >= expiresAt) {
    const length = formatDuration(expiresAt - issuedAt)
    return {
      code: 'lease_expired',
      message: `${named} expired at ${iso(expiresAt)}, ${length} after it was issued; check again`,
    }
  }
  if (payloadHash !== lease.payloadHash) return { code: 'payload_changed', message: mismatch(lease, payloadHash) }
  return null
}

function mismatch({ id, payloadHash: shown }: Lease, sent: string | null): string {
  if (shown === null) return `lease \`${id}\` was issued without a payload; check again with the one that is to be sent`
  const what = sent === null ? 'say with `payloadHash` what is sent' : 'what is sent is not what was checked'
  return `lease \`${id}\` is for the payload \`${shown}\`: ${what}; check again if it has changed`
}

/** @param reason in words, without a full stop */
export function revokedInWords(id: string, reason: string): string {
  return `lease \`${id}\` was revoked: ${reason}; check again before you act`
}

/** Whether the answer that a lease rests on would be the same now, without asking anew. */
export function isFresh(
  { version, ruleset, freshUntil }: Pick<Lease, 'version' | 'ruleset' | 'freshUntil'>,
  known: { readonly version: string; readonly ruleset: string; readonly now: number },
): boolean {
  return version === known.version && ruleset === known.ruleset && known.now < freshUntil
}

/**
 * Whether what a person decided answers a proposal with this payload. One who was shown what an agent was going to send
 * has allowed that, from that agent, once, and nothing else.
 */
export function coversPayload(ruling: Ruling, proposal: Proposal | null, payloadHash: string | null): boolean {
  if (ruling.shown === undefined || proposal === null || proposal.action !== ruling.action) return true
  return isOpenTo(ruling.shown, proposal.agent, payloadHash)
}

const isOpenTo = (shown: Shown, agent: string, payloadHash: string | null): boolean =>
  shown.lease === undefined && shown.agent === agent && shown.payloadHash === payloadHash

/** What a person decided once a lease on what they allowed is redeemed, since that is good for one; null: it is not on that. */
export function spend(
  ruling: Ruling | null,
  { id, action, agent, payloadHash }: Pick<Lease, 'id' | 'action' | 'agent' | 'payloadHash'>,
): Omit<Ruling, 'sequence'> | null {
  if (ruling?.shown === undefined || ruling.action !== action) return null
  const { sequence: _, shown, ...decided } = ruling
  return isOpenTo(shown, agent, payloadHash) ? { ...decided, shown: { ...shown, lease: id } } : null
}

/** Whether an allow that is given again may be drawn for a look afterwards: not what a person decided, nor what needs none. */
export function drawsSample({ recommendation: { action, reasons }, proposal }: Adjudication): boolean {
  if (proposal?.verdict !== 'allow' || reasons.includes('decided_by_person')) return false
  return proposal.action !== action || !reasons.includes('autonomous')
}

/** The better action, of an answer that denies one and knows what to do instead; null: it allows it, or a person decides. */
export function insteadOf({ proposal, recommendation, handoff }: Adjudication): string | null {
  if (proposal?.verdict !== 'deny' || proposal.reasons[0] === 'out_of_scope') return null
  if (handoff?.kind === 'decision' || recommendation.disposition === 'escalate') return null
  return recommendation.action
}

const iso = (time: number): string => new Date(time).toISOString()
