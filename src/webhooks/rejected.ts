import type { App, Page, Paged } from '../app/app.ts'
import { demand, type Principal } from '../app/principal.ts'
import { Problem } from '../app/problem.ts'
import { didYouMeanOr } from '../core/rules/suggest.ts'
import type { Source } from '../core/sources.ts'
import { faultIn } from '../http/parse-json.ts'
import { appendEntry } from '../storage/audit.ts'
import {
  deleteRejections,
  dropRejection,
  findRejection,
  listRejections,
  type Rejection,
} from '../storage/webhook-rejections.ts'
import { forgetRequests } from '../storage/webhook-requests.ts'

/** How long what could not be taken in is kept after it last came. Milliseconds. */
const KEPT = 90 * 24 * 3_600_000

/** Of the trail: what people did with what could not be taken in. */
export const STREAM = 'webhooks'

export type RejectionView = ReturnType<typeof rejectionView>

/** What was sent is under `untrusted`: it is nobody's word. */
function rejectionView({ firstAt, lastAt, event: text, ...rejection }: Rejection) {
  const event = rejection.whole ? text : JSON.parse(text)
  return {
    ...rejection,
    firstAt: new Date(firstAt).toISOString(),
    lastAt: new Date(lastAt).toISOString(),
    // As JSON, what is not safe would keep others from reading all of the page.
    untrusted: { event: faultIn(event) === null ? event : text },
  }
}

/**
 * Newest first; a page of large ones has fewer than its limit.
 * @throws Problem `not_found` for a source that is not declared and has sent nothing
 */
export async function listRejected(
  app: App,
  filter: { readonly source?: string | undefined },
  page: Page,
): Promise<Paged<RejectionView>> {
  const { rejections, next } = await listRejections(app.db, filter, page.cursor, page.limit)
  // Behind a cursor there was something, which may have been taken in meanwhile.
  if (rejections.length === 0 && filter.source !== undefined && page.cursor === undefined) {
    activeSource(app, filter.source)
  }
  return { items: rejections.map(rejectionView), next }
}

/** @throws Problem `not_found` */
export function activeSource({ rules }: App, name: string): Source {
  const { sources } = rules.active
  const source = sources.get(name)
  if (source !== undefined) return source
  throw new Problem('not_found', `no source \`${name}\` in sources.yaml${didYouMeanOr(name, sources.keys())}`)
}

/** @throws Problem `not_found` */
export async function rejectionOf(app: App, id: string): Promise<Rejection> {
  const rejection = await findRejection(app.db, id)
  if (rejection !== undefined) return rejection
  throw new Problem('not_found', `no rejection \`${id}\`; it may have been taken in or dismissed since`)
}

/**
 * Takes off the list what will never be taken in. The trail says who did, and nothing of what was sent.
 * @throws Problem `forbidden`, `not_found`
 */
export async function dismissRejected(app: App, principal: Principal, id: string): Promise<RejectionView> {
  demand(principal, 'admin')
  const rejection = await rejectionOf(app, id)
  const { source, matcher, account, times } = rejection
  const body = { by: principal.name, rejection: id, source, matcher, account, times }
  await app.db.transaction().execute(async (trx) => {
    // Of two that dismiss it one does.
    if (!(await dropRejection(trx, id))) return
    await appendEntry(trx, { stream: STREAM, kind: 'rejection.dismissed', at: app.now(), body })
  })
  return rejectionView(rejection)
}

/** Deletes what last came ninety days ago, and forgets requests that can't come again. @returns how many rows */
export async function sweepWebhooks(app: App): Promise<number> {
  const now = app.now()
  return (await deleteRejections(app.db, now - KEPT)) + (await forgetRequests(app.db, now))
}
