import { drawsSample, holdsUntil, type Lease } from '../../core/lease.ts'
import type { Decision, Verdict } from '../../core/model.ts'
import type { Asked, Kept } from '../adjudications.ts'
import type { App } from '../app.ts'
import type { AccountPage, Book } from '../book.ts'
import type { Principal } from '../principal.ts'
import { leaseToken, type MakeSecret, tokenHash } from './token.ts'

/** What an agent hears, whether or not it may act. */
export interface Told {
  readonly verdict: Verdict
  /** The better action, where it is denied and that is known. */
  readonly doInstead: string | null
  /** A sentence. */
  readonly because: string
  /** Id of the answer that this rests on. */
  readonly adjudication: string
  /** Where a person decides first. */
  readonly escalation: { readonly id: string; readonly queue: string; readonly dueAt: string } | null
}

export interface IssuedLease {
  readonly id: string
  /** Told once, and kept nowhere. */
  readonly token: string
  /** RFC 3339. */
  readonly expiresAt: string
  readonly payloadHash: string | null
}

/** An answer to a check as it is about to be written. */
export interface Telling {
  readonly book: Book
  readonly page: AccountPage
  readonly kept: Kept
  readonly payload: unknown
  readonly secret: MakeSecret
}

/** Keeps what the agent hears, so that the next check hears the same. */
export function keepVerdict(
  { ruleset, decision, payloadHash = null }: Asked,
  { verdict, doInstead, because, escalation }: Told,
  version: string,
  { book, page, kept: { id, question, answer } }: Telling,
): void {
  const { agent, action } = answer.proposal!
  // What people are shown, and what they allowed, is of one payload.
  const isOfPayload = verdict === 'ask' || page.ruling(decision.name)?.shown !== undefined
  book.writes.put('standing_verdicts', {
    account_id: page.account,
    decision: decision.name,
    agent,
    action,
    adjudication_id: id,
    verdict,
    do_instead: doInstead,
    because,
    tags: JSON.stringify(tagsOf(decision, action)),
    ruleset: ruleset.hash,
    state_version: version,
    valid_until: new Date(holdsUntil(answer, question)).toISOString(),
    any_payload: !isOfPayload,
    payload_hash: payloadHash,
    sample_rate: drawsSample(answer) ? decision.review.sampleRate : 0,
    escalation_id: escalation?.id ?? null,
  })
}

/** Has people who decide see what the agent is going to send. */
export function showPayload(asked: Asked, escalation: string, { book, page, kept, payload }: Telling): void {
  const { agent, action } = kept.answer.proposal!
  book.writes.put('escalation_payloads', {
    escalation_id: escalation,
    account_id: page.account,
    agent,
    action,
    payload_hash: asked.payloadHash ?? null,
    payload: payload === undefined ? null : JSON.stringify(payload),
    adjudication_id: kept.id,
  })
}

/** Gives the agent a lease. */
export function issueLease(
  app: App,
  { name: owner }: Principal,
  { ruleset, decision, payloadHash = null }: Asked,
  version: string,
  { book, page, kept, secret }: Telling,
): IssuedLease {
  const { question, answer } = kept
  const { agent, action } = answer.proposal!
  const id = app.newId()
  const token = leaseToken(id, secret(id))
  const lease: Lease = {
    id,
    account: page.account,
    decision: decision.name,
    action,
    tags: tagsOf(decision, action),
    agent,
    payloadHash,
    owner,
    adjudication: kept.id,
    ruleset: ruleset.hash,
    version,
    freshUntil: holdsUntil(answer, question),
    issuedAt: book.now,
    expiresAt: book.now + decision.lease,
    status: 'open',
    settledAt: null,
    reason: null,
  }
  page.issue(lease, tokenHash(token))
  return { id, token, expiresAt: new Date(lease.expiresAt).toISOString(), payloadHash }
}

function tagsOf({ actions }: Decision, action: string): readonly string[] {
  return actions.find(({ name }) => name === action)?.tags ?? []
}
