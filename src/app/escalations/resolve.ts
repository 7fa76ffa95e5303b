import { agreementsOf } from '../../core/agreement.ts'
import type { Escalation, Resolution } from '../../core/escalation/escalation.ts'
import { refuse, resolve } from '../../core/escalation/steps.ts'
import type { Adjudication, Decision, Question, Ruling, Shown } from '../../core/model.ts'
import { makeRuling } from '../../core/ruling.ts'
import { findShownPayload } from '../../storage/leases.ts'
import type { App } from '../app.ts'
import type { AccountPage } from '../book.ts'
import { restoreAdjudication } from '../history.ts'
import { keepOutcome } from '../outcomes.ts'
import type { Principal } from '../principal.ts'
import { asProblem, Problem, type ProblemCode } from '../problem.ts'
import type { OnBehalf } from './claims.ts'
import { type ItemView, isHidden, itemView } from './item-view.ts'
import { type Reviewer, reviewerOf } from './reviewer.ts'
import { knownEscalation, made, type Turn, takeTurn } from './steps.ts'

/** A person's answer to an escalation. */
export interface ResolutionRequest extends OnBehalf {
  readonly resolution: 'uphold' | 'override' | 'dismiss'
  /** Of `override`, what is to be done. */
  readonly action?: string | undefined
  /** What the reviewer knows of the account. */
  readonly state?: string | undefined
  /** Ids of signals that were wrong. */
  readonly wrongSignals?: readonly string[] | undefined
  /** A code that `queues.yaml` declares, or any where it declares none. */
  readonly reason: string
  readonly comment?: string | undefined
  /** The adjudication that they have looked at, so that nobody upholds what has changed before their eyes. */
  readonly adjudication?: string | undefined
  /** The door that the answer came through, for the trail, where it was not the HTTP API itself. */
  readonly via?: string | undefined
}

/**
 * Ends an escalation with a person's answer. What they decide stands for the question (see `core/ruling.ts`), a state
 * that they know becomes an outcome, and what agents had said is held against both.
 *
 * `uphold` decides for what the newest adjudication of the item recommends, `override` for another action, `dismiss`
 * for nothing.
 *
 * @throws Problem `not_found`, `forbidden`, `already_claimed`, `already_resolved`, `escalation_changed`,
 *   `unknown_reason`, `unknown_action`, `unknown_state`, `invalid_request`, `redacted`
 */
export async function resolveEscalation(
  app: App,
  principal: Principal,
  id: string,
  request: ResolutionRequest,
): Promise<ItemView> {
  const by = reviewerOf(principal, request.reviewer)
  demandReason(app, request.reason)
  for (;;) {
    const item = await knownEscalation(app, id)
    const refusal = refuse(item, by.name, app.now())
    if (refusal) throw new Problem(refusal.code, refusal.message)
    const answered = await considered(app, item, request)
    demandSeen(app, item, request)
    const finding = check(item, request, answered)
    const shown = await payloadSeen(app, item, request, finding)
    const { decision } = item
    const outcome = finding.state && { decision, observedAt: app.now(), source: sourceOf(by), state: finding.state }
    const view = await takeTurn(
      app,
      item,
      (turn) => {
        // Another adjudication has changed it since: what is upheld must be what is recommended.
        if (turn.item.adjudication !== item.adjudication) return null
        const closed = made(
          resolve(turn.item, by.name, turn.book.now, resolutionOf(turn.book.at, by, request, finding)),
        )
        if (outcome) keepOutcome(turn.book, turn.page as AccountPage, by.name, outcome)
        end(turn, by, closed, answered && { ...answered, shown }, request.via)
        return itemView(app, closed)
      },
      (account) => ({
        outcomes: outcome ? [{ ...outcome, account }] : [],
        ...(item.rule === null && { accounts: [account], trails: [] }),
      }),
    )
    if (view) return view
  }
}

export interface BulkResult {
  readonly id: string
  readonly status: 'resolved' | 'rejected'
  readonly problem?: { readonly code: ProblemCode; readonly detail: string }
}

/** Upholds or dismisses each of many escalations on its own: one that can't be resolved stops no other. */
export async function resolveEach(
  app: App,
  principal: Principal,
  ids: readonly string[],
  request: Pick<ResolutionRequest, 'reason' | 'comment' | 'reviewer'> & { readonly resolution: 'uphold' | 'dismiss' },
): Promise<readonly BulkResult[]> {
  reviewerOf(principal, request.reviewer)
  demandReason(app, request.reason)
  return Promise.all(
    ids.map(async (id): Promise<BulkResult> => {
      try {
        await resolveEscalation(app, principal, id, request)
        return { id, status: 'resolved' }
      } catch (error) {
        // Each of them tells its own end: those before it are resolved, whatever becomes of it.
        const problem = asProblem(error)
        if (problem.code === 'internal') app.log.error({ escalation: id, err: error }, 'an escalation was not resolved')
        return { id, status: 'rejected', problem: { code: problem.code, detail: problem.message } }
      }
    }),
  )
}

/** @throws Problem `unknown_reason` */
function demandReason({ rules }: App, reason: string): void {
  const { reasons } = rules.active.queues
  if (reasons.size === 0 || reasons.has(reason)) return
  throw new Problem('unknown_reason', `queues.yaml has no reason \`${reason}\`; it has ${listed(reasons.keys())}`)
}

/**
 * Nobody upholds what they have not been shown.
 * @throws Problem `invalid_request`
 */
function demandSeen(app: App, item: Escalation, { resolution }: ResolutionRequest): void {
  if (resolution !== 'uphold' || !isHidden(app, item)) return
  throw new Problem(
    'invalid_request',
    `queue \`${item.queue}\` is blind: what is recommended shows once you have decided; \`override\` with the action that you would take`,
  )
}

/** What a person answers: the question as it was asked, and what Umpire said. */
interface Answered {
  readonly decision: Decision
  readonly question: Question
  readonly answer: Adjudication
  /** What an agent was going to send, if they allow that. */
  readonly shown?: Shown | undefined
}

/** Null where it takes nothing but the item: what has been erased can still be dismissed. */
async function considered(app: App, item: Escalation, request: ResolutionRequest): Promise<Answered | null> {
  const { resolution, state, wrongSignals = [] } = request
  if (item.rule !== null) return null
  if (resolution === 'dismiss' && state === undefined && wrongSignals.length === 0) return null
  return restoreAdjudication(app, item.adjudication)
}

/** What was found, all of it known to the decision. */
type Finding = Pick<Resolution, 'action' | 'recommended' | 'state' | 'wrongSignals'>

/** @throws Problem `invalid_request`, `unknown_action`, `unknown_state`, `escalation_changed` */
function check(item: Escalation, request: ResolutionRequest, answered: Answered | null): Finding {
  const { resolution, action, state = null, wrongSignals = [], adjudication } = request
  if (adjudication !== undefined && adjudication !== item.adjudication) {
    const now = `it is about adjudication \`${item.adjudication}\` now`
    throw new Problem(
      'escalation_changed',
      `escalation \`${item.id}\` has changed since \`${adjudication}\`: ${now}; look again`,
    )
  }
  if (resolution !== 'override' && action !== undefined) {
    throw new Problem('invalid_request', '`action` goes with `override`; leave it out')
  }
  if (item.rule !== null && (resolution !== 'dismiss' || state !== null || wrongSignals.length > 0)) {
    throw new Problem(
      'invalid_request',
      `escalation \`${item.id}\` is about \`${item.rule}\`, which could not be evaluated, and there is nothing to decide: mend it, then \`dismiss\` with a reason`,
    )
  }
  const recommended = item.asked.action
  if (!answered) return { action: null, recommended, state, wrongSignals }
  const { decision, answer } = answered
  demandKnown(decision, 'state', state)
  for (const id of wrongSignals) {
    if (answer.signals.some((signal) => signal.id === id)) continue
    throw new Problem(
      'invalid_request',
      `adjudication \`${item.adjudication}\` heard no signal \`${id}\`; see its \`signals\``,
    )
  }
  return { action: actionOf(answered, request), recommended: answer.recommendation.action, state, wrongSignals }
}

/**
 * What an agent that has checked was going to send, where they allow what it wants to do: they allow that and nothing
 * else, whoever has proposed the same since. Undefined: none has checked.
 *
 * @throws Problem `escalation_changed` where it may be something else than they have looked at
 */
async function payloadSeen(
  app: App,
  item: Escalation,
  { adjudication }: ResolutionRequest,
  { action }: Finding,
): Promise<Shown | undefined> {
  if (action === null) return undefined
  const payload = await findShownPayload(app.db, item.id)
  if (payload?.action !== action) return undefined
  if (adjudication === undefined && item.adjudication !== item.openedBy) {
    const now = `it is about adjudication \`${item.adjudication}\` now`
    throw new Problem(
      'escalation_changed',
      `escalation \`${item.id}\` has been asked again since it was opened, and what \`${payload.agent}\` is going to send may have changed: ${now}; look again, and name it as \`adjudication\``,
    )
  }
  return { agent: payload.agent, payloadHash: payload.hash }
}

/** @throws Problem `invalid_request`, `unknown_action` */
function actionOf({ decision, answer }: Answered, { resolution, action }: ResolutionRequest): string | null {
  if (resolution === 'dismiss') return null
  if (resolution === 'override') {
    if (action === undefined) {
      throw new Problem('invalid_request', `\`override\` needs an \`action\`: ${listed(names(decision.actions))}`)
    }
    demandKnown(decision, 'action', action)
    return action
  }
  if (answer.recommendation.action === null) {
    throw new Problem(
      'invalid_request',
      `no action is permitted, so there is nothing to uphold; \`override\` with one of ${listed(names(decision.actions))}`,
    )
  }
  return answer.recommendation.action
}

/** @throws Problem `unknown_action`, `unknown_state` */
function demandKnown(decision: Decision, what: 'action' | 'state', name: string | null): void {
  const known = names(decision[`${what}s`])
  if (name === null || known.includes(name)) return
  throw new Problem(`unknown_${what}`, `\`${decision.name}\` has no ${what} \`${name}\`; it has ${listed(known)}`)
}

const names = (named: readonly { readonly name: string }[]): readonly string[] => named.map(({ name }) => name)
const listed = (names: Iterable<string>): string => [...names].map((name) => `\`${name}\``).join(', ')

function resolutionOf(
  at: string,
  by: Reviewer,
  { resolution, reason, comment }: ResolutionRequest,
  finding: Finding,
): Resolution {
  return { resolution, ...finding, reason, comment: comment ?? null, by: by.name, at }
}

/** Writes the end of an item, and what follows from it. */
function end(turn: Turn, by: Reviewer, closed: Escalation, answered: Answered | null, via: string | undefined): void {
  const { book, write } = turn
  const { by: _by, at: _at, ...resolution } = closed.resolution!
  const ruling = answered && rulingOf(turn, by, answered, resolution.action)
  const agreements = answered === null ? [] : agreementsOf(answered.decision, answered.question, resolution)
  const place = write('resolved', by, closed, { agreements, resolution, ruling: ruling ?? undefined, via })
  if (ruling) book.rule(turn.page as AccountPage, closed.decision, { ...ruling, sequence: place.sequence })
  book.notify('escalation.resolved', closed, place)
  for (const { agent, signal, claim, agrees, basis } of agreements) {
    book.writes.insert('agreements', {
      account_id: closed.account,
      escalation_id: closed.id,
      agent,
      signal_id: signal,
      claim,
      decision: closed.decision,
      agrees,
      basis,
      reason: resolution.reason,
      at: book.at,
    })
  }
}

/** What stands from now on. A sample is of an earlier day: what people have decided since then is not put aside for it. */
function rulingOf(
  { book, item, page }: Turn,
  by: Reviewer,
  { decision, question, answer, shown }: Answered,
  action: string | null,
): Omit<Ruling, 'sequence'> | null {
  if (action === null) return null
  const newest = (page as AccountPage).ruling(item.decision)
  if (item.kind === 'sample' && newest !== null && newest.at > question.now) return null
  return { ...makeRuling(decision, question, answer, { action, by: by.name, at: book.now }), ...(shown && { shown }) }
}

/** As whom a reviewer states what became of an account. */
const sourceOf = ({ name }: Reviewer): string => `reviewer:${name}`
