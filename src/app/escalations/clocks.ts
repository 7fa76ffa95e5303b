import { dueStep, expire, lapse, markOverdue, raise, remind } from '../../core/escalation/clocks.ts'
import { type Escalation, settled, UMPIRE } from '../../core/escalation/escalation.ts'
import { fallbackAction } from '../../core/escalation/fallback.ts'
import { addBusinessTime } from '../../core/hours.ts'
import { queueOf } from '../../core/queues.ts'
import { findEscalation } from '../../storage/escalations.ts'
import { readSteps } from '../../storage/steps.ts'
import { stopClock } from '../../storage/ticks.ts'
import type { App } from '../app.ts'
import { restoreAdjudication } from '../history.ts'
import { Problem } from '../problem.ts'
import { type Turn, takeTurn } from './steps.ts'

/**
 * Does with an escalation what the time calls for: a claim lapses, a reminder is sent, it is marked overdue, and then
 * its queue keeps it, raises it or falls back. However often and however late it is called, each is done once; what a
 * person has decided by then stands.
 *
 * @returns when to call again, milliseconds since the epoch; null: never
 */
export async function tick(app: App, id: string): Promise<number | null> {
  // What expiry takes is read only once it has come to that.
  for (let knowledge: Knowledge | null = null; ; ) {
    const found = await findEscalation(app.db, id)
    if (!found) return null
    if (found.tickAt !== null && found.tickAt > app.now()) return found.tickAt
    if (knowledge === null && dueStep(found, app.now()) === null) return found.tickAt
    const known = knowledge
    const done = await takeTurn(app, found, (turn) => keepTime(app, turn, known))
    if (done.idle) await stopClock(app.db, done.idle)
    if (!done.expires) return done.tickAt
    knowledge = await learn(app, id)
  }
}

/** What it takes to do with an item that is overdue what its queue wants, as of its queue and adjudication then. */
interface Knowledge {
  readonly queue: string
  readonly adjudication: string
  /** Whether it has been raised from that queue before: then it stays, else it would go round in circles. */
  readonly wasRaised: boolean
  /** What is done where nobody decides. */
  readonly fallback: { readonly action: string | null; readonly recommended: string | null }
}

interface Done {
  readonly tickAt: number | null
  /** Whether it is for the queue to say what becomes of it, and not known enough to do that. */
  readonly expires: boolean
  /** The item, where nothing was to be done with it and its clock is to be stopped. */
  readonly idle?: Escalation
}

function keepTime(app: App, turn: Turn, knowledge: Knowledge | null): Done {
  const { book, write } = turn
  let { item } = turn
  for (let step = dueStep(item, book.now); step !== null; step = dueStep(item, book.now)) {
    switch (step) {
      case 'lapse': {
        const holder = item.claimedBy
        item = lapse(item, book.now)
        write('lapsed', UMPIRE, item, { holder })
        break
      }
      case 'remind':
        item = remind(item)
        book.notify('escalation.reminder', item, write('reminded', UMPIRE, item))
        break
      case 'overdue':
        item = markOverdue(item, book.now)
        book.notify('escalation.overdue', item, write('overdue', UMPIRE, item))
        break
      case 'expire': {
        const { onExpiry } = queueOf(app.rules.active.queues, item.queue)
        if (onExpiry.kind === 'keep' || (onExpiry.kind === 'fallback' && item.rule !== null)) return keep(turn, item)
        if (knowledge?.queue !== item.queue || knowledge.adjudication !== item.adjudication) {
          // Should the process end here, the clock is looked at again.
          if (item !== turn.item && item.tickAt === null) book.put({ ...item, tickAt: book.now })
          return { tickAt: book.now, expires: true }
        }
        if (onExpiry.kind === 'fallback') return fallBack(turn, item, knowledge)
        if (knowledge.wasRaised) return keep(turn, item)
        item = raiseTo(app, turn, item, onExpiry)
      }
    }
  }
  return { tickAt: item.tickAt, expires: false }
}

/**
 * It stays, and is marked as overdue already. Where this turn has written no entry, no lock guards the row from what
 * others do with it at the same moment, and it must not be written.
 */
function keep({ book, item: before }: Turn, item: Escalation): Done {
  const kept = settled(item)
  if (kept.tickAt === item.tickAt) return { tickAt: kept.tickAt, expires: false }
  if (item === before) return { tickAt: kept.tickAt, expires: false, idle: item }
  book.put(kept)
  return { tickAt: kept.tickAt, expires: false }
}

function raiseTo(
  app: App,
  { book, write }: Turn,
  item: Escalation,
  to: { readonly queue: string; readonly priority: number },
): Escalation {
  const { due, hours } = queueOf(app.rules.active.queues, to.queue)
  const raised = raise(item, { ...to, dueAt: addBusinessTime(book.now, due, hours) }, book.now)
  const { queue, priority, dueAt } = raised
  const place = write('raised', UMPIRE, raised, {
    changed: {
      ...(item.assignee !== null && { assignee: { from: item.assignee, to: null } }),
      dueAt: { from: iso(item.dueAt), to: iso(dueAt) },
      ...(item.priority !== priority && { priority: { from: item.priority, to: priority } }),
      queue: { from: item.queue, to: queue },
    },
  })
  book.notify('escalation.changed', raised, place)
  return raised
}

/** Nobody has decided, and so nothing of it stands for the question when it is asked again. */
function fallBack({ book, write }: Turn, item: Escalation, { fallback: { action, recommended } }: Knowledge): Done {
  const told = { state: null, wrongSignals: [], comment: null }
  const resolution = { resolution: 'fallback', action, recommended, reason: 'nobody_decided_in_time', ...told } as const
  const expired = expire(item, { ...resolution, by: UMPIRE, at: book.at }, book.now)
  book.notify('escalation.resolved', expired, write('expired', UMPIRE, expired, { resolution }))
  return { tickAt: null, expires: false }
}

async function learn(app: App, id: string): Promise<Knowledge | null> {
  const item = await findEscalation(app.db, id)
  if (!item) return null
  const raised = await readSteps(app.db, id, { kind: 'escalation.raised', limit: RAISED_AT_MOST })
  const wasRaised = raised.some(({ body }) => (body as Raised | null)?.changed.queue.from === item.queue)
  return { queue: item.queue, adjudication: item.adjudication, wasRaised, fallback: await fallbackOf(app, item) }
}

/** More than there are queues that it could come from. */
const RAISED_AT_MOST = 100

interface Raised {
  readonly changed: { readonly queue: { readonly from: string } }
}

async function fallbackOf(app: App, { adjudication, asked }: Escalation): Promise<Knowledge['fallback']> {
  try {
    const { decision, question, answer } = await restoreAdjudication(app, adjudication)
    return { action: fallbackAction(decision, question), recommended: answer.recommendation.action }
  } catch (error) {
    // Of what has been erased nobody knows what is permitted: then nothing is done, and that is recorded.
    if (error instanceof Problem && error.code === 'redacted') return { action: null, recommended: asked.action }
    throw error
  }
}

const iso = (time: number): string => new Date(time).toISOString()
