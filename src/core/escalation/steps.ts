import { closed, type Escalation, holderOf, inOtherHands, isWaiting, type Resolution, settled } from './escalation.ts'

/** A step that a person makes with an escalation: the item after it, or why it can't be made. */
export type Step = { readonly item: Escalation } | { readonly refusal: Refusal }

export interface Refusal {
  readonly code: 'already_claimed' | 'already_resolved' | 'not_claimed'
  readonly message: string
}

/** Takes the item, or renews the claim of who holds it. A claim that has lapsed stands in nobody's way. */
export function claim(item: Escalation, by: string, now: number, lease: number): Step {
  const refusal = refuse(item, by, now)
  if (refusal) return { refusal }
  const claimed = { status: 'claimed', claimedBy: by, claimedUntil: now + lease } as const
  return { item: settled({ ...item, ...claimed, firstClaimedAt: item.firstClaimedAt ?? now }) }
}

/** Gives the item back; who held it may do so after the claim has lapsed, too. */
export function release(item: Escalation, by: string, now: number): Step {
  const refusal = refuse(item, by, now)
  if (refusal) return { refusal }
  if (item.claimedBy !== by) {
    return {
      refusal: { code: 'not_claimed', message: `\`${by}\` does not hold escalation \`${item.id}\`; claim it first` },
    }
  }
  return { item: givenBack(item, now) }
}

/** Who should take the item, null: anybody of the queue. */
export interface Assignment {
  readonly assignee: string | null
  readonly queue: string
  /** Until when those of another queue should have decided what comes to them overdue, in milliseconds. */
  readonly dueAt: number
}

/** Puts the item into other hands. It is given back, unless it is in theirs already. */
export function reassign(
  item: Escalation,
  by: string,
  { assignee, queue, dueAt }: Assignment,
  now: number,
  lease: number,
): Step {
  const refusal = refuse(item, by, now)
  if (refusal) return { refusal }
  const moved = queue === item.queue ? item : inOtherHands(item, dueAt, now)
  const named = { ...moved, assignee, queue }
  const isTheirs = assignee !== null && holderOf(item, now)?.by === assignee
  return { item: isTheirs ? renewed(named, by, now, lease) : givenBack(named, now) }
}

/** A word about the item, which anybody may add while it waits. The claim of who holds it is renewed by their own. */
export function comment(item: Escalation, by: string, now: number, lease: number): Step {
  return isWaiting(item) ? { item: renewed(item, by, now, lease) } : { refusal: tooLate(item) }
}

/** Ends the item with a person's answer. Without a claim it takes that nobody else holds it. */
export function resolve(item: Escalation, by: string, now: number, resolution: Resolution): Step {
  const refusal = refuse(item, by, now)
  return refusal ? { refusal } : { item: closed(item, 'resolved', resolution, now) }
}

/** Why the person can't act on the item; null: they can. */
export function refuse(item: Escalation, by: string, now: number): Refusal | null {
  if (!isWaiting(item)) return tooLate(item)
  const holder = holderOf(item, now)
  if (holder === null || holder.by === by) return null
  const until = new Date(holder.until).toISOString()
  return {
    code: 'already_claimed',
    message: `\`${holder.by}\` holds escalation \`${item.id}\` until ${until}; take another, or ask them to release it`,
  }
}

function tooLate({ id, status, resolution, closedAt }: Escalation): Refusal {
  const at = closedAt === null ? '' : ` at ${new Date(closedAt).toISOString()}`
  const how =
    status === 'withdrawn'
      ? `was withdrawn${at}: ${resolution?.into ? `its account joined another, where \`${resolution.into}\` goes on` : 'no person is needed any more'}`
      : status === 'expired'
        ? `expired${at}: nobody had decided in time`
        : `was resolved by \`${resolution?.by}\`${at}`
  return { code: 'already_resolved', message: `escalation \`${id}\` ${how}` }
}

/** Open again. What its queue does with an item that is overdue has waited for the claim: its clock is looked at now. */
export function givenBack(item: Escalation, now: number): Escalation {
  const open = settled({ ...item, status: 'open', claimedBy: null, claimedUntil: null })
  return item.overdueAt === null || item.kind === 'sample' ? open : { ...open, tickAt: now }
}

/** Every action of who holds an item renews their claim. */
function renewed(item: Escalation, by: string, now: number, lease: number): Escalation {
  return holderOf(item, now)?.by === by ? settled({ ...item, claimedUntil: now + lease }) : item
}
