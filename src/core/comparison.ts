import type { Disposition } from './model.ts'
import { asksPerson } from './recommend.ts'

/**
 * What happens with an account: `act <action>` (reviewed afterwards or not), `suggest <action>`, where a person decides
 * on it, or `escalate`, where a person decides on their own. Two rulesets flip a question where these differ.
 */
export type Answer = string

/** What an answer comes to. */
export interface Stance {
  /** Null: no action is permitted. */
  readonly action: string | null
  readonly disposition: Disposition
}

export function answerOf({ action, disposition }: Stance): Answer {
  if (disposition === 'escalate') return 'escalate'
  return disposition === 'suggest' ? `suggest ${action}` : `act ${action}`
}

/** Whether what became known speaks for an answer that replaces another, against it, or for neither. */
export type Speaks = 'agree' | 'contradict' | 'neither'

/** @param extra what the new answer cost more than the old one in the true state */
export function byCost(extra: number): Speaks {
  return extra < 0 ? 'agree' : extra > 0 ? 'contradict' : 'neither'
}

/**
 * By the action that a person decided on. A set that acts as they did is right; one that acts otherwise is wrong; one that
 * asks is neither, and better than wrong and, since asking costs, worse than right.
 */
export function byDecision(decided: string, before: Stance, after: Stance): Speaks {
  const merit = ({ action, disposition }: Stance) => (asksPerson(disposition) ? 0 : action === decided ? 1 : -1)
  return byCost(merit(before) - merit(after))
}
