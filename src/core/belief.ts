import type { UsedSignal } from './live.ts'
import type { Decision } from './model.ts'

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
  const evidence = states.map(() => 0)
  for (let i = 0; i < used.length; i += 1) {
    const x = contributions[i] as number
    for (const state of (used[i] as UsedSignal).claim.pointsAt) evidence[state] = (evidence[state] as number) + x
  }
  // Relative to the strongest, so that nothing overflows; a state that the prior rules out does not count.
  let strongest = Number.NEGATIVE_INFINITY
  for (let s = 0; s < states.length; s += 1) {
    if ((states[s]?.prior ?? 0) > 0) strongest = Math.max(strongest, evidence[s] as number)
  }
  let total = 0
  const beliefs = states.map(({ prior }, s) => {
    const mass = prior > 0 ? prior * Math.exp((evidence[s] as number) - strongest) : 0
    total += mass
    return mass
  })
  return beliefs.map((mass) => mass / total)
}
