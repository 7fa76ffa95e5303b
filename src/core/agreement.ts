import { conclude } from './conclude.ts'
import { type Losses, leastCostly } from './cost.ts'
import type { Evidence } from './evidence.ts'
import { hear } from './hear.ts'
import type { Decision, Question } from './model.ts'

/** Whether a person who looked at an account found what a signal says of it. */
export interface Agreement {
  readonly agent: string
  /** The agent's id of it. */
  readonly signal: string
  readonly claim: string
  readonly agrees: boolean
  /** What tells: that the reviewer named the signal wrong, the state that they found, or else the action they chose. */
  readonly basis: 'named' | 'state' | 'action'
}

/** What a person found; each is null, or empty, where they said nothing of it. */
export interface Finding {
  readonly action: string | null
  readonly state: string | null
  /** Ids of signals. */
  readonly wrongSignals: readonly string[]
}

/**
 * How each used signal of an adjudication fares by what a person found, newest first.
 *
 * A signal speaks for the states that its claim points at, or for the others where it is so unsure of its claim that it
 * speaks against it: who states a churn risk of 6 % was right about a customer who stays. By the action a signal agrees
 * if that action costs least where nothing but what the signal speaks for is known. Signals of which nothing can be
 * told that way are left out, all of them where nothing was decided.
 *
 * @param question the one that was answered, as restored: `agreementsOf(decision, question, resolution)`.
 */
export function agreementsOf(
  decision: Decision,
  question: Question,
  { action, state, wrongSignals }: Finding,
): readonly Agreement[] {
  const { live, effects, scope } = hear(decision, question)
  const { used, evidence, losses } = conclude(decision, live.used, effects, scope)
  const known = indexNamed(decision.states, state)
  const chosen = indexNamed(decision.actions, action)

  return used.flatMap(({ signal: { agent, id, claim }, claim: { pointsAt } }, i) => {
    const told = (agrees: boolean, basis: Agreement['basis']) => [{ agent, signal: id, claim, agrees, basis }]
    if (wrongSignals.includes(id)) return told(false, 'named')
    const isSure = (evidence[i] as Evidence).llr >= 0
    const speaksFor = (s: number) => pointsAt.includes(s) === isSure
    if (known !== null) return told(speaksFor(known), 'state')
    if (chosen === null || !losses.permitted.includes(chosen)) return []
    const best = bestIf(speaksFor, decision, losses)
    return best === null ? [] : told(best === chosen, 'action')
  })
}

/** What to do were the account in one of some states, as likely among themselves as ever; null: it can't be in any. */
function bestIf(isPossible: (state: number) => boolean, { states }: Decision, losses: Losses): number | null {
  const masses = states.map(({ prior }, s) => (isPossible(s) ? prior : 0))
  return masses.some((mass) => mass > 0) ? leastCostly(losses, masses) : null
}

function indexNamed(named: readonly { readonly name: string }[], name: string | null): number | null {
  const index = named.findIndex((one) => one.name === name)
  return index === -1 ? null : index
}
