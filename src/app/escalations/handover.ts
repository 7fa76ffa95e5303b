import { askedOf, type Changes, changesOf, settles } from '../../core/escalation/asked.ts'
import {
  type Asking,
  changeEscalation,
  openEscalation,
  UMPIRE,
  withdrawEscalation,
} from '../../core/escalation/escalation.ts'
import { addBusinessTime } from '../../core/hours.ts'
import type { Adjudication, Decision, Handoff, LedgerRule } from '../../core/model.ts'
import { OPS, queueOf } from '../../core/queues.ts'
import type { App } from '../app.ts'
import type { AccountPage, Book, Place } from '../book.ts'

/** What an adjudication does to the queues. Its entry in the trail says so, and so it is decided before that is written. */
export interface HandOver {
  /** The item that the question belongs to; undefined: nobody is asked. */
  readonly escalation?: string
  /** Whether that was open already. */
  readonly joined?: true
  /** What is new in it for people. */
  readonly changed?: Changes
  /** The item that needs no person any more. */
  readonly withdrew?: string
  /** Writes it all. @param step the entry of the adjudication */
  carryOut(step: Place): void
}

const NOTHING: HandOver = { carryOut: () => {} }

/**
 * Hands an answer over to people. Of an account's question one item at most is open: a newer answer changes it, or
 * withdraws it where it needs nobody. Samples are kept apart and never change. What could not be evaluated is handed
 * over once, whatever the number of accounts that it fails for.
 */
export function handOver(
  app: App,
  book: Book,
  page: AccountPage,
  decision: Decision,
  answer: Adjudication,
  adjudication: string,
): HandOver {
  const { handoff } = answer
  const waiting = page.waitingFor(decision.name)
  const faults = (handoff?.faults ?? []).map((fault) =>
    reportFault(app, book, page, decision, answer, adjudication, fault),
  )
  if (!handoff || handoff.kind === 'sample' || !handoff.aboutAccount) {
    const sample = handoff?.kind === 'sample' ? openItem(app, book, page, answer, adjudication, handoff) : NOTHING
    if (!waiting || faults.length > 0 || !settles(answer, waiting)) {
      return faults[0] === undefined ? sample : { escalation: faults[0], joined: true, carryOut: sample.carryOut }
    }
    return {
      ...sample,
      withdrew: waiting.id,
      carryOut(step) {
        sample.carryOut(step)
        const item = withdrawEscalation(waiting, { reason: 'no_longer_needed' }, adjudication, book.now)
        book.put(item, step)
        book.notify('escalation.withdrawn', item, step)
      },
    }
  }
  if (!waiting) return openItem(app, book, page, answer, adjudication, handoff)
  const asking = askingOf(answer, adjudication, handoff, waiting.asked)
  const changed = changesOf(waiting, asking.asked, handoff)
  return {
    escalation: waiting.id,
    joined: true,
    ...(changed && { changed }),
    carryOut(step) {
      const item = changeEscalation(waiting, asking, changed !== null, book.now)
      book.put(item, changed ? step : undefined)
      if (changed) book.notify('escalation.changed', item, step)
    },
  }
}

function openItem(
  app: App,
  book: Book,
  { account }: AccountPage,
  answer: Adjudication,
  adjudication: string,
  handoff: Handoff,
): HandOver {
  const id = app.newId()
  return {
    escalation: id,
    carryOut(step) {
      const { kind, probability } = handoff
      const asking = askingOf(answer, adjudication, handoff, null)
      const { decision } = answer
      const item = openEscalation({ ...asking, id, account, decision, rule: null, kind, probability }, book.now)
      book.put(item, step)
      if (kind === 'decision') book.notify('escalation.opened', item, step)
    },
  }
}

function askingOf(
  answer: Adjudication,
  adjudication: string,
  { queue, priority, dueAt, assignee }: Handoff,
  before: Asking['asked'] | null,
): Asking {
  return {
    adjudication,
    queue,
    priority,
    dueAt,
    assignee,
    regret: answer.regret,
    asked: askedOf(answer, queue, before),
  }
}

/** @returns the id of the item about what can't be evaluated, opened now unless it is open already */
function reportFault(
  app: App,
  book: Book,
  { account }: AccountPage,
  decision: Decision,
  answer: Adjudication,
  adjudication: string,
  fault: string,
): string {
  const page = book.fault(fault)
  if (page.waiting) return page.waiting.id
  const id = app.newId()
  const errors = answer.rules.filter((rule) => rule.error !== undefined && names(fault, rule)).map(({ error }) => error)
  const step = page.append('escalation.opened', {
    account,
    adjudication,
    by: UMPIRE,
    decision: decision.name,
    error: errors[0] ?? null,
    escalation: id,
  })
  const queue = queueOf(decision.queues, OPS)
  const dueAt = addBusinessTime(book.now, queue.due, queue.hours)
  const item = openEscalation(
    {
      id,
      account,
      decision: decision.name,
      rule: fault,
      kind: 'decision',
      queue: OPS,
      priority: 0,
      regret: answer.regret,
      dueAt,
      adjudication,
      assignee: null,
      probability: null,
      asked: askedOf(answer, OPS, null),
    },
    book.now,
  )
  page.open(item, step)
  book.notify('escalation.opened', item, step)
  return id
}

/** Whether a failure of the ledger, `rule`, `loss:wait.healthy` or `agent:pulse`, is the one of that name. */
function names(fault: string, { id }: LedgerRule): boolean {
  const [, ...rest] = fault.split('.')
  return rest.join('.') === id || `agent:${rest.join('.')}` === id
}
