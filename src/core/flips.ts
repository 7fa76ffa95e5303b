import { pool } from './belief.ts'
import type { Conclusion } from './conclude.ts'
import { leastCostly } from './cost.ts'
import { confidenceFor, type Evidence, llrOf } from './evidence.ts'
import type { UsedSignal } from './live.ts'
import type { Action, Decision, Flip } from './model.ts'

/** Of log-odds: rounding must not hide a flip that lies just within reach. */
const SLACK = 1e-9

/** Relative to the confidence, beyond the point where two actions cost the same. */
const FIRST_STEP = 32 * Number.EPSILON

/** A conclusion with room to try other contributions in. */
interface Trial {
  readonly decision: Decision
  readonly conclusion: Conclusion
  readonly contributions: number[]
  readonly beliefs: number[]
}

/**
 * For each used signal with a stated confidence, the confidence nearest to it at which another action would be
 * recommended, all else held. Signals of which none in (0, 1) does are left out.
 */
export function findFlips(decision: Decision, conclusion: Conclusion): Flip[] {
  const flips: Flip[] = []
  if (conclusion.best === null) return flips
  const trial = { decision, conclusion, contributions: [...conclusion.contributions], beliefs: [...conclusion.beliefs] }
  for (let i = 0; i < conclusion.used.length; i += 1) {
    const flip = nearestFlip(trial, i)
    if (flip !== null) flips.push(flip)
    trial.contributions[i] = conclusion.contributions[i] as number
  }
  return flips
}

function nearestFlip(trial: Trial, i: number): Flip | null {
  const { confidence } = trial.conclusion.used[i] as UsedSignal
  const weight = trial.conclusion.weights.weight[i] as number
  if (confidence === null || weight === 0) return null
  const { rise, fall } = turningPoints(trial.conclusion, i)
  const above = flipBeyond(trial, i, confidence, rise / weight, 1)
  const below = flipBeyond(trial, i, confidence, fall / weight, -1)
  if (above === null || below === null) return above ?? below
  return above.atConfidence - confidence < confidence - below.atConfidence ? above : below
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
 * last place further on, the answer has changed for sure. What is reported is tried with the arithmetic of the answer.
 */
function flipBeyond(trial: Trial, i: number, stated: number, change: number, direction: 1 | -1): Flip | null {
  const { decision, conclusion, contributions, beliefs } = trial
  const { used, evidence, weights, losses } = conclusion
  const { neutral, llr: now } = evidence[i] as Evidence
  const llr = now + change
  if (!Number.isFinite(llr) || Math.abs(llr) > decision.evidenceCap + SLACK) return null

  const turning = confidenceFor(llr, neutral)
  let confidence = direction > 0 ? Math.max(turning, stated) : Math.min(turning, stated)
  for (let step = FIRST_STEP * Math.max(confidence, 1e-6); confidence > 0 && confidence < 1; step *= 4) {
    contributions[i] = (weights.weight[i] as number) * llrOf(confidence, neutral, decision.evidenceCap)
    const best = leastCostly(losses, pool(decision.states, used, contributions, beliefs)) as number
    if (best !== conclusion.best) {
      const { signal } = used[i] as UsedSignal
      return { signal: signal.id, atConfidence: confidence, action: (decision.actions[best] as Action).name }
    }
    confidence += direction * step
  }
  return null
}
