import { type Conclusion, conclude } from './conclude.ts'
import { measureConflict } from './conflict.ts'
import { type Disposal, dispose } from './disposition.ts'
import { combineEffects, type Effects } from './effects.ts'
import { findFlips } from './flips.ts'
import { handOff } from './handoff.ts'
import { ruleLedger, signalLedger } from './ledger.ts'
import { type Live, listen } from './live.ts'
import type { Adjudication, Autonomy, Decision, Outcome, Question } from './model.ts'
import { evaluateRules } from './rules/evaluate.ts'
import type { Scope } from './rules/expression.ts'
import { summarise } from './summary.ts'
import { type Judgement, judge } from './verdict.ts'

/** Runs a stage of an adjudication, in a span of a trace say, and returns what the stage returns. */
export type RunStage = <T>(stage: 'rules' | 'belief' | 'decide', run: () => T) => T

const untraced: RunStage = (_stage, run) => run()

/**
 * Answers a question under a decision file: one recommendation, what may be done with it, and the ledger of it all.
 *
 * Pure: the same decision and question give the same answer to the last digit, in whatever order the signals come.
 * An expression that fails escalates the answer and is named in its `rules`; it never throws.
 *
 * @throws {Error} if the proposal names an action that the decision lacks, or a signal or the proposal names an agent
 *   that the question lacks.
 */
export function adjudicate(decision: Decision, question: Question, stage: RunStage = untraced): Adjudication {
  const heard = stage('rules', () => hear(decision, question))
  const conclusion = stage('belief', () => conclude(decision, heard.live.used, heard.effects, heard.scope))
  return stage('decide', () => decide(decision, question, heard, conclusion))
}

/** Who speaks, and which rules hold. */
interface Hearing {
  readonly live: Live
  readonly scope: Scope
  readonly outcomes: readonly Outcome[]
  readonly effects: Effects
}

function hear(decision: Decision, question: Question): Hearing {
  const { facts, proposal, now } = question
  const today = new Date(now)
  const live = listen(decision, question, { account: facts, signals: [], proposal, now: today })
  const scope: Scope = { account: facts, signals: live.views, proposal, now: today }
  const outcomes = evaluateRules(decision.rules, scope)
  return { live, scope, outcomes, effects: combineEffects(decision, outcomes) }
}

function decide(decision: Decision, question: Question, heard: Hearing, conclusion: Conclusion): Adjudication {
  const { states, actions, review } = decision
  const { account, proposal, now, draw } = question
  const { live, effects } = heard
  const { used, contributions, beliefs, risks, best, stakes } = conclusion
  const { rules, failures } = ruleLedger(live.failures, heard.outcomes, conclusion.losses.failures)

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
