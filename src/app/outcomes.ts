import type { App } from './app.ts'
import type { AccountPage, Book } from './book.ts'
import { type ItemResult, takeInEach } from './items.ts'
import { demand, type Principal } from './principal.ts'
import { Problem } from './problem.ts'

/** The truth about an account's state, learned later. */
export interface OutcomeInput {
  readonly account: string
  readonly decision: string
  readonly state: string
  readonly observedAt: string
  readonly source: string
}

/** Stores outcomes, each on its own. A source states one state per decision and time; it can't take that back. */
export async function recordOutcomes(
  app: App,
  principal: Principal,
  outcomes: readonly OutcomeInput[],
): Promise<readonly ItemResult[]> {
  demand(principal, 'outcomes:write')
  return takeInEach(
    app.desk,
    outcomes.map((outcome) => ({ ...outcome, observedAt: Date.parse(outcome.observedAt) })),
    (sent) => ({ outcomes: sent }),
    (book, outcome) => {
      checkState(app, outcome)
      return keepOutcome(book, book.account(outcome.account), principal.name, outcome)
    },
  )
}

/** An outcome of an account, its time in milliseconds since the epoch. */
type Outcome = Omit<OutcomeInput, 'account' | 'observedAt'> & { readonly observedAt: number }

function checkState(app: App, { decision, state }: Outcome): void {
  const { states } = app.rules.decision(decision)
  if (states.some((known) => known.name === state)) return
  const names = states.map((known) => `\`${known.name}\``).join(', ')
  throw new Problem('unknown_state', `\`${decision}\` has no state \`${state}\`; it has ${names}`)
}

/**
 * Writes an outcome, in the account's trail too.
 * @throws Problem `outcome_conflict`
 */
export function keepOutcome(book: Book, page: AccountPage, by: string, outcome: Outcome): 'accepted' | 'duplicate' {
  const { decision, state, source, observedAt } = outcome
  const before = book.knownOutcome(page.account, decision, observedAt, source)
  if (before === state) return 'duplicate'
  if (before !== undefined) {
    throw new Problem('outcome_conflict', `\`${source}\` has said \`${before}\` of \`${decision}\` at that time before`)
  }
  const observed = new Date(observedAt).toISOString()
  const { sequence } = page.append('outcome', { by, decision, state, source, observedAt: observed })
  book.writes.insert('outcomes', { account_id: page.account, decision, state, observed_at: observed, source, sequence })
  book.rememberOutcome(page.account, decision, observedAt, source, state)
  return 'accepted'
}
