import type { Decision } from '../core/model.ts'
import type { App } from './app.ts'
import type { AccountPage, Book } from './book.ts'

/**
 * Leaves word that decisions which watch for it have an answer to give, once a signal or facts have been written.
 * @param asked a decision that is being answered in any case
 */
export function raiseQuestions(
  app: App,
  book: Book,
  page: AccountPage,
  arrived: 'signal' | 'fact',
  asked?: Decision,
): void {
  for (const decision of app.rules.active.decisions.values()) {
    if (decision === asked || !decision.adjudicateOn.includes(arrived)) continue
    book.raise(page.account, decision.name, page.head.sequence)
  }
}
