import { money, spoken } from '../../core/phrases.ts'
import { shortId } from './ids.ts'
import { answerOf, type Item, subjectOf } from './item.ts'

/** What happened between two looks at the queues. */
export interface Change {
  readonly what:
    | 'opened'
    | 'claimed'
    | 'released'
    | 'reassigned'
    | 'changed'
    | 'overdue'
    | 'resolved'
    | 'withdrawn'
    | 'expired'
    | 'moved'
  readonly item: Item
}

/**
 * What happened, in the order of the items; an item may have changed in several ways.
 *
 * @param gone how those are now that were there before and are not any more
 */
export function changesBetween(
  before: readonly Item[],
  after: readonly Item[],
  gone: readonly Item[],
): readonly Change[] {
  const was = new Map(before.map((item) => [item.id, item]))
  const newest = Math.max(...before.map(({ createdAt }) => Date.parse(createdAt)))
  const appeared = (item: Item): Change => {
    const isNew = !(Date.parse(item.createdAt) < newest - COMMITTED_LATE)
    return { what: isNew ? 'opened' : 'moved', item }
  }
  return [
    ...gone.flatMap((item) => endOf(was.get(item.id), item)),
    ...after.flatMap((item) => {
      const known = was.get(item.id)
      return known ? changesOf(known, item) : [appeared(item)]
    }),
  ]
}

/** What is seen first and is older came from another queue. Items are not committed quite in the order of their times. */
const COMMITTED_LATE = 60_000

function endOf(was: Item | undefined, item: Item): readonly Change[] {
  const { status, queue } = item
  if (status !== 'open' && status !== 'claimed') return [{ what: status, item }]
  // Where more waits than is followed, what is more urgent has taken its place.
  return queue === was?.queue ? [] : [{ what: 'moved', item }]
}

function changesOf(was: Item, item: Item): readonly Change[] {
  const happened: Record<string, boolean> = {
    moved: item.queue !== was.queue,
    changed: item.changes > was.changes,
    overdue: item.overdueAt !== null && was.overdueAt === null,
    reassigned: item.assignee !== was.assignee,
    claimed: item.claimedBy !== null && item.claimedBy !== was.claimedBy,
    released: item.claimedBy === null && was.claimedBy !== null,
  }
  return Object.entries(happened).flatMap(([what, did]) => (did ? [{ what: what as Change['what'], item }] : []))
}

/** `2026-11-23T09:00:00Z claimed 5b0af9a1 csm expansion-outreach about acme by maria`: one line, its first words for programs. */
export function changeLine({ what, item }: Change, now: number): string {
  const at = `${new Date(now).toISOString().slice(0, 19)}Z`
  return [at, what, shortId(item.id), item.queue, subjectOf(item), DETAILS[what](item)].filter(Boolean).join(' ')
}

const asked = ({ recommended, regret }: Item) =>
  regret === null ? '' : `regret ${money(regret)}, recommends ${recommended === null ? 'nothing' : spoken(recommended)}`
const ended = (item: Item) => `${answerOf(item)} by ${item.resolution?.by} (${item.resolution?.reason})`

const DETAILS: Readonly<Record<Change['what'], (item: Item) => string>> = {
  opened: asked,
  changed: asked,
  claimed: ({ claimedBy }) => `by ${claimedBy}`,
  released: () => '',
  reassigned: ({ assignee }) => (assignee === null ? 'to anybody' : `to ${assignee}`),
  overdue: ({ dueAt }) => `since ${dueAt.slice(0, 19)}Z`,
  moved: ({ priority }) => (priority === 0 ? '' : `priority ${priority}`),
  resolved: ended,
  expired: ended,
  withdrawn: ({ resolution }) => (resolution ? `(${resolution.reason})` : ''),
}
