import { newestAdjudications } from '../storage/adjudications.ts'
import { dropQuestion, findQuestion } from '../storage/questions.ts'
import { adjudicate } from './adjudications.ts'
import type { App } from './app.ts'
import type { Principal } from './principal.ts'

/** Asks what nobody has asked: a decision file's `adjudicateOn`. */
const ITSELF: Principal = { name: 'umpire', kind: 'service', scopes: new Set(['adjudications:write']), agents: null }

/** Between two answers to one question that nobody has asked lies at least this. Milliseconds. */
const SETTLING = 750

/**
 * Answers a question that something raised, unless an answer has been given since: the first at once, further ones no
 * sooner than the last has settled, so that a hundred signals in a row get a few answers.
 *
 * @returns when to come back, in milliseconds since the epoch; null: it is answered
 */
export async function answerQuestion(app: App, account: string, decision: string): Promise<number | null> {
  const question = await findQuestion(app.db, account, decision)
  if (!question) return null
  const [last] = await newestAdjudications(app.db, account, [decision])
  if (last && last.sequence > question.sequence) {
    await dropQuestion(app.db, account, decision, last.sequence)
    return null
  }
  const settled = last ? last.at.getTime() + SETTLING : 0
  if (settled > app.now()) return settled
  if (app.rules.active.decisions.has(decision)) await adjudicate(app, ITSELF, { account, decision })
  await dropQuestion(app.db, account, decision, question.sequence)
  return null
}
