import { conclude } from './conclude.ts'
import { isStricter } from './effects.ts'
import { hear } from './hear.ts'
import type { Adjudication, Decision, Effect, Facts, LedgerRule, Question, Ruling } from './model.ts'

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
 * @param question the one that the person answered, as restored.
 * @param answer what was answered to it before.
 * @param at milliseconds since the epoch.
 */
export function makeRuling(
  decision: Decision,
  question: Question,
  answer: Pick<Adjudication, 'rules'>,
  { action, by, at }: Pick<Ruling, 'action' | 'by' | 'at'>,
): Omit<Ruling, 'sequence'> {
  const beliefs = believedByAll(decision, question)
  const chosen = decision.actions.findIndex(({ name }) => name === action)
  return {
    action,
    by,
    at,
    until: at + decision.review.holdsFor,
    meaning: decision.meaning,
    facts: factsRead(decision, question.facts),
    beliefs: Object.fromEntries(decision.states.map(({ name }, s) => [name, beliefs[s] as number])),
    rules: objections(answer.rules, decision, chosen),
  }
}

/**
 * Why a person's answer no longer stands; null: it does. The first of these that holds:
 *
 * its time is `over`; the `meaning` of decision file and shared rules has changed; its `action` is vetoed, has no loss
 * or is not there any more; one of the `facts` that the decision reads has changed, come or gone; one of the `rules`
 * escalates, fails or speaks against the action that did not when the person decided; the belief in a state has moved
 * by more than 0.15. What is here now is compared with what was there then, so that many small steps count as one
 * large one.
 */
export function whyEnded(
  ruling: Ruling,
  decision: Decision,
  question: Question,
  { beliefs, permitted, rules }: Findings,
): RulingEnd | null {
  const { now, facts, proposal } = question
  if (now >= ruling.until) return 'over'
  if (decision.meaning !== ruling.meaning) return 'meaning'
  const chosen = permitted.find((action) => decision.actions[action]?.name === ruling.action)
  if (chosen === undefined) return 'action'
  if (!isSame(factsRead(decision, facts), ruling.facts)) return 'facts'
  if (!objections(rules, decision, chosen).every((id) => ruling.rules.includes(id))) return 'rules'
  const common = proposal === null ? beliefs : believedByAll(decision, question)
  const moved = decision.states.some(({ name }, s) => !isNear(common[s] as number, ruling.beliefs[name]))
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

/**
 * What is believed with the agent that proposes heard, too. It is no witness in its own case, but what a person has
 * decided is the answer to the same question whoever asks it.
 */
function believedByAll(decision: Decision, question: Question): readonly number[] {
  const { live, effects, scope } = hear(decision, { ...question, proposal: null })
  return conclude(decision, live.used, effects, scope).beliefs
}

/** Ids of the rules that have failed, call for a person or speak against the action that one has chosen, each once. */
function objections(ledger: readonly LedgerRule[], { actions, rules }: Decision, chosen: number): readonly string[] {
  const autonomy = actions[chosen]?.autonomy ?? 'off_limits'
  const objects = (effect: Effect): boolean => {
    switch (effect.kind) {
      case 'escalate':
        return true
      case 'addLoss':
        return effect.terms.some(({ action }) => action === chosen)
      case 'autonomyCap':
        return (
          isStricter('copilot', autonomy) && effect.caps.some((cap) => cap.action === chosen && cap.level === 'copilot')
        )
      default:
        return false
    }
  }
  const calls = ledger.filter(
    ({ id, effect, error }) =>
      error !== undefined ||
      rules.some((rule) => rule.id === id && rule.effects.some((each) => each.kind === effect && objects(each))),
  )
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
