import { accountIds } from '../storage/aliases.ts'
import { type EscalationFilter, findEscalation, listEscalations as list } from '../storage/escalations.ts'
import { type AccountView, getAccount } from './accounts.ts'
import { type App, type Page, type Paged, paged } from './app.ts'
import { getAdjudication } from './history.ts'
import { Problem } from './problem.ts'
import { type AdjudicationView, type EscalationView, escalationView } from './view.ts'

/** In the order in which people should take them: priority, overdue, due time, regret. */
export async function listEscalations(
  app: App,
  { account, ...filter }: Omit<EscalationFilter, 'accounts'> & { readonly account?: string | undefined },
  page: Page,
): Promise<Paged<EscalationView>> {
  const cursor = page.cursor === undefined ? undefined : parseCursor(page.cursor)
  const after = cursor && (await findEscalation(app.db, cursor.id))
  if (cursor && !after)
    throw new Problem('invalid_request', `unknown cursor \`${page.cursor}\`; start again without it`)
  // Pages of one list judge what is overdue at the same moment, else an item could slip between two of them.
  const at = cursor?.at ?? app.now()
  const accounts = account === undefined ? undefined : await accountIds(app.db, account)
  const rows = await list(app.db, { ...filter, accounts }, at, after, page.limit + 1)
  return paged(rows, page.limit, escalationView, (row) => `${row.id}.${at}`)
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
  return { ...escalationView(row), adjudicationDetail, accountDetail, decide }
}
