import { insteadOf, type Lease } from '../core/lease.ts'
import type { Decision, Verdict } from '../core/model.ts'
import { because } from '../core/summary.ts'
import type { StoredAnswer } from '../storage/idempotency.ts'
import { type Asked, answerAndKeep, type Kept, measure, permit, takenSince } from './adjudications.ts'
import type { App } from './app.ts'
import type { AccountPage, Book } from './book.ts'
import { type IdempotencyKey, remember } from './idempotency.ts'
import { hashPayload } from './leases/payload.ts'
import { anySecret, leaseToken, type MakeSecret, tokenHash } from './leases/token.ts'
import { versionKnown } from './leases/version.ts'
import type { Principal } from './principal.ts'

/** An agent asks whether it may act. */
export interface CheckRequest {
  readonly account: string
  readonly decision: string
  readonly action: string
  readonly agent: string
  /** What it is going to send, JSON: its lease is for that alone, and a person who is asked sees it. */
  readonly payload?: unknown
}

export interface CheckAnswer {
  readonly verdict: Verdict
  /** The better action, where it is denied and that is known. */
  readonly doInstead: string | null
  /** A sentence. */
  readonly because: string
  /** Id of the answer that this rests on. */
  readonly adjudication: string
  /** Where a person decides first. */
  readonly escalation: { readonly id: string; readonly queue: string; readonly dueAt: string } | null
  /** Leave to act, of an allow. */
  readonly lease: IssuedLease | null
  /** Whether it is an answer that was given before, and still holds. */
  readonly cached: boolean
}

export interface IssuedLease {
  readonly id: string
  /** Told once, and kept nowhere. */
  readonly token: string
  /** RFC 3339. */
  readonly expiresAt: string
  readonly payloadHash: string | null
}

/** An idempotency key whose first request this is: what is answered is kept under it, but for the token. */
export interface RememberCheck extends IdempotencyKey {
  readonly secret: MakeSecret
  /** The answer as it will be given again; the token is put in then. */
  readonly as: (answer: CheckAnswer) => StoredAnswer
}

/**
 * Answers an agent that is about to act, and gives it a lease where it may. Where nothing that counts has come since the
 * same was asked before, that answer is given again without a new adjudication; of each allow a share is drawn to be looked
 * at afterwards, and those are asked in full.
 *
 * @throws Problem `forbidden`, `unknown_decision`, `unknown_action`, `agent_not_allowed`, `payload_too_large`
 */
export async function checkAction(
  app: App,
  principal: Principal,
  request: CheckRequest,
  again?: RememberCheck,
): Promise<CheckAnswer> {
  const { active: ruleset, shadow } = app.rules
  const { account, agent, action, payload } = request
  const decision = app.rules.decision(request.decision)
  const payloadHash = hashPayload(payload)
  const asked: Asked = {
    ruleset,
    decision,
    shadow,
    request: { account, decision: decision.name, proposal: { agent, action } },
    payloadHash,
    draw: app.draw(),
  }
  permit(principal, asked)
  const secret = again?.secret ?? anySecret
  const quick = await askQuickly(app, principal, asked, secret)
  if (quick) {
    if (again) await remember(app, again, again.as(quick))
    return quick
  }
  const arrivedAt = performance.now()
  const { answer, shadowed, told } = await app.desk.submit({
    accounts: [account],
    agents: [agent],
    takenSince: takenSince(app, asked),
    serve(book) {
      const page = book.account(account)
      const kept = answerAndKeep(app, principal, asked, book, page)
      const told = tell(app, principal, asked, { book, page, kept, payload, secret })
      if (again) book.answered(again, again.as(told))
      return { ...kept, told }
    },
  })
  measure(app, answer, shadowed, performance.now() - arrivedAt)
  return told
}

/** The answer that was given before, where it holds. */
async function askQuickly(
  app: App,
  { name: owner }: Principal,
  { ruleset, decision, request, payloadHash = null, draw = 0 }: Asked,
  makeSecret: MakeSecret,
): Promise<CheckAnswer | null> {
  const { account } = request
  const { agent, action } = request.proposal!
  const id = app.newId()
  const token = leaseToken(id, makeSecret(id))
  const expiresAt = app.now() + decision.lease
  const lease = { id, tokenHash: tokenHash(token), expiresAt }
  const check = {
    account,
    decision: decision.name,
    agent,
    action,
    payloadHash,
    ruleset: ruleset.hash,
    cools: decision.longestCooldown > 0,
    draw,
    lease,
    owner,
  }
  const standing = await app.quick.answer(check)
  if (!standing) return null
  const isAllowed = standing.verdict === 'allow'
  return {
    ...standing,
    lease: isAllowed ? { id, token, expiresAt: new Date(expiresAt).toISOString(), payloadHash } : null,
    cached: true,
  }
}

interface Telling {
  readonly book: Book
  readonly page: AccountPage
  readonly kept: Kept
  readonly payload: unknown
  readonly secret: MakeSecret
}

/** What the agent hears of an answer, and what is kept so that the next check hears the same. */
function tell(app: App, principal: Principal, asked: Asked, telling: Telling): CheckAnswer {
  const { book, page, kept } = telling
  const { answer, envelope } = kept
  const { verdict } = answer.proposal!
  const item = verdict === 'ask' ? envelope.escalation : null
  const told = {
    verdict,
    doInstead: insteadOf(answer),
    because: because(answer.summary),
    adjudication: kept.id,
    escalation: item && { id: item.id, queue: item.queue, dueAt: new Date(item.dueAt).toISOString() },
  }
  const version = versionKnown(book, page, asked.decision, answer.proposal!.agent)
  keepVerdict(asked, told, version, telling)
  if (item && item.kind === 'decision' && item.rule === null) showPayload(asked, item.id, telling)
  const lease = verdict === 'allow' ? issue(app, principal, asked, version, telling) : null
  return { ...told, lease, cached: false }
}

function keepVerdict(
  { ruleset, decision, payloadHash = null }: Asked,
  { verdict, doInstead, because, escalation }: Omit<CheckAnswer, 'lease' | 'cached'>,
  version: string,
  { book, page, kept: { id, answer } }: Telling,
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
    valid_until: new Date(answer.validUntil).toISOString(),
    any_payload: !isOfPayload,
    payload_hash: payloadHash,
    sample_rate: verdict === 'allow' ? decision.review.sampleRate : 0,
    escalation_id: escalation?.id ?? null,
  })
}

/** Has people who decide see what the agent is going to send. */
function showPayload(asked: Asked, escalation: string, { book, page, kept, payload }: Telling): void {
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

function issue(
  app: App,
  { name: owner }: Principal,
  { ruleset, decision, payloadHash = null }: Asked,
  version: string,
  { book, page, kept, secret }: Telling,
): IssuedLease {
  const { answer } = kept
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
    freshUntil: answer.validUntil,
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
