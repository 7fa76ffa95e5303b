import { type Conclusion, conclude } from './conclude.ts'
import { measureConflict } from './conflict.ts'
import { type Disposal, dispose } from './disposition.ts'
import { combineEffects, type Effects } from './effects.ts'
import { findFlips } from './flips.ts'
import { handOff } from './handoff.ts'
import { ruleLedger, signalLedger } from './ledger.ts'
import { type Live, listen } from './live.ts'
import type { Adjudication, Autonomy, Decision, Question } from './model.ts'
import { evaluateRules } from './rules/evaluate.ts'
import type { Scope } from './rules/expression.ts'
import { summarise } from './summary.ts'
import { type Judgement, judge } from './verdict.ts'

/**
 * Answers a question under a decision file: one recommendation, what may be done with it, and the ledger of it all.
 *
 * Pure: the same decision and question give the same answer to the last digit, in whatever order the signals come.
 * An expression that fails escalates the answer and is named in its `rules`; it never throws.
 *
 * @throws {Error} if the proposal names an action that the decision lacks, or a signal or the proposal names an agent
 *   that the question lacks.
 */
export function adjudicate(decision: Decision, question: Question): Adjudication {
  const { states, actions, review } = decision
  const { account, proposal, now, draw } = question

  const today = new Date(now)
  const live = listen(decision, question, { account: question.facts, signals: [], proposal, now: today })
  const scope: Scope = { account: question.facts, signals: live.views, proposal, now: today }
  const outcomes = evaluateRules(decision.rules, scope)
  const effects = combineEffects(decision, outcomes)

  const conclusion = conclude(decision, live.used, effects, scope)
  const { used, contributions, beliefs, risks, best, stakes } = conclusion
  const rules = live.failures.concat(ruleLedger(outcomes), conclusion.losses.failures)
  const failures = rules.filter((rule) => rule.error !== undefined)

  const standing = {
    autonomy: best === null ? null : (effects.autonomy[best] as Autonomy),
    failed: failures.length > 0,
    escalated: effects.escalations.length > 0,
    regret: stakes.regret,
  }
  const disposal = dispose(standing, review, draw)
  const judgement = judgeProposal(decision, question, live, effects, conclusion, disposal)
  const handoff = handOff(disposal, effects, judgement, review, question)
  const verdict = judgement && { verdict: judgement.verdict, reasons: judgement.reasons }

  return {
    account,
    decision: decision.name,
    summary: summarise({ decision, conclusion, effects, disposal, judgement, failures, handoff }),
    recommendation: {
      action: best === null ? null : (actions[best]?.name ?? null),
      confidence: stakes.confidence,
      disposition: disposal.disposition,
      reasons: disposal.reasons,
    },
    proposal: proposal && verdict && { agent: proposal.agent, action: proposal.action, ...verdict },
    beliefs: byName(states, beliefs),
    expectedLoss: byName(actions, risks),
    regret: stakes.regret,
    reviewCost: review.cost,
    conflict: measureConflict(used, contributions, beliefs),
    signals: signalLedger(decision, live.signals, conclusion, effects),
    rules,
    flips: findFlips(decision, conclusion),
    tags: effects.tags,
    handoff,
    validUntil: used.reduce((until, { signal }) => Math.min(until, signal.expiresAt ?? until), now + decision.validFor),
  }
}

function judgeProposal(
  decision: Decision,
  { proposal }: Question,
  live: Live,
  effects: Effects,
  { risks, best }: Conclusion,
  { disposition }: Disposal,
): Judgement | null {
  if (proposal === null) return null
  const action = decision.actions.findIndex(({ name }) => name === proposal.action)
  if (action === -1)
    throw new Error(`\`${decision.name}\` has no action \`${proposal.action}\`; propose one that it has`)
  return judge({
    action,
    vetoed: effects.vetoedBy[action] !== null,
    autonomy: effects.autonomy[action] as Autonomy,
    inScope: live.proposerInScope,
    disposition,
    recommended: action === best,
    risk: risks[action] as number | null,
    leastRisk: best === null ? null : (risks[best] as number),
    tolerance: decision.tolerance,
  })
}

function byName<T>(named: readonly { readonly name: string }[], values: readonly T[]): Record<string, T> {
  const record: Record<string, T> = {}
  for (let i = 0; i < named.length; i += 1) record[(named[i] as { name: string }).name] = values[i] as T
  return record
}
