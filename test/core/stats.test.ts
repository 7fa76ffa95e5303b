import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addPaired,
  emptyPaired,
  estimatePaired,
  mergePaired,
  type PairedTally,
  REPLICATES,
  weightsOf,
} from '../../src/core/stats/bootstrap.ts'
import {
  addStated,
  BINS,
  emptyReliability,
  mergeReliability,
  type ReliabilityTally,
  reliabilityOf,
} from '../../src/core/stats/calibration.ts'
import { quantile } from '../../src/core/stats/quantile.ts'
import { fractionOf, randomFrom } from '../../src/core/stats/random.ts'
import { probability } from './arbitraries.ts'

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

describe('random numbers', () => {
  it('are the same for the same text, on every machine', () => {
    const random = randomFrom('acme')
    expect([random(), random(), random()]).toEqual(GOLDEN)
  })

  it('are uniform over texts that are much alike', () => {
    const fractions = Array.from({ length: 10_000 }, (_, i) => fractionOf(`account-${i}`))
    for (let tenth = 0; tenth < 10; tenth += 1) {
      const share = fractions.filter((x) => Math.floor(x * 10) === tenth).length / fractions.length
      expect(share).toBeGreaterThan(0.09)
      expect(share).toBeLessThan(0.11)
    }
  })
})
const GOLDEN = [3_223_618_271, 847_650_866, 3_170_059_232]

describe('a quantile', () => {
  it('lies as far between its neighbours as its place between theirs', () => {
    fc.assert(
      fc.property(fc.array(probability, { minLength: 1 }), probability, (numbers, q) => {
        const ascending = numbers.toSorted((a, b) => a - b)
        const found = quantile(ascending, q)
        const place = q * (ascending.length - 1)
        const [lower, upper] = [ascending[Math.floor(place)]!, ascending[Math.ceil(place)]!]
        expect(found).toBeCloseTo(lower * (1 - (place % 1)) + upper * (place % 1), 12)
      }),
    )
  })

  it('of none is no number', () => {
    expect(quantile([], 0.5)).toBeNaN()
  })
})

describe('calibration', () => {
  const stated = fc.array(fc.record({ p: probability, cameTrue: fc.boolean() }))
  const tallied = (statements: readonly { p: number; cameTrue: boolean }[]) => {
    const tally = emptyReliability()
    for (const { p, cameTrue } of statements) addStated(tally, p, cameTrue)
    return tally
  }

  it('is what its definition says', () => {
    fc.assert(
      fc.property(stated, (statements) => {
        const { bins, ece } = reliabilityOf(tallied(statements))
        let error = 0
        for (let bin = 0; bin < BINS; bin += 1) {
          const within = statements.filter(({ p }) => p * 10 >= bin && (p * 10 < bin + 1 || bin === BINS - 1))
          expect(bins[bin]).toMatchObject({ from: bin / BINS, to: (bin + 1) / BINS, count: within.length })
          if (within.length === 0) {
            expect(bins[bin]).toMatchObject({ stated: null, observed: null })
            continue
          }
          const sure = mean(within.map(({ p }) => p))
          const often = mean(within.map(({ cameTrue }) => Number(cameTrue)))
          expect(bins[bin]?.stated).toBeCloseTo(sure, 12)
          expect(bins[bin]?.observed).toBeCloseTo(often, 12)
          error += (within.length / statements.length) * Math.abs(often - sure)
        }
        expect(ece).toBeCloseTo(error, 12)
      }),
    )
  })

  it('of parts adds up to that of the whole', () => {
    fc.assert(
      fc.property(stated, stated, (first, second) => {
        const merged = tallied(first)
        mergeReliability(merged, tallied(second))
        const whole = tallied([...first, ...second])
        expect(merged.count).toEqual(whole.count)
        expect(merged.observed).toEqual(whole.observed)
        expectClose(merged.stated, whole.stated)
      }),
    )
  })

  it('is perfect where what is certain comes true', () => {
    const tally: ReliabilityTally = tallied([
      { p: 1, cameTrue: true },
      { p: 0, cameTrue: false },
    ])
    expect(reliabilityOf(tally).ece).toBe(0)
  })
})

describe('the bootstrap', () => {
  const item = fc.record({ unit: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), a: probability, b: probability })
  const items = fc.array(item, { minLength: 1, maxLength: 30 })
  const tallied = (all: readonly { unit: string; a: number; b: number }[]): PairedTally => {
    const tally = emptyPaired()
    for (const { unit, a, b } of all) addPaired(tally, a, b, weightsOf(unit))
    return tally
  }

  it('weighs units as Poisson(1) does', () => {
    const counts = new Array<number>(12).fill(0)
    for (let i = 0; i < 1_000; i += 1) for (const weight of weightsOf(`account-${i}`)) counts[weight]! += 1
    let mass = Math.exp(-1)
    for (let k = 0; k <= 6; k += 1) {
      // A million draws: five standard errors, and what the table of 16 bits rounds.
      const slack = 5 * Math.sqrt((mass * (1 - mass)) / (1_000 * REPLICATES)) + 1 / 0x10000
      expect(Math.abs(counts[k]! / (1_000 * REPLICATES) - mass)).toBeLessThan(slack)
      mass /= k + 1
    }
  })

  it('weighs replicates and units independently of one another', () => {
    const correlation = (xs: ArrayLike<number>, ys: ArrayLike<number>) =>
      mean(Array.from(xs, (x, i) => (x - 1) * (ys[i]! - 1)))
    const all = Array.from({ length: 200 }, (_, i) => weightsOf(`account-${i}`))
    const between = all.slice(1).map((weights, i) => correlation(all[i]!, weights))
    expect(Math.abs(mean(between))).toBeLessThan(5 / Math.sqrt(200 * REPLICATES))
    const within = all.map((weights) => correlation(weights.subarray(1), weights))
    expect(Math.abs(mean(within))).toBeLessThan(5 / Math.sqrt(200 * REPLICATES))
  })

  it('is what its definition says', () => {
    fc.assert(
      fc.property(items, (all) => {
        const found = estimatePaired(tallied(all))
        const weights = all.map(({ unit }) => weightsOf(unit))
        const interval = (value: (one: { a: number; b: number }) => number) => {
          const means: number[] = []
          for (let r = 0; r < REPLICATES; r += 1) {
            const total = weights.reduce((sum, weight) => sum + weight[r]!, 0)
            const of = all.reduce((sum, one, i) => sum + weights[i]![r]! * value(one), 0)
            if (total > 0) means.push(of / total)
          }
          means.sort((x, y) => x - y)
          return [mean(all.map(value)), quantile(means, 0.025), quantile(means, 0.975)]
        }
        for (const [estimate, value] of [
          [found.a, ({ a }: { a: number }) => a],
          [found.b, ({ b }: { b: number }) => b],
          [found.difference, ({ a, b }: { a: number; b: number }) => b - a],
        ] as const) {
          expectClose([estimate.mean, estimate.low, estimate.high], interval(value))
        }
      }),
      { numRuns: 20 },
    )
  })

  it('of parts adds up to that of the whole', () => {
    fc.assert(
      fc.property(items, items, (first, second) => {
        const merged = tallied(first)
        mergePaired(merged, tallied(second))
        const whole = estimatePaired(tallied([...first, ...second]))
        const { a, b, difference } = estimatePaired(merged)
        for (const [one, other] of [
          [a, whole.a],
          [b, whole.b],
          [difference, whole.difference],
        ] as const) {
          expectClose([one.mean, one.low, one.high], [other.mean, other.low, other.high])
        }
      }),
      { numRuns: 20 },
    )
  })

  it('gives the interval of the theory where there is one', () => {
    const tally = emptyPaired()
    const n = 2_000
    for (let i = 0; i < n; i += 1) addPaired(tally, fractionOf(`value-${i}`), 0, weightsOf(`unit-${i}`))
    const { low, high } = estimatePaired(tally).a
    const width = (2 * 1.96 * Math.sqrt(1 / 12)) / Math.sqrt(n)
    expect((high - low) / width).toBeGreaterThan(0.9)
    expect((high - low) / width).toBeLessThan(1.1)
  })

  it('is wider where items come in units', () => {
    const widthOf = (unitOf: (i: number) => string) => {
      const tally = emptyPaired()
      for (let i = 0; i < 2_000; i += 1) {
        const cluster = Math.floor(i / 20)
        addPaired(tally, fractionOf(`cluster-${cluster}`), 0, weightsOf(unitOf(i)))
      }
      const { low, high } = estimatePaired(tally).a
      return high - low
    }
    // Twenty copies of a hundred values know no more than a hundred do: √20 times the width.
    const ratio = widthOf((i) => `cluster-${Math.floor(i / 20)}`) / widthOf((i) => `item-${i}`)
    expect(ratio).toBeGreaterThan(Math.sqrt(20) * 0.85)
    expect(ratio).toBeLessThan(Math.sqrt(20) * 1.15)
  })

  it('of one item has no width', () => {
    const { a, difference } = estimatePaired(tallied([{ unit: 'a', a: 0.25, b: 0.5 }]))
    expect(a).toEqual({ mean: 0.25, low: 0.25, high: 0.25 })
    expect(difference).toEqual({ mean: 0.25, low: 0.25, high: 0.25 })
  })
})

function expectClose(found: readonly number[], wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length)
  for (const [i, value] of found.entries()) expect(value).toBeCloseTo(wanted[i]!, 9)
}
