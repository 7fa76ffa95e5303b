import { adjudicate as arbitrate } from '../core/adjudicate.ts'
import { takenOf } from '../core/cooldown.ts'
import { coversPayload } from '../core/lease.ts'
import {
  type Adjudication,
  type Decision,
  ENGINE,
  type Facts,
  type Proposal,
  type Question,
  type Ruling,
  type Signal,
  type Taken,
} from '../core/model.ts'
import type { Ruleset } from '../core/rules/load.ts'
import type { StoredAnswer } from '../storage/idempotency.ts'
import { span } from '../telemetry/spans.ts'
import type { App } from './app.ts'
import type { AccountPage, Book } from './book.ts'
import { handOver } from './escalations/handover.ts'
import { toldOfAnswer } from './events/recorded.ts'
import { demandSmall } from './facts.ts'
import type { IdempotencyKey } from './idempotency.ts'
import { demand, type Principal, speaksFor } from './principal.ts'
import { Problem } from './problem.ts'
import { knownAction, overlaid, standing } from './question.ts'
import { raiseQuestions } from './questions.ts'
import { type AdjudicationRecord, figuresOf } from './record.ts'
import type { Shadow } from './rules.ts'
import { answerInShadow, type Shadowed } from './shadow-answer.ts'
import { acceptSignal, freshSignals, type SignalInput, toSignal } from './signals.ts'
import { type Envelope, viewOf } from './view.ts'

export interface AdjudicationRequest {
  readonly account: string
  readonly decision: string
  readonly proposal?: Proposal | null | undefined
  readonly signals?: readonly Omit<SignalInput, 'account'>[] | undefined
  readonly facts?: Facts | undefined
  readonly dryRun?: boolean | undefined
}

/** A question, and the rules that answer it. */
export interface Asked {
  readonly ruleset: Ruleset
  readonly decision: Decision
  /** Asked too, and heard by nobody; null: none runs. */
  readonly shadow: Shadow | null
  readonly request: AdjudicationRequest
  /** SHA-256 of what the agent that checks is going to send; null: it shows nothing. Left out: no agent checks. */
  readonly payloadHash?: string | null
  /** Uniform in [0, 1), where it has been drawn already. */
  readonly draw?: number
}

/** An idempotency key whose first request this is. What is answered is kept under it in the same transaction. */
export interface Remember extends IdempotencyKey {
  /** The answer as it will be given again. */
  readonly as: (id: string, body: string) => StoredAnswer
}

/**
 * Takes in the signals of the request, answers the question, and keeps the answer with what recomputes it. A dry
 * run answers the same and keeps nothing.
 *
 * @returns the finished JSON of the answer: rendered once, since it is also what a repeated request is sent
 * @throws Problem `unknown_decision`, `unknown_action`, `agent_not_allowed`, `forbidden`, `signal_conflict`,
 *   `score_without_scale`, `facts_too_large`; then nothing of the request is kept
 */
export async function adjudicate(
  app: App,
  principal: Principal,
  request: AdjudicationRequest,
  remember?: Remember,
): Promise<{ readonly id: string | null; readonly body: string }> {
  // Another set may become active at any moment: an answer is of one.
  const { active: ruleset, shadow } = app.rules
  const asked: Asked = { ruleset, decision: app.rules.decision(request.decision), shadow, request }
  permit(principal, asked)
  if (request.facts) demandSmall(request.facts, 'the question')
  const { account, dryRun = false } = request
  const signals = (request.signals ?? []).map((signal) => ({ ...signal, account }))
  const arrivedAt = performance.now()
  let accepted = 0
  const { id, body, answer, shadowed } = await app.desk.submit({
    accounts: [account],
    agents: [...signals.map((signal) => signal.agent), ...(request.proposal ? [request.proposal.agent] : [])],
    signals,
    takenSince: takenSince(app, asked),
    serve(book) {
      const page = book.account(account)
      const fresh = freshSignals(app, principal, book, page, signals)
      if (dryRun) return answerOnly(app, asked, book, page, fresh)
      for (const signal of fresh) acceptSignal(book, page, signal, principal)
      if (fresh.length > 0) raiseQuestions(app, book, page, 'signal', asked.decision)
      accepted = fresh.length
      const { id, answer, shadowed, envelope } = answerAndKeep(app, principal, asked, book, page)
      const body = JSON.stringify(viewOf(answer, envelope))
      if (remember) book.answered(remember, remember.as(id, body))
      return { id, body, answer, shadowed }
    },
  })
  if (!dryRun) {
    measure(app, answer, shadowed, performance.now() - arrivedAt)
    app.metrics.ingested('accepted', accepted)
    app.metrics.ingested('duplicate', signals.length - accepted)
  }
  return { id, body }
}

export function measure(app: App, answer: Adjudication, shadowed: Shadowed | null, milliseconds: number): void {
  const { decision, recommendation, conflict, regret } = answer
  const { disposition } = recommendation
  app.metrics.adjudicated({ decision, disposition, conflict, regret, seconds: milliseconds / 1000 })
  if (shadowed !== null) app.metrics.shadowed(decision, shadowed)
}

/** @throws Problem `forbidden`, `agent_not_allowed`, `unknown_action` */
export function permit(principal: Principal, { decision, request }: Asked): void {
  if (request.signals?.length) demand(principal, 'signals:write')
  if (request.facts && Object.keys(request.facts).length > 0) demand(principal, 'accounts:write')
  const { proposal } = request
  if (!proposal) return
  if (!speaksFor(principal, proposal.agent)) {
    throw new Problem('agent_not_allowed', `key \`${principal.name}\` does not speak for agent \`${proposal.agent}\``)
  }
  knownAction(decision, proposal.action)
}

function answerOnly(app: App, asked: Asked, book: Book, page: AccountPage, fresh: readonly SignalInput[]) {
  const added = fresh.map((signal, i) => toSignal(signal, page.head.sequence + 1 + i, book.now))
  const question = ask(app, asked, book, page, [...page.signals, ...added])
  const answer = arbitrate(asked.decision, question, span)
  const envelope = {
    id: null,
    ruleset: asked.ruleset.hash,
    engine: ENGINE,
    createdAt: book.now,
    escalation: null,
    audit: null,
  }
  return { id: null, body: JSON.stringify(viewOf(answer, envelope)), answer, shadowed: null }
}

/** An answer as it is about to be written. */
export interface Kept {
  readonly id: string
  readonly question: Question
  readonly answer: Adjudication
  readonly shadowed: Shadowed | null
  readonly envelope: Envelope
}

/** Answers a question, and writes the answer with all that follows from it. */
export function answerAndKeep(app: App, principal: Principal, asked: Asked, book: Book, page: AccountPage): Kept {
  const { ruleset, decision, shadow, request } = asked
  if (request.proposal) book.register(request.proposal.agent)
  const question = ask(app, asked, book, page, page.signals)
  const answer = arbitrate(decision, question, span)
  const id = app.newId()
  const { escalation, joined, changed, withdrew, carryOut } = handOver(app, book, page, decision, answer, id)
  const record: AdjudicationRecord = {
    agents: [...question.agents.keys()].sort().map((name) => [name, book.agent(name)?.sequence ?? 0]),
    by: principal.name,
    changed,
    decision: decision.name,
    draw: question.draw,
    engine: ENGINE,
    escalation,
    facts: page.factsSequence,
    figures: figuresOf(answer),
    id,
    joined,
    overlay: request.facts,
    payload: asked.payloadHash ?? undefined,
    proposal: question.proposal ?? undefined,
    ruleset: ruleset.hash,
    ruling: answer.ruling?.sequence,
    signals: question.signals.map((signal) => signal.sequence).sort((a, b) => a - b),
    taken: sequencesOf(takenOf(decision, question)),
    withdrew,
  }
  const { sequence, hash } = page.append('adjudication', record)
  const { account } = page
  const { disposition } = answer.recommendation
  book.writes.insert('adjudications', { account_id: account, decision: decision.name, sequence, id, disposition })
  const place = { stream: page.stream, sequence }
  carryOut(place)
  const about = { account, adjudication: id, escalation, agent: question.proposal?.agent }
  book.event('adjudication.created', place, about, toldOfAnswer(answer))
  const shadowed = shadow && answerInShadow(app, shadow, book, { id, question, answer, escalation })
  const audit = { ...place, hash }
  const envelope = {
    id,
    ruleset: record.ruleset,
    engine: ENGINE,
    createdAt: book.now,
    escalation: escalation === undefined ? null : (book.escalation(escalation) ?? null),
    audit,
  }
  return { id, question, answer, shadowed, envelope }
}

/** Undefined where there is none: records of answers without any are as they were. */
function sequencesOf(taken: readonly Taken[]): readonly number[] | undefined {
  return taken.length === 0 ? undefined : taken.map(({ sequence }) => sequence).sort((a, b) => a - b)
}

/** From when on what agents did bears on an answer; null: nothing does. */
export function takenSince(app: App, { decision, shadow }: Pick<Asked, 'decision' | 'shadow'>): number | null {
  const shadowed = shadow?.ruleset.decisions.get(decision.name)?.longestCooldown ?? 0
  const longest = Math.max(decision.longestCooldown, shadowed)
  return longest === 0 ? null : app.now() - longest
}

/** The question as it stands in the book. */
export function ask(
  app: App,
  { ruleset, request, payloadHash, draw = app.draw() }: Asked,
  book: Book,
  page: AccountPage,
  signals: readonly Signal[],
): Question {
  const proposal = request.proposal ?? null
  const names = new Set(signals.map((signal) => signal.agent))
  if (proposal) names.add(proposal.agent)
  return {
    account: page.account,
    now: book.now,
    draw,
    facts: overlaid(page.facts, request.facts),
    signals,
    agents: standing(app, ruleset, names, (name) => book.agent(name)),
    proposal,
    ruling: covering(page.ruling(request.decision), proposal, payloadHash),
    taken: page.taken,
  }
}

/** A person's answer, unless it was to what the agent was going to send then. */
function covering(ruling: Ruling | null, proposal: Proposal | null, payloadHash?: string | null): Ruling | null {
  if (ruling === null || payloadHash === undefined) return ruling
  return coversPayload(ruling, proposal, payloadHash) ? ruling : null
}
