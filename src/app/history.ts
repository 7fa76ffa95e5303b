import { adjudicate as arbitrate } from '../core/adjudicate.ts'
import type { Escalation, Resolution } from '../core/escalation/escalation.ts'
import { type Adjudication, type Decision, ENGINE, type Question, type Ruling, type Taken } from '../core/model.ts'
import type { Ruleset } from '../core/rules/load.ts'
import { makeRuling } from '../core/ruling.ts'
import {
  type AdjudicationFilter,
  findAdjudication,
  listAdjudications as list,
  readAgentsAt,
  readInputs,
  readPayload,
  readPayloads,
  type StoredAdjudication,
} from '../storage/adjudications.ts'
import { accountIds } from '../storage/aliases.ts'
import { bodyOf } from '../storage/chain.ts'
import { findEscalation } from '../storage/escalations.ts'
import { isUnavailable } from '../storage/unavailable.ts'
import { type App, type Page, type Paged, paged } from './app.ts'
import { isHidden } from './escalations/item-view.ts'
import { may, type Principal } from './principal.ts'
import { damaged, Problem } from './problem.ts'
import { overlaid, standing } from './question.ts'
import { type AdjudicationRecord, type Difference, differences, figuresOf } from './record.ts'
import { type AdjudicationView, type OfRecord, viewOf } from './view.ts'

/** Where answers of the past are read from. */
export interface Archive {
  readonly db: App['db']
  readonly rules: Pick<App['rules'], 'agent' | 'byHash'>
}

/**
 * @param viewer of whom is kept what a blind queue hides from them
 * @throws Problem `not_found`; `forbidden` where it is hidden; `redacted` where what recomputes the answer has been
 *   erased; `damaged`
 */
export async function getAdjudication(app: App, id: string, viewer?: Principal): Promise<AdjudicationView> {
  return render(app, await find(app, id), viewer)
}

/** What is kept of an adjudication, as it is. @throws Problem `not_found`, `redacted`, `damaged` */
export async function getRecord(app: Archive, id: string): Promise<AdjudicationRecord> {
  const stored = await find(app, id)
  return reading(stored, () => recordOf(stored))
}

/** Newest first. Those that are erased, damaged or hidden from the viewer are left out. */
export async function listAdjudications(
  app: App,
  { account, ...filter }: Omit<AdjudicationFilter, 'accounts'> & { readonly account?: string | undefined },
  page: Page,
  viewer?: Principal,
): Promise<Paged<AdjudicationView>> {
  const accounts = account === undefined ? undefined : await accountIds(app.db, account)
  const rows = await list(app.db, { ...filter, accounts }, page.cursor, page.limit + 1)
  const { items, next } = paged(
    rows,
    page.limit,
    (row) => row,
    (row) => row.id,
  )
  return { items: await renderAll(app, items, viewer), next }
}

export async function renderAll(
  app: App,
  stored: readonly StoredAdjudication[],
  viewer?: Principal,
): Promise<readonly AdjudicationView[]> {
  const kept = stored.filter((one) => one.payload !== null)
  const views = await Promise.all(kept.map((one) => renderOrSkip(app, one, viewer)))
  return views.filter((view) => view !== null)
}

/** Null where it is hidden, or damaged: one such row must not hide all the others. The log names it. */
async function renderOrSkip(
  app: App,
  stored: StoredAdjudication,
  viewer?: Principal,
): Promise<AdjudicationView | null> {
  try {
    return await render(app, stored, viewer)
  } catch (error) {
    if (error instanceof Problem && error.code === 'forbidden') return null
    if (!(error instanceof Problem && error.code === 'damaged')) throw error
    const { stream, sequence, id } = stored
    app.log.warn({ stream, sequence, adjudication: id, reason: error.message }, 'left out a damaged adjudication')
    return null
  }
}

/**
 * Computes an answer again from what is stored alone, and holds every figure against those that were recorded.
 * @throws Problem `not_found`, `redacted`, `damaged`
 */
export async function recompute(
  app: App,
  id: string,
): Promise<{ readonly identical: boolean; readonly differences: readonly Difference[] }> {
  const { record, answer } = await restore(app, await find(app, id))
  const found = differences(record.figures, figuresOf(answer))
  return { identical: found.length === 0, differences: found }
}

async function find(app: Archive, id: string): Promise<StoredAdjudication> {
  const stored = await findAdjudication(app.db, id)
  if (!stored) throw new Problem('not_found', `no adjudication \`${id}\``)
  return stored
}

async function render(app: App, stored: StoredAdjudication, viewer?: Principal): Promise<AdjudicationView> {
  const restored = await restore(app, stored)
  const { record, answer } = restored
  const item = record.escalation === undefined ? undefined : await findEscalation(app.db, record.escalation)
  if (item && viewer && isReviewer(viewer) && isHidden(app, item)) throw hidden(item)
  return viewOf(answer, {
    id: record.id,
    ruleset: record.ruleset,
    engine: record.engine,
    createdAt: stored.at.getTime(),
    escalation: item ?? null,
    audit: { stream: stored.stream, sequence: stored.sequence, hash: stored.hash },
    ...(item?.resolution && { ofRecord: decided(restored, item.resolution) }),
  })
}

/** Whoever decides must not know what is recommended; who only asks must, and admins may know all. */
export const isReviewer = (viewer: Principal): boolean => viewer.kind === 'person' && !may(viewer, 'admin')

function hidden({ id, queue }: Escalation): Problem {
  return new Problem('forbidden', `queue \`${queue}\` is blind: what is recommended shows once \`${id}\` is resolved`)
}

/** What a resolution makes of an answer: it is of record then what the person said, as if that had been known before. */
function decided({ decision, question, answer, engine }: Restored, resolution: Resolution): Partial<OfRecord> {
  const { action, by } = resolution
  if (action === null) return {}
  const at = Date.parse(resolution.at)
  const ruling = { ...makeRuling(decision, question, answer, { action, by, at }), sequence: 0 }
  const { summary, recommendation, proposal, ruling: stands } = engine(decision, { ...question, ruling })
  if (resolution.resolution === 'fallback') {
    return {
      recommendation: { ...recommendation, reasons: FALLBACK },
      proposal: proposal && { ...proposal, reasons: FALLBACK },
    }
  }
  if (stands) return { summary, recommendation, proposal }
  // What the rules forbid to agents, people may still do.
  const reasons = ['decided_by_person', ...answer.recommendation.reasons] as const
  return { recommendation: { ...answer.recommendation, action, disposition: 'escalate', reasons } }
}
const FALLBACK = ['fallback'] as const

/** What an adjudication was made from, what it answered, and under which decision file. */
export async function restoreAdjudication(
  app: Archive,
  id: string,
): Promise<Pick<Restored, 'decision' | 'question' | 'answer'>> {
  return restore(app, await find(app, id))
}

/** The engines that have ever answered, each kept as it was. */
const ENGINES: Readonly<Record<number, typeof arbitrate>> = { [ENGINE]: arbitrate }

interface Restored {
  readonly record: AdjudicationRecord
  readonly decision: Decision
  readonly question: Question
  readonly answer: Adjudication
  readonly engine: typeof arbitrate
}

/** @throws Problem `redacted`; `damaged` where what is stored can't be what was recorded */
function restore(app: Archive, stored: StoredAdjudication): Promise<Restored> {
  return reading(stored, () => computeAgain(app, stored))
}

async function reading<T>(stored: StoredAdjudication, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    // All JSON that is parsed on the way was written by us.
    if (error instanceof SyntaxError) throw broken(stored, 'it is not JSON', error)
    throw error
  }
}

/** @throws Problem `redacted`, `damaged` */
function recordOf(stored: StoredAdjudication): AdjudicationRecord {
  const { id, payload } = stored
  if (payload === null) throw redacted(id)
  const record = bodyOf<AdjudicationRecord>(payload)
  if (!isRecord(record) || record.id !== id) throw broken(stored, `it is not the record of adjudication \`${id}\``)
  return record
}

async function computeAgain(app: Archive, stored: StoredAdjudication): Promise<Restored> {
  const { id, account, at } = stored
  const record = recordOf(stored)
  const [ruleset, inputs, agents, ruling, taken] = await Promise.all([
    rulesetOf(app, stored, record.ruleset),
    readInputs(app.db, account, record.facts, record.signals),
    readAgentsAt(app.db, record.agents),
    record.ruling === undefined ? null : rulingAt(app, stored, record.ruling),
    record.taken === undefined ? undefined : takenAt(app, stored, record.taken),
  ])
  if (record.agents.some(([name, sequence]) => sequence > 0 && !agents.has(name))) throw redacted(id)
  if (inputs.signals.length !== record.signals.length)
    throw broken(stored, 'the signals it was made from are not there')
  const decision = ruleset.decisions.get(record.decision)
  const engine = ENGINES[record.engine]
  if (!decision || !engine) throw broken(stored, 'it names a decision or an engine that there is not')
  const names = record.agents.map(([name]) => name)
  const question: Question = {
    account,
    now: at.getTime(),
    draw: record.draw,
    facts: overlaid(inputs.facts, record.overlay),
    signals: inputs.signals,
    agents: standing(app, ruleset, names, (name) => agents.get(name)),
    proposal: record.proposal ?? null,
    // What the record names stood then, however meanings are hashed now.
    ruling: ruling && { ...ruling, meaning: decision.meaning },
    taken,
  }
  return { record, decision, question, answer: engine(decision, question), engine }
}

/** What a person decided in an entry of the same stream. @throws Problem `redacted`, `damaged` */
async function rulingAt(app: Archive, stored: StoredAdjudication, sequence: number): Promise<Ruling> {
  const payload = await readPayload(app.db, stored.stream, sequence)
  if (payload === null) throw redacted(stored.id)
  const { ruling } = bodyOf<{ ruling?: Omit<Ruling, 'sequence'> }>(payload)
  if (!ruling) throw broken(stored, `entry ${sequence} is not a person's decision`)
  return { ...ruling, sequence }
}

/** What agents had done by then, as entries of the same stream recorded it. @throws Problem `redacted`, `damaged` */
async function takenAt(app: Archive, stored: StoredAdjudication, sequences: readonly number[]): Promise<Taken[]> {
  const payloads = await readPayloads(app.db, stored.stream, sequences)
  return sequences.map((sequence) => {
    const payload = payloads.get(sequence)
    if (payload === undefined) throw redacted(stored.id)
    const { action, tags, at } = bodyOf<{ action?: unknown; tags?: unknown; at?: unknown }>(payload)
    if (typeof action === 'string' && Array.isArray(tags) && typeof at === 'string')
      return { sequence, action, tags: tags.map(String), at: Date.parse(at) }
    throw broken(stored, `entry ${sequence} is not of a lease that was redeemed`)
  })
}

/** The ruleset that answered, or none: other rules must never pass for it. */
async function rulesetOf(app: Archive, stored: StoredAdjudication, hash: string): Promise<Ruleset> {
  const what = `the ruleset \`${hash}\` is not there or not the one that answered`
  const ruleset = await app.rules.byHash(hash).catch((error) => {
    if (isUnavailable(error)) throw error
    throw broken(stored, what, error)
  })
  if (ruleset.hash !== hash) throw broken(stored, what)
  return ruleset
}

/** Whether a payload's body has the shape in which adjudications are recorded. */
export function isRecord(body: unknown): body is AdjudicationRecord {
  if (!isObject(body) || !isObject(body.figures)) return false
  const { id, decision, ruleset, draw, engine, facts, signals, agents, overlay = {}, proposal = {}, ruling = 0 } = body
  const { taken = [] } = body
  return (
    [id, decision, ruleset].every((one) => typeof one === 'string') &&
    [draw, engine, facts].every((one) => typeof one === 'number') &&
    Array.isArray(signals) &&
    signals.every(Number.isInteger) &&
    Array.isArray(taken) &&
    taken.every(Number.isInteger) &&
    Array.isArray(agents) &&
    agents.every((one) => Array.isArray(one) && typeof one[0] === 'string' && Number.isInteger(one[1])) &&
    isObject(overlay) &&
    typeof ruling === 'number' &&
    isObject(proposal)
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function broken({ stream, sequence }: StoredAdjudication, what: string, cause?: unknown): Problem {
  return damaged(stream, sequence, what, cause)
}

function redacted(id: string): Problem {
  return new Problem(
    'redacted',
    `what adjudication \`${id}\` was made from has been erased; its place in the trail remains`,
  )
}
