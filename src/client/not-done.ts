import type { Check } from './api.ts'
import type { CheckAnswer } from './check.ts'

/** That a tool was not run. All of it may be shown to a model. */
export interface NotDone {
  readonly done: false
  /** `ask`: a person decides first. */
  readonly verdict: 'ask' | 'deny'
  /** What happened and what to do next, in sentences. */
  readonly message: string
  /** Why, in a sentence. */
  readonly because: string
  /** The better action, where there is one. */
  readonly doInstead: string | null
  /** Id of the answer: `getResolution` tells what people decide. Null: there is none. */
  readonly adjudication: string | null
  /** Who decides, and by when; null: nobody was asked. */
  readonly escalation: Check['escalation']
  /** Whether Umpire could not be asked, so that it is the caller's choice. */
  readonly unavailable: boolean
}

/** @param answer to a check, without leave to act */
export function notDone(action: string, answer: CheckAnswer): NotDone {
  const { because, doInstead, adjudication, escalation, unavailable } = answer
  const verdict = answer.verdict === 'deny' ? 'deny' : 'ask'
  const message = `\`${action}\` was not done: ${happened(answer)}; ${because.replace(/\.$/, '')}. ${next(answer)}`
  return { done: false, verdict, message, because, doInstead, adjudication, escalation, unavailable }
}

function happened({ verdict, escalation }: CheckAnswer): string {
  if (verdict === 'deny') return 'it is denied'
  return escalation === null
    ? 'a person decides first'
    : `a person decides first, in the queue \`${escalation.queue}\`, by ${escalation.dueAt}`
}

function next({ verdict, doInstead, unavailable }: CheckAnswer): string {
  if (doInstead !== null) return `Do \`${doInstead}\` instead.`
  if (unavailable) return 'Try again later, or ask a person.'
  return verdict === 'deny' ? 'Do not try it another way.' : 'Try again, with the same input, once they have decided.'
}
