import { insteadOf } from '../core/lease.ts'
import { because } from '../core/summary.ts'
import type { StoredAnswer } from '../storage/idempotency.ts'
import { type Asked, answerAndKeep, measure, permit, takenSince } from './adjudications.ts'
import type { App } from './app.ts'
import { type IdempotencyKey, remember } from './idempotency.ts'
import { type IssuedLease, issueLease, keepVerdict, showPayload, type Telling, type Told } from './leases/issue.ts'
import { hashPayload } from './leases/payload.ts'
import { anySecret, leaseToken, type MakeSecret, tokenHash } from './leases/token.ts'
import { versionKnown } from './leases/version.ts'
import { demand, type Principal } from './principal.ts'

/** An agent asks whether it may act. */
export interface CheckRequest {
  readonly account: string
  readonly decision: string
  readonly action: string
  readonly agent: string
  /** What it is going to send, JSON: its lease is for that alone, and a person who is asked sees it. */
  readonly payload?: unknown
}

export interface CheckAnswer extends Told {
  /** Leave to act, of an allow. */
  readonly lease: IssuedLease | null
  /** Whether it is an answer that was given before, and still holds. */
  readonly cached: boolean
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
  demand(principal, 'adjudications:write')
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
    app.metrics.checked(decision.name, quick.verdict, true)
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
  app.quick.note({ account, decision: decision.name, agent, action }, answer.validUntil)
  app.metrics.checked(decision.name, told.verdict, false)
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

/** What the agent hears of an answer, and what is kept so that the next check hears the same. */
function tell(app: App, principal: Principal, asked: Asked, telling: Telling): CheckAnswer {
  const { book, page, kept } = telling
  const { answer, envelope } = kept
  const { verdict } = answer.proposal!
  const item = verdict === 'ask' ? envelope.escalation : null
  const told: Told = {
    verdict,
    doInstead: insteadOf(answer),
    because: because(answer.summary),
    adjudication: kept.id,
    escalation: item && { id: item.id, queue: item.queue, dueAt: new Date(item.dueAt).toISOString() },
  }
  const version = versionKnown(book, page, asked.decision, answer.proposal!.agent)
  // What says of this allow that people look at it says so of no other.
  if (verdict !== 'allow' || answer.handoff?.kind !== 'sample') keepVerdict(asked, told, version, telling)
  if (item && item.kind === 'decision' && item.rule === null) showPayload(asked, item.id, telling)
  const lease = verdict === 'allow' ? issueLease(app, principal, asked, version, telling) : null
  return { ...told, lease, cached: false }
}
