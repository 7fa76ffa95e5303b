import type { UsedSignal } from './live.ts'
import type { Decision } from './model.ts'

type State = Decision['states'][number]

/**
 * What is believed of each state once the evidence is in: `P(s) ∝ π(s) · exp(Σ contributionᵢ · [s ∈ Tᵢ])`, normalised.
 *
 * A logarithmic opinion pool over the prior (Genest & Zidek 1986, *Combining Probability Distributions*).
 * The sum runs in the order of `used`, which is canonical, so that the same evidence gives the same digits.
 *
 * @param contributions weight · llr of each used signal.
 * @param beliefs where the answer goes, if not into a new array.
 * @returns one probability per state.
 */
export function pool(
  states: Decision['states'],
  used: readonly UsedSignal[],
  contributions: readonly number[],
  beliefs: number[] = new Array(states.length),
): number[] {
  for (let s = 0; s < states.length; s += 1) beliefs[s] = 0
  for (let i = 0; i < used.length; i += 1) {
    const { pointsAt } = (used[i] as UsedSignal).claim
    const x = contributions[i] as number
    for (let k = 0; k < pointsAt.length; k += 1) (beliefs[pointsAt[k] as number] as number) += x
  }
  return normalise(states, beliefs)
}

/**
 * Softmax of evidence, in its place. Relative to the strongest state, so that nothing overflows; what the prior rules
 * out stays ruled out.
 */
function normalise(states: Decision['states'], evidence: number[]): number[] {
  let strongest = Number.NEGATIVE_INFINITY
  for (let s = 0; s < states.length; s += 1) {
    if ((states[s] as State).prior > 0) strongest = Math.max(strongest, evidence[s] as number)
  }
  let total = 0
  for (let s = 0; s < states.length; s += 1) {
    const { prior } = states[s] as State
    const behind = (evidence[s] as number) - strongest
    const mass = prior === 0 || behind === 0 ? prior : prior * Math.exp(behind)
    evidence[s] = mass
    total += mass
  }
  for (let s = 0; s < states.length; s += 1) (evidence[s] as number) /= total
  return evidence
}
