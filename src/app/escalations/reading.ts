import type { Escalation } from '../../core/escalation/escalation.ts'
import { accountIds } from '../../storage/aliases.ts'
import { type EscalationFilter, findEscalation, listEscalations as list } from '../../storage/escalations.ts'
import { findShownPayload, type ShownPayload } from '../../storage/leases.ts'
import { readSteps } from '../../storage/steps.ts'
import { type AccountView, getAccount } from '../accounts.ts'
import { type App, type Page, type Paged, paged } from '../app.ts'
import { getAdjudication } from '../history.ts'
import { Problem } from '../problem.ts'
import type { AdjudicationView } from '../view.ts'
import { type HiddenAdjudication, hideRecommendation, type ItemView, isHidden, itemView } from './item-view.ts'
import { type StepView, stepView } from './step-view.ts'
import { knownEscalation } from './steps.ts'

/**
 * In the order in which people should take them: priority, overdue, due time, regret. Decisions unless samples are
 * asked for: these block nothing.
 */
export async function listEscalations(
  app: App,
  { account, ...filter }: Omit<EscalationFilter, 'accounts' | 'at'> & { readonly account?: string | undefined },
  page: Page,
): Promise<Paged<ItemView>> {
  const after = page.cursor === undefined ? undefined : await findEscalation(app.db, page.cursor)
  if (page.cursor !== undefined && !after) {
    throw new Problem('invalid_request', `unknown cursor \`${page.cursor}\`; start again without it`)
  }
  const accounts = account === undefined ? undefined : await accountIds(app.db, account)
  const rows = await list(app.db, { kind: 'decision', ...filter, accounts, at: app.now() }, after, page.limit + 1)
  return paged(
    rows,
    page.limit,
    (item) => itemView(app, item),
    ({ id }) => id,
  )
}

export interface EscalationDetail extends ItemView {
  /** Null where what it was made from has been erased. */
  readonly adjudicationDetail: AdjudicationView | HiddenAdjudication | null
  readonly accountDetail: AccountView
  readonly decide: {
    readonly actions: readonly string[]
    readonly states: readonly string[]
    /** By code; none: any reason will do. */
    readonly reasons: Readonly<Record<string, string>>
  }
  /** What the agent that waits is going to send, which is nobody's word; null: it showed nothing. */
  readonly untrusted: { readonly agent: string; readonly payload: unknown; readonly payloadHash: string } | null
  /** Why it could not be evaluated, of an item that is about that. */
  readonly error: string | null
  /** What was done with it, in order; of much the newest. */
  readonly history: readonly StepView[]
}

/**
 * One item with all that a person needs to decide it: the answer with its ledger, the account, what there is to
 * choose, and what others have done and said. Where its queue is blind, all that tells the recommendation is left
 * out until it is resolved.
 *
 * @throws Problem `not_found`
 */
export async function getEscalation(app: App, id: string): Promise<EscalationDetail> {
  const item = await knownEscalation(app, id)
  const [answer, accountDetail, steps, shown] = await Promise.all([
    answerOf(app, item),
    getAccount(app, item.account),
    readSteps(app.db, id, { limit: HISTORY_AT_MOST }),
    findShownPayload(app.db, id),
  ])
  const hidden = isHidden(app, item)
  const { decisions, queues } = app.rules.active
  const declared = decisions.get(item.decision)
  return {
    ...itemView(app, item),
    adjudicationDetail: answer && hidden ? hideRecommendation(answer) : answer,
    accountDetail: hidden ? withoutAnswer(accountDetail, item) : accountDetail,
    decide: {
      actions: answer ? Object.keys(answer.expectedLoss) : (declared?.actions.map(({ name }) => name) ?? []),
      states: answer ? Object.keys(answer.beliefs) : (declared?.states.map(({ name }) => name) ?? []),
      reasons: Object.fromEntries(queues.reasons),
    },
    untrusted: shown ? untrusted(shown) : null,
    error: item.rule === null ? null : await errorOf(app, item),
    history: steps.map((step) => stepView(step, item.id, hidden)),
  }
}

function untrusted({ agent, hash, payload }: ShownPayload): EscalationDetail['untrusted'] {
  return hash === null || payload === null ? null : { agent, payload: JSON.parse(payload), payloadHash: hash }
}

/** More than anybody reads. */
const HISTORY_AT_MOST = 500

/** Null where it has been erased. */
async function errorOf(app: App, { id }: Escalation): Promise<string | null> {
  const [opened] = await readSteps(app.db, id, { kind: 'escalation.opened', limit: 1 })
  return (opened?.body?.error as string | undefined) ?? null
}

async function answerOf(app: App, { adjudication }: Escalation): Promise<AdjudicationView | null> {
  try {
    return await getAdjudication(app, adjudication)
  } catch (error) {
    if (error instanceof Problem && error.code === 'redacted') return null
    throw error
  }
}

/** The account without its newest answer to the question, which is what the reviewer is not to know. */
function withoutAnswer(account: AccountView, { decision }: Escalation): AccountView {
  return { ...account, adjudications: account.adjudications.filter((answer) => answer.decision !== decision) }
}
