import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adjudicate } from '../../src/core/adjudicate.ts'
import { DISPOSITIONS, REASONS, UNUSED, VERDICT_REASONS, VERDICTS } from '../../src/core/model.ts'
import { cases, decisions, ruledCases, signals } from './arbitraries.ts'

describe('arbitrary decisions', () => {
  it('are what the checks of a rule file let through', () => {
    fc.assert(
      fc.property(decisions(), ({ states, claims, actions, rules }) => {
        expect(states.reduce((sum, { prior }) => sum + prior, 0)).toBeCloseTo(1, 9)
        for (const { pointsAt, priorMass } of claims.values()) {
          expect(pointsAt.length).toBeGreaterThan(0)
          expect([...pointsAt].sort()).toEqual(pointsAt)
          expect(priorMass).toBeCloseTo(
            pointsAt.reduce((sum, s) => sum + (states[s]?.prior ?? 0), 0),
            12,
          )
        }
        for (const { loss } of actions) expect(loss).toHaveLength(states.length)
        for (const { forEachSignal, effects } of rules) {
          expect(effects.every((effect) => effect.kind !== 'weight' || forEachSignal)).toBe(true)
        }
      }),
    )
  })
})

describe('arbitrary signals', () => {
  it('have places of their own in the stream', () => {
    fc.assert(
      fc.property(signals, (list) => {
        expect(new Set(list.map(({ sequence }) => sequence)).size).toBe(list.length)
      }),
    )
  })
})

describe('arbitrary cases', () => {
  const answers = fc
    .sample(fc.oneof({ weight: 3, arbitrary: cases({ failures: true }) }, ruledCases({ failures: true })), {
      numRuns: 4_000,
      seed: 1,
    })
    .map(({ decision, question }) => adjudicate(decision, question))

  it.each(DISPOSITIONS)('come to the disposition %s', (disposition) => {
    expect(answers.some(({ recommendation }) => recommendation.disposition === disposition)).toBe(true)
  })

  it.each(REASONS)('come to it because of %s', (reason) => {
    expect(answers.some(({ recommendation }) => recommendation.reasons.includes(reason))).toBe(true)
  })

  it.each(VERDICTS)('come to the verdict %s', (verdict) => {
    expect(answers.some(({ proposal }) => proposal?.verdict === verdict)).toBe(true)
  })

  it.each(VERDICT_REASONS)('come to it because of %s', (reason) => {
    expect(answers.some(({ proposal }) => proposal?.reasons.includes(reason))).toBe(true)
  })

  it.each(UNUSED.filter((why) => why !== 'beyond_newest_200'))('leave signals unused: %s', (why) => {
    expect(answers.some((answer) => answer.signals.some((signal) => signal.why === why))).toBe(true)
  })

  it('have rulings that stand and rulings that do not', () => {
    const ruled = fc.sample(ruledCases({ failures: true }), { numRuns: 300, seed: 1 })
    const standing = ruled.filter(({ decision, question }) => adjudicate(decision, question).ruling !== null)
    expect(standing.length).toBeGreaterThan(100)
    expect(standing.length).toBeLessThan(290)
  })

  it('have flips, conflict, errors and signals that carry weight', () => {
    expect(answers.some(({ flips }) => flips.length > 1)).toBe(true)
    expect(answers.some(({ conflict }) => conflict > 0.1)).toBe(true)
    expect(answers.some(({ rules }) => rules.some(({ error }) => error !== undefined))).toBe(true)
    expect(answers.some((answer) => answer.signals.filter(({ weight }) => weight > 0).length > 3)).toBe(true)
  })
})
