import type { App } from './app.ts'
import type { Book } from './book.ts'
import { demand, type Principal } from './principal.ts'
import { Problem, type ProblemCode } from './problem.ts'

/** The truth about an account's state, learned later. */
export interface OutcomeInput {
  readonly account: string
  readonly decision: string
  readonly state: string
  readonly observedAt: string
  readonly source: string
}

export interface OutcomeResult {
  readonly status: 'accepted' | 'duplicate' | 'rejected'
  readonly problem?: { readonly code: ProblemCode; readonly detail: string }
}

/** Stores outcomes, each on its own. A source states one state per decision and time; it can't take that back. */
export async function recordOutcomes(
  app: App,
  principal: Principal,
  outcomes: readonly OutcomeInput[],
): Promise<readonly OutcomeResult[]> {
  demand(principal, 'outcomes:write')
  return Promise.all(outcomes.map((outcome) => recordOne(app, principal, outcome)))
}

async function recordOne(app: App, principal: Principal, outcome: OutcomeInput): Promise<OutcomeResult> {
  const { account, decision, source } = outcome
  const observedAt = Date.parse(outcome.observedAt)
  try {
    checkState(app, outcome)
    return await app.desk.submit({
      trails: [account],
      outcomes: [{ account, decision, observedAt, source }],
      serve: (book) => keep(book, principal, outcome, observedAt),
    })
  } catch (error) {
    if (!(error instanceof Problem) || error.code === 'overloaded') throw error
    return { status: 'rejected', problem: { code: error.code, detail: error.message } }
  }
}

function checkState(app: App, { decision, state }: OutcomeInput): void {
  const { states } = app.rules.decision(decision)
  if (states.some((known) => known.name === state)) return
  const names = states.map((known) => `\`${known.name}\``).join(', ')
  throw new Problem('unknown_state', `\`${decision}\` has no state \`${state}\`; it has ${names}`)
}

function keep(book: Book, principal: Principal, outcome: OutcomeInput, observedAt: number): OutcomeResult {
  const { decision, state, source } = outcome
  const page = book.account(outcome.account)
  const before = book.knownOutcome(page.account, decision, observedAt, source)
  if (before === state) return { status: 'duplicate' }
  if (before !== undefined) {
    throw new Problem('outcome_conflict', `\`${source}\` has said \`${before}\` of \`${decision}\` at that time before`)
  }
  const observed = new Date(observedAt).toISOString()
  const { sequence } = page.append('outcome', { by: principal.name, decision, state, source, observedAt: observed })
  book.writes.insert('outcomes', { account_id: page.account, decision, state, observed_at: observed, source, sequence })
  book.rememberOutcome(page.account, decision, observedAt, source, state)
  return { status: 'accepted' }
}
