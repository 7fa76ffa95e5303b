/** Equal in width. */
export const BINS = 10

/** Probabilities that were stated, and how often what they are of came true. */
export interface Reliability {
  /** Of the probabilities in [from, to), 1 in the last; empty ones are there too. */
  readonly bins: readonly ReliabilityBin[]
  /** Expected calibration error: mean over all of |how often − how sure| of their bin (Naeini et al. 2015). */
  readonly ece: number
}

export interface ReliabilityBin {
  readonly from: number
  readonly to: number
  readonly count: number
  /** Mean probability stated; null: none was. */
  readonly stated: number | null
  /** Share that came true; null: there was none. */
  readonly observed: number | null
}

/** Sums from which a reliability table is made; adding those of two parts gives those of the whole. */
export interface ReliabilityTally {
  readonly count: number[]
  readonly stated: number[]
  readonly observed: number[]
}

export function emptyReliability(): ReliabilityTally {
  const zeros = () => new Array<number>(BINS).fill(0)
  return { count: zeros(), stated: zeros(), observed: zeros() }
}

/** @param p in [0, 1] */
export function addStated(tally: ReliabilityTally, p: number, cameTrue: boolean): void {
  const bin = Math.min(Math.floor(p * BINS), BINS - 1)
  ;(tally.count[bin] as number) += 1
  ;(tally.stated[bin] as number) += p
  if (cameTrue) (tally.observed[bin] as number) += 1
}

export function mergeReliability(into: ReliabilityTally, from: ReliabilityTally): void {
  for (let bin = 0; bin < BINS; bin += 1) {
    ;(into.count[bin] as number) += from.count[bin] as number
    ;(into.stated[bin] as number) += from.stated[bin] as number
    ;(into.observed[bin] as number) += from.observed[bin] as number
  }
}

export function reliabilityOf({ count, stated, observed }: ReliabilityTally): Reliability {
  const total = count.reduce((sum, n) => sum + n, 0)
  let error = 0
  const bins = count.map((n, bin): ReliabilityBin => {
    const sure = stated[bin] as number
    const often = observed[bin] as number
    error += Math.abs(often - sure)
    return {
      from: bin / BINS,
      to: (bin + 1) / BINS,
      count: n,
      stated: n === 0 ? null : sure / n,
      observed: n === 0 ? null : often / n,
    }
  })
  return { bins, ece: total === 0 ? 0 : error / total }
}
