import { type Conclusion, conclude, concludeOn } from './conclude.ts'
import { measureConflict } from './conflict.ts'
import { cooledDown } from './cooldown.ts'
import { dispose } from './disposition.ts'
import { findFlips } from './flips.ts'
import { handOff } from './handoff.ts'
import { type Hearing, hear } from './hear.ts'
import { ruleLedger, signalLedger } from './ledger.ts'
import type { Adjudication, Autonomy, Decision, Question } from './model.ts'
import { standingRuling } from './ruling.ts'
import { summarise } from './summary.ts'
import { judgeProposal } from './verdict.ts'

/** Runs a stage of an adjudication, in a span of a trace say, and returns what the stage returns. */
export type RunStage = <T>(stage: 'rules' | 'belief' | 'decide', run: () => T) => T

const untraced: RunStage = (_stage, run) => run()

/**
 * Answers a question under a decision file: one recommendation, what may be done with it, and the ledger of it all.
 *
 * Where a person's answer to the question still stands, its action is the recommendation. Beliefs and expected losses
 * are as ever, regret and confidence are those of that action, and there are no flips: no confidence changes a
 * person's word while it stands.
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

function decide(decision: Decision, question: Question, heard: Hearing, computed: Conclusion): Adjudication {
  const { states, actions, review } = decision
  const { account, proposal, now, draw } = question
  const { live, effects } = heard
  const { rules, failures } = ruleLedger(live.failures, heard.outcomes, computed.losses.failures)
  const found = { beliefs: computed.beliefs, permitted: computed.losses.permitted, rules }
  const ruling = standingRuling(decision, question, found)
  const conclusion = ruling === null ? computed : concludeOn(computed, actionNamed(decision, ruling.action))
  const { used, contributions, beliefs, risks, best, stakes } = conclusion

  const standing = {
    autonomy: best === null ? null : (effects.autonomy[best] as Autonomy),
    ruled: ruling !== null,
    failed: failures.length > 0,
    escalated: effects.escalations.length > 0,
    regret: stakes.regret,
  }
  const disposal = dispose(standing, review, draw)
  const judgement = judgeProposal(decision, proposal, heard, conclusion, disposal)
  if (proposal !== null && judgement === null)
    throw new Error(`\`${decision.name}\` has no action \`${proposal.action}\`; propose one that it has`)
  const handoff = handOff(
    { disposal, effects, judgement, losses: conclusion.losses, failures },
    decision,
    question,
    heard.scope,
  )
  const verdict = judgement && { verdict: judgement.verdict, reasons: judgement.reasons }

  return {
    account,
    decision: decision.name,
    summary: summarise({ decision, conclusion, effects, disposal, judgement, failures, handoff, ruling, now }),
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
    flips: ruling === null ? findFlips(decision, conclusion) : [],
    tags: effects.tags,
    handoff,
    ruling,
    validUntil: used.reduce(
      (until, { signal }) => Math.min(until, signal.expiresAt ?? until),
      Math.min(now + decision.validFor, ruling?.until ?? Number.POSITIVE_INFINITY, cooledDown(decision, question)),
    ),
  }
}

function actionNamed({ actions }: Decision, name: string): number {
  return actions.findIndex((action) => action.name === name)
}

function byName<T>(named: readonly { readonly name: string }[], values: readonly T[]): Record<string, T> {
  const record: Record<string, T> = {}
  for (let i = 0; i < named.length; i += 1) record[(named[i] as { name: string }).name] = values[i] as T
  return record
}
