import type { Kysely } from 'kysely'
import { type Escalation, standingAt } from '../core/escalation/escalation.ts'
import type { Adjudication, Decision, Question } from '../core/model.ts'
import { resolveAgent } from '../core/rules/load.ts'
import type { Database } from '../storage/database.ts'
import { findEscalation } from '../storage/escalations.ts'
import { readSteps } from '../storage/steps.ts'
import { type StepView, stepView } from './escalations/step-view.ts'
import { type Archive, getRecord, restoreAdjudication } from './history.ts'
import { storedRuleset } from './rules.ts'

/** An answer of the past with all that tells how it came about, and what people made of it since. */
export interface Explanation {
  readonly id: string
  /** Hash of the ruleset that answered. */
  readonly ruleset: string
  readonly decision: Decision
  readonly question: Question
  readonly answer: Adjudication
  /** The item that people got, as it stands; null: none. */
  readonly item: Escalation | null
  /** What was done with it, in order; of much the newest. */
  readonly steps: readonly StepView[]
}

/** More than anybody reads. */
const STEPS_AT_MOST = 100

/**
 * Restores an answer under the rules that gave it, without a service.
 *
 * @param now milliseconds since the epoch; the item is given as it stands then
 * @throws Problem `not_found`; `redacted` where what recomputes the answer has been erased; `damaged`
 */
export async function explainAdjudication(db: Kysely<Database>, id: string, now: number): Promise<Explanation> {
  const archive = archiveIn(db)
  const { escalation, ruleset } = await getRecord(archive, id)
  const { decision, question, answer } = await restoreAdjudication(archive, id)
  const item = escalation === undefined ? undefined : await findEscalation(db, escalation)
  const stored = item === undefined ? [] : await readSteps(db, item.id, { limit: STEPS_AT_MOST })
  const steps = stored.map((step) => stepView(step, escalation ?? '', false))
  return { id, ruleset, decision, question, answer, item: item ? standingAt(item, now) : null, steps }
}

function archiveIn(db: Kysely<Database>): Archive {
  return {
    db,
    rules: {
      agent: (ruleset, name, stored) => resolveAgent(name, ruleset.agents, stored?.overrides ?? null),
      byHash: (hash) => storedRuleset(db, hash),
    },
  }
}
