import type { App } from '../app/app.ts'
import type { Decision } from '../core/model.ts'
import type { Ruleset } from '../core/rules/load.ts'
import { findAdjudications } from '../storage/adjudications.ts'
import type { ShadowAnswer } from '../storage/shadow-answers.ts'
import { isUnavailable } from '../storage/unavailable.ts'
import type { Case } from './case.ts'
import { casesOf } from './database.ts'
import { createSide, type Side } from './side.ts'

/** A question as a shadow was asked it, to be put to its set again. */
export interface Again {
  /** Of the adjudication. */
  readonly id: string
  readonly case: Case
  readonly decision: Decision
  readonly side: Side
}

/**
 * The questions of answers of a shadow, to be asked again in this order. Those of which something has been erased are left
 * out; all are where the set can't be read.
 * @param hash of the shadow set
 */
export async function askableAgain(
  app: App,
  hash: string,
  answers: readonly ShadowAnswer[],
): Promise<readonly Again[]> {
  if (answers.length === 0) return []
  const ruleset = await readableSet(app, hash)
  if (ruleset === null) return []
  const ids = answers.map(({ adjudication }) => adjudication)
  const { cases } = await casesOf(app.db, await findAdjudications(app.db, ids))
  const side = createSide(ruleset)
  return cases.flatMap((one): Again[] => {
    const decision = ruleset.decisions.get(one.decision)
    return decision && one.id !== null ? [{ id: one.id, case: one, decision, side }] : []
  })
}

/** Null where it is damaged, or this version does not load it any more: the log says how. */
async function readableSet({ rules, log }: App, hash: string): Promise<Ruleset | null> {
  try {
    return await rules.byHash(hash)
  } catch (error) {
    if (isUnavailable(error)) throw error
    log.warn({ err: error, ruleset: hash }, 'a shadow set can not be asked again, since it could not be read')
    return null
  }
}
