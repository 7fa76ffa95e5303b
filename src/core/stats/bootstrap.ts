import { quantile } from './quantile.ts'
import { randomFrom } from './random.ts'

export const REPLICATES = 1_000

/** That an interval holds. */
export const LEVEL = 0.95

/** A mean, and the interval that holds it. */
export interface Estimate {
  readonly mean: number
  readonly low: number
  readonly high: number
}

/** How often each replicate holds the items of a unit: one draw of Poisson(1) per replicate. */
export type UnitWeights = Uint8Array

/**
 * The weights of a unit in the Poisson bootstrap (Hanley & MacGibbon 2006; Chamandy et al. 2012): as a resampled data
 * set, without the whole set at hand, so that it streams. They follow from the unit's name alone, so neither order nor
 * partition changes them, and all items of a unit are in a replicate together: it is a bootstrap over units.
 */
export function weightsOf(unit: string, weights: UnitWeights = new Uint8Array(REPLICATES)): UnitWeights {
  const random = randomFrom(unit)
  for (let r = 0; r < REPLICATES; r += 2) {
    const bits = random()
    weights[r] = POISSON[bits & 0xffff] as number
    weights[r + 1] = POISSON[bits >>> 16] as number
  }
  return weights
}

/** `POISSON[u]` of a uniform 16-bit number u is a draw of Poisson(1), to within 2⁻¹⁶ of each probability. */
const POISSON = poissonTable()

function poissonTable(): Uint8Array {
  const table = new Uint8Array(0x10000)
  let mass = 1 / Math.E
  let below = mass
  for (let u = 0, k = 0; u < table.length; u += 1) {
    while (k < 8 && (u + 0.5) / table.length >= below) {
      k += 1
      mass /= k
      below += mass
    }
    table[u] = k
  }
  return table
}

/** Sums from which the means of two paired values are estimated; adding those of two parts gives those of the whole. */
export interface PairedTally {
  count: number
  a: number
  b: number
  /** Per replicate: the weight of its items, and their weighted values. */
  readonly weight: Float64Array
  readonly as: Float64Array
  readonly bs: Float64Array
}

export function emptyPaired(): PairedTally {
  const zeros = () => new Float64Array(REPLICATES)
  return { count: 0, a: 0, b: 0, weight: zeros(), as: zeros(), bs: zeros() }
}

export function addPaired(tally: PairedTally, a: number, b: number, weights: UnitWeights): void {
  const { weight, as, bs } = tally
  tally.count += 1
  tally.a += a
  tally.b += b
  for (let r = 0; r < REPLICATES; r += 1) {
    const w = weights[r] as number
    ;(weight[r] as number) += w
    ;(as[r] as number) += w * a
    ;(bs[r] as number) += w * b
  }
}

export function mergePaired(into: PairedTally, from: PairedTally): void {
  into.count += from.count
  into.a += from.a
  into.b += from.b
  for (let r = 0; r < REPLICATES; r += 1) {
    ;(into.weight[r] as number) += from.weight[r] as number
    ;(into.as[r] as number) += from.as[r] as number
    ;(into.bs[r] as number) += from.bs[r] as number
  }
}

/** Means of both and of `b − a`, each with its percentile interval (Efron 1979). Of a tally that is not empty. */
export function estimatePaired({ count, a, b, weight, as, bs }: PairedTally): {
  readonly a: Estimate
  readonly b: Estimate
  readonly difference: Estimate
} {
  const estimate = (sum: number, replicate: (r: number) => number): Estimate => {
    const means: number[] = []
    // Of few items, a replicate may hold none.
    for (let r = 0; r < REPLICATES; r += 1) if (weight[r] !== 0) means.push(replicate(r) / (weight[r] as number))
    const ascending = Float64Array.from(means).sort()
    const mean = sum / count
    if (ascending.length === 0) return { mean, low: mean, high: mean }
    return { mean, low: quantile(ascending, (1 - LEVEL) / 2), high: quantile(ascending, (1 + LEVEL) / 2) }
  }
  return {
    a: estimate(a, (r) => as[r] as number),
    b: estimate(b, (r) => bs[r] as number),
    difference: estimate(b - a, (r) => (bs[r] as number) - (as[r] as number)),
  }
}
