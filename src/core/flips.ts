import { pool } from './belief.ts'
import type { Conclusion } from './conclude.ts'
import { leastCostly } from './cost.ts'
import { confidenceFor, type Evidence, weighStatement } from './evidence.ts'
import type { UsedSignal } from './live.ts'
import type { Decision, Flip } from './model.ts'

/** Of log-odds: rounding must not hide a flip that lies just within reach. */
const SLACK = 1e-9

/**
 * For each used signal with a stated confidence, the confidence nearest to it at which another action would be
 * recommended, all else held. Signals of which none in (0, 1) does are left out.
 */
export function findFlips(decision: Decision, conclusion: Conclusion): Flip[] {
  const flips: Flip[] = []
  if (conclusion.best === null) return flips
  conclusion.used.forEach(({ confidence }, i) => {
    const weight = conclusion.weights.weight[i] as number
    if (confidence === null || weight === 0) return
    const { rise, fall } = turningPoints(conclusion, i)
    const above = flipBeyond(decision, conclusion, i, confidence, rise / weight, 1)
    const below = flipBeyond(decision, conclusion, i, confidence, fall / weight, -1)
    const flip = nearer(confidence, above, below)
    if (flip !== null) flips.push(flip)
  })
  return flips
}

/**
 * How far the log-odds of the states that a claim points at must rise or fall for another action to cost as little.
 *
 * The advantage of the recommended action over another, in terms of those odds relative to now, is the straight line
 * `inside · odds + outside`; where it vanishes is known without a search. Infinite where it never does.
 */
function turningPoints({ used, beliefs, losses, best }: Conclusion, i: number): { rise: number; fall: number } {
  const { pointsAt } = (used[i] as UsedSignal).claim
  const ours = losses.loss[best ?? -1] as readonly number[]
  let rise = Number.POSITIVE_INFINITY
  let fall = Number.NEGATIVE_INFINITY
  for (const action of losses.permitted) {
    if (action === best) continue
    const theirs = losses.loss[action] as readonly number[]
    let inside = 0
    let outside = 0
    for (let s = 0; s < beliefs.length; s += 1) {
      const advantage = (beliefs[s] as number) * ((theirs[s] as number) - (ours[s] as number))
      if (pointsAt.includes(s)) inside += advantage
      else outside += advantage
    }
    if (inside < 0 && outside > 0) rise = Math.min(rise, Math.log(outside) - Math.log(-inside))
    if (inside > 0 && outside < 0) fall = Math.max(fall, Math.log(-outside) - Math.log(inside))
  }
  return { rise, fall }
}

/**
 * The flip at the confidence that adds `change` to the llr; null where the cap or certainty puts that out of reach.
 *
 * At that very point two actions cost the same but for rounding, and the one declared first wins: a few units in the
 * last place further on, the answer has changed for sure, and it is the changed answer that is reported.
 */
function flipBeyond(
  decision: Decision,
  conclusion: Conclusion,
  i: number,
  stated: number,
  change: number,
  direction: 1 | -1,
): Flip | null {
  const { signal, agent, claim } = conclusion.used[i] as UsedSignal
  const llr = (conclusion.evidence[i] as Evidence).llr + change
  const lowest = weighStatement(agent, claim, 0, decision.evidenceCap).llr - SLACK
  const highest = weighStatement(agent, claim, 1, decision.evidenceCap).llr + SLACK
  if (!(llr >= lowest && llr <= highest)) return null

  const turning = confidenceFor(agent, claim, llr)
  let confidence = direction > 0 ? Math.max(turning, stated) : Math.min(turning, stated)
  for (let step = Math.max(confidence, 1e-6) * Number.EPSILON; confidence > 0 && confidence < 1; step *= 2) {
    const action = recommendationAt(decision, conclusion, i, confidence)
    if (action !== undefined) return { signal: signal.id, atConfidence: confidence, action }
    confidence += direction * step
  }
  return null
}

/** What would be recommended, with the arithmetic of the answer itself; undefined: the same as now. */
function recommendationAt(decision: Decision, conclusion: Conclusion, i: number, confidence: number) {
  const { agent, claim } = conclusion.used[i] as UsedSignal
  const { llr } = weighStatement(agent, claim, confidence, decision.evidenceCap)
  const contributions = conclusion.contributions.with(i, (conclusion.weights.weight[i] as number) * llr)
  const best = leastCostly(conclusion.losses, pool(decision.states, conclusion.used, contributions))
  return best === null || best === conclusion.best ? undefined : decision.actions[best]?.name
}

function nearer(stated: number, above: Flip | null, below: Flip | null): Flip | null {
  if (above === null || below === null) return above ?? below
  return above.atConfidence - stated < stated - below.atConfidence ? above : below
}
