import { claim, comment, reassign, release } from '../../core/escalation/steps.ts'
import { addBusinessTime } from '../../core/hours.ts'
import { OPS, queueOf } from '../../core/queues.ts'
import type { App } from '../app.ts'
import type { Principal } from '../principal.ts'
import { Problem } from '../problem.ts'
import { type ItemView, itemView } from './item-view.ts'
import { type Reviewer, reviewerOf } from './reviewer.ts'
import { knownEscalation, made, type Turn, takeTurn } from './steps.ts'

/** On whose behalf an admin key acts. */
export interface OnBehalf {
  readonly reviewer?: string | undefined
}

/**
 * Takes an escalation for as long as the lease of its queue lasts, or renews the claim of who holds it.
 * @throws Problem `not_found`, `forbidden`, `already_claimed`, `already_resolved`
 */
export async function claimEscalation(
  app: App,
  principal: Principal,
  id: string,
  { reviewer }: OnBehalf,
): Promise<ItemView> {
  const by = reviewerOf(principal, reviewer)
  return takeTurn(app, await knownEscalation(app, id), (turn) => writeClaim(app, turn, by))
}

/** @throws Problem `already_claimed`, `already_resolved` */
export function writeClaim(app: App, { book, item, write }: Turn, by: Reviewer): ItemView {
  const claimed = made(claim(item, by.name, book.now, leaseOf(app, item.queue)))
  write('claimed', by, claimed, { until: iso(claimed.claimedUntil) })
  return itemView(app, claimed)
}

/**
 * Gives an escalation back.
 * @throws Problem `not_found`, `forbidden`, `already_claimed`, `already_resolved`, `not_claimed`
 */
export async function releaseEscalation(
  app: App,
  principal: Principal,
  id: string,
  { reviewer }: OnBehalf,
): Promise<ItemView> {
  const by = reviewerOf(principal, reviewer)
  return takeTurn(app, await knownEscalation(app, id), ({ book, item, write }) => {
    const released = made(release(item, by.name, book.now))
    write('released', by, released)
    return itemView(app, released)
  })
}

/**
 * Names who should take an escalation, null: anybody, and of which queue; to another queue it goes without a name
 * unless one is given. Who held it gives it back, unless it is them.
 * @throws Problem `not_found`, `forbidden`, `already_claimed`, `already_resolved`, `invalid_request`
 */
export async function reassignEscalation(
  app: App,
  principal: Principal,
  id: string,
  request: OnBehalf & {
    readonly assignee?: string | null | undefined
    readonly queue?: string | undefined
    readonly comment?: string | undefined
  },
): Promise<ItemView> {
  const by = reviewerOf(principal, request.reviewer)
  const { comment } = request
  demandQueue(app, request.queue)
  return takeTurn(app, await knownEscalation(app, id), ({ book, item, write }) => {
    const { queue = item.queue } = request
    const { assignee = queue === item.queue ? item.assignee : null } = request
    const { due, hours, lease } = queueOf(app.rules.active.queues, queue)
    const dueAt = addBusinessTime(book.now, due, hours)
    const named = made(reassign(item, by.name, { assignee, queue, dueAt }, book.now, lease))
    const changed = {
      ...(assignee !== item.assignee && { assignee: { from: item.assignee, to: assignee } }),
      ...(queue !== item.queue && { queue: { from: item.queue, to: queue } }),
    }
    const place = write('reassigned', by, named, { changed, comment, until: iso(named.claimedUntil) })
    // Those to whom it is new hear of it.
    if (queue !== item.queue && item.kind === 'decision') book.notify('escalation.changed', named, place)
    return itemView(app, named)
  })
}

/**
 * Adds a word for whoever works on the escalation. Anybody may; the claim of who holds it is renewed by their own.
 * @throws Problem `not_found`, `forbidden`, `already_resolved`
 */
export async function commentOnEscalation(
  app: App,
  principal: Principal,
  id: string,
  request: OnBehalf & { readonly comment: string },
): Promise<ItemView> {
  const by = reviewerOf(principal, request.reviewer)
  return takeTurn(app, await knownEscalation(app, id), ({ book, item, write }) => {
    const noted = made(comment(item, by.name, book.now, leaseOf(app, item.queue)))
    write('commented', by, noted, { comment: request.comment, until: iso(noted.claimedUntil) })
    return itemView(app, noted)
  })
}

/** @throws Problem `invalid_request` where there is no such queue */
export function demandQueue({ rules }: App, queue: string | undefined): void {
  const { declared } = rules.active.queues
  if (queue === undefined || queue === OPS || declared.size === 0 || declared.has(queue)) return
  const known = [...declared.keys()].map((name) => `\`${name}\``).join(', ')
  throw new Problem('invalid_request', `queues.yaml has no queue \`${queue}\`; it has ${known}`)
}

const leaseOf = (app: App, queue: string): number => queueOf(app.rules.active.queues, queue).lease

const iso = (time: number | null): string | undefined => (time === null ? undefined : new Date(time).toISOString())
