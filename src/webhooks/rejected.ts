import { type App, type Page, type Paged, paged } from '../app/app.ts'
import { demand, type Principal } from '../app/principal.ts'
import { Problem } from '../app/problem.ts'
import type { Source } from '../core/sources.ts'
import {
  deleteRejections,
  dropRejection,
  explainRejection,
  findRejection,
  listRejections,
  oldestRejections,
  type Rejection,
} from '../storage/webhook-rejections.ts'
import { forgetRequests } from '../storage/webhook-requests.ts'
import { keepRejected, mapAndTakeIn, type Outcome } from './intake.ts'
import { isFailed, readEvents } from './read.ts'
import type { Webhooks } from './webhooks.ts'

/** How long what could not be taken in is kept after it last came. Milliseconds. */
const KEPT = 90 * 24 * 3_600_000
/** Looked at together, and in one request. */
const BATCH = 100
const REPLAYED_AT_MOST = 1_000

export type RejectionView = ReturnType<typeof rejectionView>

/** What was sent is under `untrusted`: it is nobody's word. */
function rejectionView({ firstAt, lastAt, event, ...rejection }: Rejection) {
  return {
    ...rejection,
    firstAt: new Date(firstAt).toISOString(),
    lastAt: new Date(lastAt).toISOString(),
    untrusted: { event: rejection.whole ? event : JSON.parse(event) },
  }
}

/** Newest first. */
export async function listRejected(
  app: App,
  filter: { readonly source?: string | undefined },
  page: Page,
): Promise<Paged<RejectionView>> {
  const rows = await listRejections(app.db, filter, page.cursor, page.limit + 1)
  return paged(rows, page.limit, rejectionView, ({ id }) => id)
}

export interface Replayed {
  readonly taken: number
  readonly ignored: number
  readonly rejected: number
}

/**
 * Tries again to take in what could not be, under the sources as they are now. What can be is off the list then.
 * @throws Problem `not_found`
 */
export async function replayRejected(
  app: App,
  webhooks: Webhooks,
  principal: Principal,
  id: string,
): Promise<Replayed> {
  demand(principal, 'admin')
  const rejection = await findRejection(app.db, id)
  if (rejection === undefined)
    throw new Problem('not_found', `nothing rejected \`${id}\`; it may have been taken in since`)
  const source = activeSource(app, rejection.source)
  const outcomes = await replay(app, webhooks, source, [rejection])
  app.log.info({ source: source.name, rejection: id, by: principal.name }, 'replays what a webhook brought')
  return countsOf(outcomes)
}

/**
 * The same for all that a source has sent, oldest first, up to a thousand.
 * @returns with `remaining`: whether there are more, which were not tried
 */
export async function replaySource(
  app: App,
  webhooks: Webhooks,
  principal: Principal,
  name: string,
): Promise<Replayed & { readonly remaining: boolean }> {
  demand(principal, 'admin')
  const source = activeSource(app, name)
  const outcomes: Outcome[] = []
  let last: string | undefined
  for (let tried = 0; ; ) {
    const batch = await oldestRejections(app.db, name, last, BATCH)
    if (batch.length === 0 || tried >= REPLAYED_AT_MOST) {
      app.log.info({ source: name, by: principal.name }, 'replays what a webhook brought')
      return { ...countsOf(outcomes), remaining: batch.length > 0 }
    }
    outcomes.push(...(await replay(app, webhooks, source, batch)))
    tried += batch.length
    last = batch.at(-1)!.id
  }
}

function activeSource({ rules }: App, name: string): Source {
  const source = rules.active.sources.get(name)
  if (source === undefined) throw new Problem('not_found', `no source \`${name}\` in sources.yaml any more`)
  return source
}

async function replay(
  app: App,
  webhooks: Webhooks,
  source: Source,
  rejections: readonly Rejection[],
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  for (const rejection of rejections) {
    const { firstAt: receivedAt, id, whole } = rejection
    const events = await eventsOf(webhooks, source, rejection)
    const became = isFailed(events)
      ? [{ ...events, kind: 'rejected' as const, account: null }]
      : await mapAndTakeIn(app, webhooks.mapper, source, events, { now: app.now(), receivedAt })
    const [first] = became
    const isStill = first?.kind === 'rejected' && (isFailed(events) || !whole)
    if (isStill) await explainRejection(app.db, id, first)
    else {
      // Of a payload that can be read now, each event that can't be taken in stands for itself.
      if (!isFailed(events)) await keepRejected(app, source, events, became)
      await dropRejection(app.db, id)
    }
    outcomes.push(...became)
  }
  return outcomes
}

async function eventsOf({ mapper }: Webhooks, source: Source, { whole, event, firstAt }: Rejection) {
  if (!whole) return [JSON.parse(event)]
  const receivedAt = new Date(firstAt).toISOString()
  return readEvents(mapper, source, { body: Buffer.from(event), organization: null, receivedAt })
}

function countsOf(outcomes: readonly Outcome[]): Replayed {
  const count = (kind: Outcome['kind']) => outcomes.filter((outcome) => outcome.kind === kind).length
  return { taken: count('taken'), ignored: count('ignored'), rejected: count('rejected') }
}

/** Deletes what last came ninety days ago, and forgets requests that can't come again. @returns how many rows */
export async function sweepWebhooks(app: App): Promise<number> {
  const now = app.now()
  return (await deleteRejections(app.db, now - KEPT)) + (await forgetRequests(app.db, now))
}
