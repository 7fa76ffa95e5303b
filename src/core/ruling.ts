import type { Adjudication, Decision, Facts, LedgerRule, Question, Ruling } from './model.ts'

/** How far the belief in any state may move before a person's answer no longer stands. */
export const MOST_DRIFT = 0.15

/** Why a ruling no longer stands. */
export type RulingEnd = 'over' | 'meaning' | 'action' | 'facts' | 'rules' | 'beliefs'

/** What an adjudication comes to before anybody has ruled on it. */
export interface Findings {
  /** One per state, in its order. */
  readonly beliefs: readonly number[]
  /** Indexes of the actions that are neither vetoed nor without a loss. */
  readonly permitted: readonly number[]
  readonly rules: readonly LedgerRule[]
}

/**
 * A person's answer with what it was given under. It stands for `review.holdsFor`, but for `whyEnded`.
 *
 * @param answer the adjudication that the person answered.
 * @param facts of the account, as that adjudication saw them.
 * @param at milliseconds since the epoch.
 */
export function makeRuling(
  decision: Decision,
  answer: Pick<Adjudication, 'beliefs' | 'rules'>,
  facts: Facts,
  { action, by, at }: Pick<Ruling, 'action' | 'by' | 'at'>,
): Omit<Ruling, 'sequence'> {
  return {
    action,
    by,
    at,
    until: at + decision.review.holdsFor,
    meaning: decision.meaning,
    facts: factsRead(decision, facts),
    beliefs: answer.beliefs,
    rules: callsForPeople(answer.rules),
  }
}

/**
 * Why a person's answer no longer stands; null: it does. The first of these that holds:
 *
 * its time is `over`; the `meaning` of decision file and shared rules has changed; its `action` is vetoed, has no loss
 * or is not there any more; one of the `facts` that the decision reads has changed, come or gone; one of the `rules`
 * calls for a person, or failed, that did not when the person decided; the belief in a state has moved by more than
 * 0.15. What is here now is compared with what was there then, so that many small steps count as one large one.
 */
export function whyEnded(
  ruling: Ruling,
  decision: Decision,
  { now, facts }: Pick<Question, 'now' | 'facts'>,
  { beliefs, permitted, rules }: Findings,
): RulingEnd | null {
  if (now >= ruling.until) return 'over'
  if (decision.meaning !== ruling.meaning) return 'meaning'
  if (!permitted.some((action) => decision.actions[action]?.name === ruling.action)) return 'action'
  if (!isSame(factsRead(decision, facts), ruling.facts)) return 'facts'
  if (!callsForPeople(rules).every((id) => ruling.rules.includes(id))) return 'rules'
  const moved = decision.states.some(({ name }, s) => !isNear(beliefs[s] as number, ruling.beliefs[name]))
  return moved ? 'beliefs' : null
}

/** The question's ruling, if it stands. */
export function standingRuling(decision: Decision, question: Question, found: Findings): Ruling | null {
  const { ruling } = question
  return ruling !== null && whyEnded(ruling, decision, question, found) === null ? ruling : null
}

function factsRead({ reads }: Decision, facts: Facts): Facts {
  if (reads === null) return facts
  return Object.fromEntries(reads.filter((name) => Object.hasOwn(facts, name)).map((name) => [name, facts[name]]))
}

/** Ids of the rules that escalate or have failed, each once. */
function callsForPeople(rules: readonly LedgerRule[]): readonly string[] {
  const calls = rules.filter(({ effect, error }) => effect === 'escalate' || error !== undefined)
  return [...new Set(calls.map(({ id }) => id))]
}

function isNear(belief: number, then: number | undefined): boolean {
  return then !== undefined && Math.abs(belief - then) <= MOST_DRIFT
}

/** Whether two JSON values are the same, whatever the order of their keys. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => Object.hasOwn(b, key) && isSame(a[key as keyof typeof a], b[key as keyof typeof b]))
}
