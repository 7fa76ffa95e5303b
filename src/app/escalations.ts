import {
  type EscalationFilter,
  findEscalation,
  listEscalations as list,
  type StoredEscalation,
} from '../storage/escalations.ts'
import { type AccountView, getAccount } from './accounts.ts'
import { type App, type Page, type Paged, paged } from './app.ts'
import { getAdjudication } from './history.ts'
import { Problem } from './problem.ts'
import type { AdjudicationView } from './view.ts'

export type EscalationView = ReturnType<typeof viewOf>

/** In the order in which people should take them: priority, overdue, due time, regret. */
export async function listEscalations(app: App, filter: EscalationFilter, page: Page): Promise<Paged<EscalationView>> {
  const cursor = page.cursor === undefined ? undefined : parseCursor(page.cursor)
  const after = cursor && (await findEscalation(app.db, cursor.id))
  if (cursor && !after)
    throw new Problem('invalid_request', `unknown cursor \`${page.cursor}\`; start again without it`)
  // Pages of one list judge what is overdue at the same moment, else an item could slip between two of them.
  const at = cursor?.at ?? app.now()
  const rows = await list(app.db, filter, at, after, page.limit + 1)
  return paged(rows, page.limit, viewOf, (row) => `${row.id}.${at}`)
}

function parseCursor(cursor: string): { readonly id: string; readonly at: number } {
  const [, id, at] = /^([0-9a-f-]{36})\.(\d{1,15})$/.exec(cursor) ?? []
  if (!id || !at) throw new Problem('invalid_request', `unknown cursor \`${cursor}\`; start again without it`)
  return { id, at: Number(at) }
}

/** One item with all that a person needs to decide it: the answer with its ledger, the account, what there is to choose. */
export async function getEscalation(
  app: App,
  id: string,
): Promise<
  EscalationView & {
    readonly adjudicationDetail: AdjudicationView
    readonly accountDetail: AccountView
    readonly decide: { readonly actions: readonly string[]; readonly states: readonly string[] }
  }
> {
  const row = await findEscalation(app.db, id)
  if (!row) throw new Problem('not_found', `no escalation \`${id}\``)
  const [adjudicationDetail, accountDetail] = await Promise.all([
    getAdjudication(app, row.adjudication_id),
    getAccount(app, row.account_id),
  ])
  const decide = {
    actions: Object.keys(adjudicationDetail.expectedLoss),
    states: Object.keys(adjudicationDetail.beliefs),
  }
  return { ...viewOf(row), adjudicationDetail, accountDetail, decide }
}

export function viewOf(row: StoredEscalation) {
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
