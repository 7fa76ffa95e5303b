import { closed, type Escalation, halfway, holderOf, isWaiting, type Resolution, settled } from './escalation.ts'
import { givenBack } from './steps.ts'

/** What time makes of an escalation by itself, in the order in which it is done. */
export type ClockStep = 'lapse' | 'overdue' | 'remind' | 'expire'

/**
 * What the time calls for next; null: nothing. A claim that lapses is given back first. Of an item that is overdue
 * nobody is reminded any more. What becomes of it then (`expire`) waits for as long as somebody holds it: a timeout
 * never takes a case out of the hands of a person who is about to decide it.
 */
export function dueStep(item: Escalation, now: number): ClockStep | null {
  if (!isWaiting(item)) return null
  if (item.status === 'claimed' && holderOf(item, now) === null) return 'lapse'
  if (item.kind === 'sample') return null
  if (item.overdueAt === null && item.dueAt <= now) return 'overdue'
  if (item.remindAt !== null && item.remindAt <= now) return 'remind'
  return item.overdueAt !== null && item.status === 'open' ? 'expire' : null
}

/** The item without the claim that its holder has let lapse. */
export const lapse = (item: Escalation, now: number): Escalation => givenBack(item, now)

export const remind = (item: Escalation): Escalation => settled({ ...item, remindAt: null })

export const markOverdue = (item: Escalation, now: number): Escalation =>
  settled({ ...item, overdueAt: now, remindAt: null })

/** The item in the hands of others, at least as urgent as it was, who get time of their own and a reminder. */
export function raise(
  item: Escalation,
  to: { readonly queue: string; readonly priority: number; readonly dueAt: number },
  now: number,
): Escalation {
  return settled({
    ...item,
    queue: to.queue,
    priority: Math.max(item.priority, to.priority),
    dueAt: to.dueAt,
    remindAt: halfway(now, to.dueAt),
    overdueAt: null,
    assignee: null,
  })
}

/** The item closed with the answer that stands in for a person's. */
export const expire = (item: Escalation, resolution: Resolution, now: number): Escalation =>
  closed(item, 'expired', resolution, now)
