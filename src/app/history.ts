import { adjudicate as arbitrate } from '../core/adjudicate.ts'
import { type Adjudication, ENGINE } from '../core/model.ts'
import {
  type AdjudicationFilter,
  findAdjudication,
  listAdjudications as list,
  readAgentsAt,
  readInputs,
  type StoredAdjudication,
} from '../storage/adjudications.ts'
import { accountIds } from '../storage/aliases.ts'
import { bodyOf } from '../storage/chain.ts'
import { type App, type Page, type Paged, paged } from './app.ts'
import { Problem } from './problem.ts'
import { overlaid, standing } from './question.ts'
import { type AdjudicationRecord, type Difference, differences, figuresOf } from './record.ts'
import { type AdjudicationView, viewOf } from './view.ts'

/** @throws Problem `not_found`; `redacted` where what recomputes the answer has been erased */
export async function getAdjudication(app: App, id: string): Promise<AdjudicationView> {
  return render(app, await find(app, id))
}

/** Newest first. Those whose payload has been erased can't be rendered and are left out. */
export async function listAdjudications(
  app: App,
  { account, ...filter }: Omit<AdjudicationFilter, 'accounts'> & { readonly account?: string | undefined },
  page: Page,
): Promise<Paged<AdjudicationView>> {
  const accounts = account === undefined ? undefined : await accountIds(app.db, account)
  const rows = await list(app.db, { ...filter, accounts }, page.cursor, page.limit + 1)
  const { items, next } = paged(
    rows,
    page.limit,
    (row) => row,
    (row) => row.id,
  )
  return { items: await renderAll(app, items), next }
}

export async function renderAll(app: App, stored: readonly StoredAdjudication[]): Promise<readonly AdjudicationView[]> {
  return Promise.all(stored.filter((one) => one.payload !== null).map((one) => render(app, one)))
}

/**
 * Computes an answer again from what is stored alone, and holds every figure against those that were recorded.
 * @throws Problem `not_found`, `redacted`
 */
export async function recompute(
  app: App,
  id: string,
): Promise<{ readonly identical: boolean; readonly differences: readonly Difference[] }> {
  const { record, answer } = await restore(app, await find(app, id))
  const found = differences(record.figures, figuresOf(answer))
  return { identical: found.length === 0, differences: found }
}

async function find(app: App, id: string): Promise<StoredAdjudication> {
  const stored = await findAdjudication(app.db, id)
  if (!stored) throw new Problem('not_found', `no adjudication \`${id}\``)
  return stored
}

async function render(app: App, stored: StoredAdjudication): Promise<AdjudicationView> {
  const { record, answer } = await restore(app, stored)
  return viewOf(answer, {
    id: record.id,
    ruleset: record.ruleset,
    engine: record.engine,
    createdAt: stored.at.getTime(),
    escalation: record.escalation ?? null,
    audit: { stream: stored.stream, sequence: stored.sequence, hash: stored.hash },
  })
}

/** The engines that have ever answered, each kept as it was. */
const ENGINES: Readonly<Record<number, typeof arbitrate>> = { [ENGINE]: arbitrate }

async function restore(
  app: App,
  { id, account, at, payload }: StoredAdjudication,
): Promise<{ readonly record: AdjudicationRecord; readonly answer: Adjudication }> {
  if (payload === null) throw redacted(id)
  const record = bodyOf<AdjudicationRecord>(payload)
  const [ruleset, inputs, agents] = await Promise.all([
    app.rules.byHash(record.ruleset),
    readInputs(app.db, account, record.facts, record.signals),
    readAgentsAt(app.db, record.agents),
  ])
  if (record.agents.some(([name, sequence]) => sequence > 0 && !agents.has(name))) throw redacted(id)
  const decision = ruleset.decisions.get(record.decision)
  const engine = ENGINES[record.engine]
  if (!decision || !engine) throw new Error(`adjudication ${id} names a decision or an engine that is not there`)
  const names = record.agents.map(([name]) => name)
  const answer = engine(decision, {
    account,
    now: at.getTime(),
    draw: record.draw,
    facts: overlaid(inputs.facts, record.overlay),
    signals: inputs.signals,
    agents: standing(app, ruleset, names, (name) => agents.get(name)),
    proposal: record.proposal ?? null,
  })
  return { record, answer }
}

function redacted(id: string): Problem {
  return new Problem(
    'redacted',
    `what adjudication \`${id}\` was made from has been erased; its place in the trail remains`,
  )
}
