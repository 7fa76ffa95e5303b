import { answerOf } from '../core/comparison.ts'
import type { Adjudication, Question } from '../core/model.ts'
import { type Recommended, recommend } from '../core/recommend.ts'
import type { Ruleset } from '../core/rules/load.ts'
import type { ShadowResult } from '../storage/database.ts'
import { failureType } from '../telemetry/failure.ts'
import type { App } from './app.ts'
import type { Book } from './book.ts'
import { standing } from './question.ts'
import type { Shadow } from './rules.ts'

/** An adjudication as it is about to be written. */
export interface Given {
  readonly id: string
  readonly question: Question
  readonly answer: Adjudication
  /** The item that people got; undefined: none. */
  readonly escalation: string | undefined
}

/** What is counted of an answer of a shadow set. */
export interface Shadowed {
  readonly result: ShadowResult
  /** Whether an expression failed in it. */
  readonly errored: boolean
}

/** What a shadow set says to a question. */
interface Said extends Pick<Recommended, 'disposition' | 'verdict' | 'regret' | 'confidence' | 'failed'> {
  readonly action: string | null
}

/**
 * Asks the shadow set what the active one has just answered, and writes how the two compare beside the answer, in the same
 * commit. What a person decided before is left out, so that the set speaks for itself. It never throws.
 */
export function answerInShadow(app: App, { start, ruleset }: Shadow, book: Book, given: Given): Shadowed {
  const { id, question, answer, escalation = null } = given
  const said = ask(app, ruleset, book, question, answer.decision)
  const result = typeof said === 'string' ? said : compare(said, answer)
  const { action, disposition, verdict, regret, confidence, failed }: Said | Unsaid =
    typeof said === 'string' ? UNSAID : said
  book.writes.insert('shadow_answers', {
    shadow: start.sequence,
    adjudication_id: id,
    account_id: answer.account,
    decision: answer.decision,
    result,
    action,
    disposition,
    verdict,
    regret,
    confidence,
    errored: failed,
    active_action: answer.recommendation.action,
    active_disposition: answer.recommendation.disposition,
    active_verdict: answer.proposal?.verdict ?? null,
    escalation_id: escalation,
  })
  return { result, errored: failed }
}

type Unsaid = { readonly [K in Exclude<keyof Said, 'failed'>]: null } & { readonly failed: false }
const UNSAID: Unsaid = {
  action: null,
  disposition: null,
  verdict: null,
  regret: null,
  confidence: null,
  failed: false,
}

function compare(said: Said, { recommendation, ruling }: Adjudication): ShadowResult {
  if (ruling !== null) return 'ruled'
  return answerOf(said) === answerOf(recommendation) ? 'same' : 'flipped'
}

function ask(
  app: App,
  ruleset: Ruleset,
  book: Book,
  question: Question,
  name: string,
): Said | Extract<ShadowResult, 'not_compared' | 'failed'> {
  const decision = ruleset.decisions.get(name)
  if (!decision) return 'not_compared'
  try {
    const agents = standing(app, ruleset, question.agents.keys(), (agent) => book.agent(agent))
    const { action, ...said } = recommend(decision, { ...question, agents })
    return { ...said, action: action === null ? null : (decision.actions[action]?.name ?? null) }
  } catch (error) {
    // The question holds facts: nothing of it, nor of a message about it, may be written down.
    const of = { shadow: ruleset.hash, decision: name, type: failureType(error) }
    app.log.error(of, 'a shadow set could not answer; the answer that was given is not touched')
    return 'failed'
  }
}
