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
 * @returns one probability per state.
 */
export function pool(
  states: Decision['states'],
  used: readonly UsedSignal[],
  contributions: readonly number[],
): number[] {
  const evidence = new Array<number>(states.length).fill(0)
  for (let i = 0; i < used.length; i += 1) {
    const x = contributions[i] as number
    for (const state of (used[i] as UsedSignal).claim.pointsAt) evidence[state] = (evidence[state] as number) + x
  }
  return normalise(states, evidence)
}

/** Softmax relative to the strongest state, so that nothing overflows; what the prior rules out stays ruled out. */
function normalise(states: Decision['states'], evidence: readonly number[]): number[] {
  let strongest = Number.NEGATIVE_INFINITY
  for (let s = 0; s < states.length; s += 1) {
    if ((states[s] as State).prior > 0) strongest = Math.max(strongest, evidence[s] as number)
  }
  const beliefs = new Array<number>(states.length)
  let total = 0
  for (let s = 0; s < states.length; s += 1) {
    const { prior } = states[s] as State
    const mass = prior > 0 ? prior * Math.exp((evidence[s] as number) - strongest) : 0
    beliefs[s] = mass
    total += mass
  }
  for (let s = 0; s < beliefs.length; s += 1) beliefs[s] = (beliefs[s] as number) / total
  return beliefs
}
