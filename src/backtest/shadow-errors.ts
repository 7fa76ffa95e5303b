import type { App } from '../app/app.ts'
import { failuresOf } from '../core/recommend.ts'
import type { ShadowAnswer } from '../storage/shadow-answers.ts'
import { askableAgain } from './shadow-again.ts'
import { questionOf } from './side.ts'

/** An answer of a shadow in which an expression failed. */
export interface ShadowError {
  readonly answer: ShadowAnswer
  /** What failed; null: it can't be asked again. */
  readonly failures: readonly ShadowFailure[] | null
}

export interface ShadowFailure {
  /** As the ledger names it: a rule by its id, a loss by action and state. */
  readonly id: string
  /** Expression and reason. */
  readonly error: string
}

/**
 * Says of answers in which an expression failed which one, by asking again.
 * @param ruleset hash of the shadow set
 */
export async function errorsOf(
  app: App,
  ruleset: string,
  answers: readonly ShadowAnswer[],
): Promise<readonly ShadowError[]> {
  const again = await askableAgain(app, ruleset, answers)
  const failures = new Map(
    again.map(({ id, case: one, decision, side }) => [id, distinct(failuresOf(decision, questionOf(side, one)))]),
  )
  return answers.map((answer) => ({ answer, failures: failures.get(answer.adjudication) ?? null }))
}

/** A rule that is asked for each signal may fail for each. */
function distinct(failures: ReturnType<typeof failuresOf>): readonly ShadowFailure[] {
  return [...new Map(failures.map(({ id, error = '' }) => [`${id} ${error}`, { id, error }])).values()]
}
