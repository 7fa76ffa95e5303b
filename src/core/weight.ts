import type { Effects } from './effects.ts'
import type { LiveSignal, UsedSignal } from './live.ts'

const HOUR = 3_600_000

/** No rule lifts a signal above this many independent, fully trusted witnesses. */
const MOST_WEIGHT = 3

/** One entry per used signal, in its order; `dependence` is common to all. */
export interface Weights {
  readonly freshness: readonly number[]
  readonly rules: readonly number[]
  readonly weight: readonly number[]
  readonly dependence: number
}

/**
 * How much each used signal counts: trust, freshness and rules, one voice per agent, and together less than their sum.
 *
 * Agents read the same sources, so n of them are worth `n / (1 + (n − 1)ρ)` independent ones, the design effect of a
 * cluster sample with intraclass correlation ρ (Kish 1965, *Survey Sampling*). Taken from the heaviest down, so that
 * one more agent, however light, never lowers the total: ρ = 0 adds evidence up (naive Bayes), 1 averages it.
 */
export function weigh(used: readonly UsedSignal[], effects: Effects, rho: number): Weights {
  const freshness = new Array<number>(used.length)
  const rules = new Array<number>(used.length)
  const weight = new Array<number>(used.length)
  for (let i = 0; i < used.length; i += 1) {
    const live = used[i] as UsedSignal
    const fresh = freshnessOf(live)
    const factor = ruleFactor(live, effects)
    freshness[i] = fresh
    rules[i] = factor
    weight[i] = Math.min((live.agent.trust * fresh * factor) / live.voice.used, MOST_WEIGHT)
  }
  const dependence = shareLeft(weight, rho)
  for (let i = 0; i < weight.length; i += 1) (weight[i] as number) *= dependence
  return { freshness, rules, weight, dependence }
}

/**
 * 1 when new, ½ after the claim's half-life; always 1 for a claim that does not age.
 *
 * By the exponential function, because the last digit of a power differs between Node 22 and Node 24.
 */
export function freshnessOf({ claim, ageHours }: LiveSignal): number {
  const halfLife = claim?.halfLife ?? null
  return halfLife === null ? 1 : Math.exp((-Math.LN2 * (ageHours * HOUR)) / halfLife)
}

export function ruleFactor({ view }: LiveSignal, effects: Effects): number {
  return view === null ? 1 : (effects.factors?.get(view) ?? 1)
}

/** `Σ v(k)·(t(k) − t(k − 1)) / Σ v` with the v descending and `t(k) = k / (1 + (k − 1)ρ)`. */
function shareLeft(alone: readonly number[], rho: number): number {
  const descending = sortDescending(alone)
  let sum = 0
  let left = 0
  let before = 0
  for (let k = 1; k <= descending.length; k += 1) {
    const v = descending[k - 1] as number
    const worth = k / (1 + (k - 1) * rho)
    sum += v
    left += v * (worth - before)
    before = worth
  }
  return sum > 0 ? left / sum : 1
}

/** By insertion: of a few numbers several times as fast as `toSorted` with a comparison. */
function sortDescending(numbers: readonly number[]): number[] {
  const sorted: number[] = []
  for (const number of numbers) {
    let place = sorted.length
    for (; place > 0 && (sorted[place - 1] as number) < number; place -= 1) sorted[place] = sorted[place - 1] as number
    sorted[place] = number
  }
  return sorted
}
