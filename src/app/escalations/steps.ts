import { validate as isId } from 'uuid'
import { type Escalation, UMPIRE } from '../../core/escalation/escalation.ts'
import type { Step } from '../../core/escalation/steps.ts'
import { findEscalation } from '../../storage/escalations.ts'
import type { Wanted } from '../../storage/load.ts'
import type { App } from '../app.ts'
import type { AccountPage, Book, FaultPage, Place } from '../book.ts'
import { Problem } from '../problem.ts'
import type { Reviewer } from './reviewer.ts'

/** What of an escalation has an entry of its own in the trail; opening, changing and withdrawing it is an adjudication's. */
export type StepKind =
  | 'claimed'
  | 'released'
  | 'reassigned'
  | 'commented'
  | 'resolved'
  | 'lapsed'
  | 'reminded'
  | 'overdue'
  | 'raised'
  | 'expired'

/** One escalation within a batch, with the stream of the trail that it belongs to. */
export interface Turn {
  readonly book: Book
  readonly page: AccountPage | FaultPage
  /** As it stands. */
  readonly item: Escalation
  /** Writes an entry and the item as it is after it. */
  write(kind: StepKind, by: Reviewer | typeof UMPIRE, item: Escalation, body?: object): Place
}

/** Where an escalation is to be found. */
export type Located = Pick<Escalation, 'id' | 'account' | 'rule'>

/** @throws Problem `not_found` */
export async function knownEscalation(app: App, id: string): Promise<Escalation> {
  const item = isId(id) ? await findEscalation(app.db, id) : undefined
  if (!item) throw new Problem('not_found', `no escalation \`${id}\``)
  return item
}

/**
 * Works on an escalation within a batch of the desk, so that of two who do so at once the later one sees what the
 * earlier one did. Where the account has joined another meanwhile, the item is looked for there.
 *
 * @param take decides and writes; runs again when another was quicker. What it throws leaves everything as it was, if
 *   it has written nothing yet
 * @param needs what else must be known, of an escalation that is about this account
 */
export async function takeTurn<T>(
  app: App,
  where: Located,
  take: (turn: Turn) => T,
  needs: (account: string) => Partial<Wanted> = () => ({}),
): Promise<T> {
  for (let located = where; ; located = await knownEscalation(app, where.id)) {
    const { id, account, rule } = located
    const done = await app.desk.submit({
      ...(rule === null ? { trails: [account] } : { faults: [rule] }),
      ...needs(account),
      escalations: [id],
      serve(book) {
        const item = book.escalation(id)
        if (!item || item.account !== account) return null
        if (rule !== null) return { value: take(turnOf(book, book.fault(rule), item)) }
        // What was closed or a sample when its account joined another has stayed behind until now.
        const page = book.account(account)
        return { value: take(turnOf(book, page, { ...item, account: page.account })) }
      },
    })
    if (done) return done.value
  }
}

function turnOf(book: Book, page: AccountPage | FaultPage, item: Escalation): Turn {
  return {
    book,
    page,
    item,
    write(kind, by, after, body = {}) {
      const who = by === UMPIRE ? { by } : { by: by.name, key: by.key }
      const place = page.append(`escalation.${kind}`, { ...body, ...who, escalation: after.id })
      book.put(after, place)
      return place
    },
  }
}

/** The item after a step. @throws Problem where it can't be made */
export function made(step: Step): Escalation {
  if ('refusal' in step) throw new Problem(step.refusal.code, step.refusal.message)
  return step.item
}
