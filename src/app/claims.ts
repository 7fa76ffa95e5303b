import { queueOf } from '../core/queues.ts'
import { claim, comment, reassign, release } from '../core/working.ts'
import type { App } from './app.ts'
import { type ItemView, itemView } from './item-view.ts'
import type { Principal } from './principal.ts'
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
 * Names who should take an escalation, null: anybody. Who held it gives it back, unless it is them.
 * @throws Problem `not_found`, `forbidden`, `already_claimed`, `already_resolved`
 */
export async function reassignEscalation(
  app: App,
  principal: Principal,
  id: string,
  request: OnBehalf & { readonly assignee: string | null; readonly comment?: string | undefined },
): Promise<ItemView> {
  const by = reviewerOf(principal, request.reviewer)
  const { assignee, comment } = request
  return takeTurn(app, await knownEscalation(app, id), ({ book, item, write }) => {
    const named = made(reassign(item, by.name, assignee, book.now, leaseOf(app, item.queue)))
    const changed = { assignee: { from: item.assignee, to: assignee } }
    write('reassigned', by, named, { changed, comment, until: iso(named.claimedUntil) })
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

const leaseOf = (app: App, queue: string): number => queueOf(app.rules.active.queues, queue).lease

const iso = (time: number | null): string | undefined => (time === null ? undefined : new Date(time).toISOString())
