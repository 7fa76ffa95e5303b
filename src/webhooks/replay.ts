import type { App } from '../app/app.ts'
import { demand, type Principal } from '../app/principal.ts'
import { Problem } from '../app/problem.ts'
import type { Source } from '../core/sources.ts'
import { appendEntry } from '../storage/audit.ts'
import { dropRejection, explainRejection, oldestRejections, type Rejection } from '../storage/webhook-rejections.ts'
import { keepRejected, mapAndTakeIn, type Outcome } from './intake.ts'
import { failed } from './mapping/made.ts'
import type { RequestMapper } from './mapping/mapper.ts'
import { type Events, isFailed, readEvents } from './read.ts'
import { activeSource, rejectionOf, STREAM } from './rejected.ts'
import type { Webhooks } from './webhooks.ts'

/** Read together: each may be a payload of a MiB. */
const BATCH = 20
/** Tried in one request, as far as the time is enough, in milliseconds. */
const REPLAYED_AT_MOST = 1_000
const PATIENCE = 20_000

export interface Replayed {
  readonly taken: number
  readonly ignored: number
  readonly rejected: number
}

/**
 * Tries again to take in what could not be, under the sources as they are now. What can be is off the list then.
 * @throws Problem `forbidden`, `not_found`
 */
export async function replayRejected(
  app: App,
  webhooks: Webhooks,
  principal: Principal,
  id: string,
): Promise<Replayed> {
  demand(principal, 'admin')
  const rejection = await rejectionOf(app, id)
  const source = activeSource(app, rejection.source)
  const replayed = countsOf(await replay(app, webhooks, source, rejection))
  await record(app, { by: principal.name, source: source.name, rejection: id, ...replayed })
  return replayed
}

/**
 * The same for all that a source has sent, oldest first, up to a thousand.
 * @param after the id behind which to begin; undefined: at the oldest
 * @returns with `next`: behind which to go on; null: that was all
 */
export async function replaySource(
  app: App,
  webhooks: Webhooks,
  principal: Principal,
  { source: name, after }: { readonly source: string; readonly after?: string | undefined },
): Promise<Replayed & { readonly next: string | null }> {
  demand(principal, 'admin')
  const source = activeSource(app, name)
  const until = app.now() + PATIENCE
  const outcomes: Outcome[] = []
  let [tried, last, next]: [number, string | null, string | null] = [0, null, null]
  for await (const rejection of oldestFirst(app, name, after)) {
    if (tried === REPLAYED_AT_MOST || app.now() > until) {
      next = last
      break
    }
    outcomes.push(...(await replay(app, webhooks, source, rejection)))
    last = rejection.id
    tried++
  }
  const replayed = countsOf(outcomes)
  if (tried > 0) await record(app, { by: principal.name, source: name, rejection: null, ...replayed })
  return { ...replayed, next }
}

async function* oldestFirst(app: App, source: string, after: string | undefined): AsyncGenerator<Rejection> {
  for (let last = after; ; ) {
    const batch = await oldestRejections(app.db, source, last, BATCH)
    yield* batch
    last = batch.at(-1)?.id
    if (last === undefined) return
  }
}

async function replay(app: App, webhooks: Webhooks, source: Source, rejection: Rejection): Promise<readonly Outcome[]> {
  const { firstAt: receivedAt, id, whole } = rejection
  const mapper = webhooks.mapper.forRequest()
  const events = await eventsOf(mapper, source, rejection)
  if (isFailed(events)) {
    const still = { ...events, kind: 'rejected' as const, account: null }
    await explainRejection(app.db, id, still)
    return [still]
  }
  const outcomes = await mapAndTakeIn(app, mapper, source, events, { now: app.now(), receivedAt })
  const [first] = outcomes
  if (!whole && first?.kind === 'rejected') {
    await explainRejection(app.db, id, first)
    return outcomes
  }
  // Of a payload that can be read now, each event that can't be taken in stands for itself.
  await keepRejected(app, source, events, outcomes, receivedAt)
  await dropRejection(app.db, id)
  return outcomes
}

/** In place of each of them: with it, what could not be read before might be. */
const NO_TEXT = '\uFFFD'

async function eventsOf(mapper: RequestMapper, source: Source, { whole, event, firstAt }: Rejection): Promise<Events> {
  if (!whole) return [JSON.parse(event)]
  if (event.includes(NO_TEXT)) {
    return failed('the body has bytes that are no text, and could not be kept as it was; have it sent again, in UTF-8')
  }
  const receivedAt = new Date(firstAt).toISOString()
  try {
    return await readEvents(mapper, source, { body: Buffer.from(event), organization: null, receivedAt })
  } catch (error) {
    // The source has another format since.
    if (error instanceof Problem && error.code === 'invalid_request') return failed(error.message)
    throw error
  }
}

function countsOf(outcomes: readonly Outcome[]): Replayed {
  const count = (kind: Outcome['kind']) => outcomes.filter((outcome) => outcome.kind === kind).length
  return { taken: count('taken'), ignored: count('ignored'), rejected: count('rejected') }
}

/** What was taken in is in the trails of its accounts, as the source's; here is who had it tried again. */
async function record(app: App, body: object): Promise<void> {
  const entry = { stream: STREAM, kind: 'rejection.replayed', at: app.now(), body }
  await app.db.transaction().execute((trx) => appendEntry(trx, entry))
}
