import type { Kysely } from 'kysely'
import { adjudicate } from '../core/adjudicate.ts'
import { type Escalation, standingAt } from '../core/escalation/escalation.ts'
import type { Adjudication, Decision, Question } from '../core/model.ts'
import { type Ruleset, resolveAgent } from '../core/rules/load.ts'
import { readAgentsAt } from '../storage/adjudications.ts'
import type { Database } from '../storage/database.ts'
import { findEscalation } from '../storage/escalations.ts'
import { readSteps } from '../storage/steps.ts'
import { type StepView, stepView } from './escalations/step-view.ts'
import { type Archive, getRecord, restoreAdjudication } from './history.ts'
import { Problem } from './problem.ts'
import { standing } from './question.ts'
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

/** What other rules say to a question of the past. */
export interface OtherAnswer {
  readonly decision: Decision
  readonly question: Question
  readonly answer: Adjudication
  /** What was answered. */
  readonly given: Adjudication
}

/**
 * Asks other rules the question of an adjudication, as it was asked: the signals, facts and agents of then. What a person had
 * decided is left out, so that the rules speak for themselves. Nobody was ever given this answer.
 *
 * @throws Problem as `explainAdjudication` does; `unknown_decision`, `unknown_action` where the rules have no such thing
 */
export async function answerUnder(db: Kysely<Database>, id: string, ruleset: Ruleset): Promise<OtherAnswer> {
  const archive = archiveIn(db)
  const { agents, decision: name, proposal } = await getRecord(archive, id)
  const { question: asked, answer: given } = await restoreAdjudication(archive, id)
  const decision = ruleset.decisions.get(name)
  if (!decision) throw new Problem('unknown_decision', `\`${ruleset.hash}\` has no decision \`${name}\` to ask`)
  if (proposal && !decision.actions.some((action) => action.name === proposal.action)) {
    throw new Problem(
      'unknown_action',
      `an agent proposed \`${proposal.action}\`, which \`${ruleset.hash}\` does not have`,
    )
  }
  const stored = await readAgentsAt(db, agents)
  const standings = standing(archive, ruleset, asked.agents.keys(), (agent) => stored.get(agent))
  const question = { ...asked, agents: standings, ruling: null }
  return { decision, question, answer: adjudicate(decision, question), given }
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
