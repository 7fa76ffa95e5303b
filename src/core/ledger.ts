import type { Conclusion } from './conclude.ts'
import type { Effects } from './effects.ts'
import { type Evidence, weighStatement } from './evidence.ts'
import type { LiveSignal, UsedSignal } from './live.ts'
import type { Decision, LedgerRule, LedgerSignal, Outcome } from './model.ts'
import { freshnessOf, ruleFactor } from './weight.ts'

/** The terms of every live signal: the used ones first, each group newest first. */
export function signalLedger(
  decision: Decision,
  signals: readonly LiveSignal[],
  conclusion: Conclusion,
  effects: Effects,
): LedgerSignal[] {
  const { used, weights } = conclusion
  const ledger = used.map((live, i) => usedEntry(live, i, conclusion))
  if (used.length === signals.length) return ledger
  for (const live of signals) {
    if (live.unused !== null) ledger.push(unusedEntry(decision, live, weights.dependence, effects))
  }
  return ledger
}

function usedEntry(live: UsedSignal, i: number, { evidence, weights, contributions }: Conclusion): LedgerSignal {
  const { signal, agent, voice } = live
  const { calibrated, llr } = evidence[i] as Evidence
  return {
    sequence: signal.sequence,
    id: signal.id,
    agent: signal.agent,
    claim: signal.claim,
    confidence: live.confidence,
    calibrated,
    ageHours: live.ageHours,
    weight: weights.weight[i] as number,
    weightParts: {
      trust: agent.trust,
      freshness: weights.freshness[i] as number,
      rules: weights.rules[i] as number,
      share: 1 / voice.used,
      dependence: weights.dependence,
    },
    llr,
    contribution: contributions[i] as number,
    used: true,
  }
}

/** `llr` is what the signal would have spoken for; 0 where the claim says nothing to the decision. */
function unusedEntry(decision: Decision, live: LiveSignal, dependence: number, effects: Effects): LedgerSignal {
  const { signal, agent, claim, confidence } = live
  const bare = { calibrated: confidence ?? agent.defaultConfidence, llr: 0 }
  const { calibrated, llr } = claim ? weighStatement(agent, claim, confidence, decision.evidenceCap) : bare
  const entry = {
    sequence: signal.sequence,
    id: signal.id,
    agent: signal.agent,
    claim: signal.claim,
    confidence,
    calibrated,
    ageHours: live.ageHours,
    weight: 0,
    weightParts: {
      trust: agent.trust,
      freshness: freshnessOf(live),
      rules: ruleFactor(live, effects),
      share: 0,
      dependence,
    },
    llr,
    contribution: 0,
    used: false,
  }
  return live.unused === null ? entry : { ...entry, why: live.unused }
}

/**
 * The entries of all rules, those of scopes that failed first and those of losses that failed last, and among them
 * whatever failed.
 */
export function ruleLedger(
  scopes: readonly LedgerRule[],
  outcomes: readonly Outcome[],
  losses: readonly LedgerRule[],
): { readonly rules: readonly LedgerRule[]; readonly failures: readonly LedgerRule[] } {
  const entries = outcomes.map(({ entry }) => entry)
  const rules = scopes.length + losses.length === 0 ? entries : [...scopes, ...entries, ...losses]
  const failures: LedgerRule[] = []
  for (const rule of rules) if (rule.error !== undefined) failures.push(rule)
  return { rules, failures }
}
