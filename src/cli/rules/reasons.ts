import type { Adjudication, Autonomy, Decision, Effect, Question } from '../../core/model.ts'

/** An answer with what it was made from. */
export interface Answered {
  readonly decision: Decision
  readonly question: Question
  readonly answer: Adjudication
}

/** Why an action is ruled out, in the operator's words; null: it is not. */
export function vetoOf(answered: Answered, action: string): string | null {
  const index = indexOf(answered.decision, action)
  return reasonFor(answered, (effect) => effect.kind === 'veto' && effect.actions.includes(index))
}

/** Why an action has its level, in the words of the rule that caps it there; null: none does. */
export function capOf(answered: Answered, action: string | null, level: Autonomy): string | null {
  const index = indexOf(answered.decision, action)
  const isIt = (cap: { readonly action: number; readonly level: Autonomy }) =>
    cap.action === index && cap.level === level
  return reasonFor(answered, (effect) => effect.kind === 'autonomyCap' && effect.caps.some(isIt))
}

/** What the first rule that holds and has such an effect says for itself. */
function reasonFor({ decision, answer }: Answered, isIt: (effect: Effect) => boolean): string | null {
  const effectsOf = (id: string) => decision.rules.find((rule) => rule.id === id)?.effects ?? []
  const holding = answer.rules.find(
    ({ id, effect: kind, error }) =>
      error === undefined && effectsOf(id).some((effect) => effect.kind === kind && isIt(effect)),
  )
  return holding === undefined ? null : bare(holding.because)
}

function indexOf({ actions }: Decision, action: string | null): number {
  return actions.findIndex(({ name }) => name === action)
}

/** Of several rules that ask a person, the one whose queue it is. */
export function escalating(answered: Answered): string {
  return (
    reasonFor(answered, (effect) => effect.kind === 'escalate' && effect.queue !== null) ??
    reasonFor(answered, ({ kind }) => kind === 'escalate') ??
    'A rule asks a person'
  )
}

/** Null where nothing failed. */
export function failures({ rules }: Adjudication): string | null {
  const ids = new Set(rules.flatMap(({ id, error }) => (error === undefined ? [] : [`\`${id}\``])))
  return ids.size === 0 ? null : `${listed([...ids])} could not be evaluated`
}

/** An operator's sentence, to be gone on from. */
export const bare = (sentence: string): string => sentence.trim().replace(/\s+/g, ' ').replace(/\.$/, '')

export function listed(items: readonly string[]): string {
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`
}
