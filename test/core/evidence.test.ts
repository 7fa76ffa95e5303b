import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { confidenceFor, weighStatement } from '../../src/core/evidence.ts'
import { logit, sigmoid } from '../../src/core/probability.ts'
import { agent, claim } from './fixtures.ts'

const STATES = [
  { name: 'healthy', prior: 0.8 },
  { name: 'at_risk', prior: 0.2 },
]
const AT_RISK = claim(STATES, [1])
const MODEL = agent('model')
const SUPPORTER = agent('supporter', { confidence: 'support' })

describe('log-odds', () => {
  it('are those of the probability, certainty excepted', () => {
    expect(logit(0.5)).toBe(0)
    expect(logit(0.9)).toBeCloseTo(Math.log(9), 12)
    expect(logit(1)).toBe(logit(1 - 1e-6))
    expect(logit(0)).toBe(logit(1e-6))
    expect(sigmoid(logit(0.123))).toBeCloseTo(0.123, 12)
  })
})

describe('a statement', () => {
  it('of a probability counts from the prior', () => {
    expect(weighStatement(MODEL, AT_RISK, 0.2, 3).llr).toBe(0)
    expect(weighStatement(MODEL, AT_RISK, 0.5, 3).llr).toBeCloseTo(Math.log(4), 12)
    expect(weighStatement(MODEL, AT_RISK, 0.1, 3).llr).toBeCloseTo(Math.log(4 / 9), 12)
  })

  it('of support counts from one half', () => {
    expect(weighStatement(SUPPORTER, AT_RISK, 0.5, 3).llr).toBe(0)
    expect(weighStatement(SUPPORTER, AT_RISK, 0.2, 3).llr).toBeCloseTo(-Math.log(4), 12)
  })

  it('that is bare counts for the default confidence of its agent', () => {
    expect(weighStatement(MODEL, claim(STATES, [0]), null, 3)).toEqual({
      calibrated: 0.75,
      neutral: 0,
      llr: logit(0.75),
    })
    const shy = agent('shy', { defaultConfidence: 0.6 })
    expect(weighStatement(shy, AT_RISK, null, 3)).toEqual({ calibrated: 0.6, neutral: 0, llr: logit(0.6) })
  })

  it('is never stronger than the cap', () => {
    expect(weighStatement(MODEL, AT_RISK, 1, 3).llr).toBe(3)
    expect(weighStatement(SUPPORTER, AT_RISK, 0, 3).llr).toBe(-3)
  })

  it('is undone by the confidence that adds as much', () => {
    const statement = fc.double({ min: 0.02, max: 0.7, noNaN: true })
    fc.assert(
      fc.property(statement, fc.constantFrom(MODEL, SUPPORTER), (confidence, who) => {
        const { llr, neutral } = weighStatement(who, AT_RISK, confidence, 5)
        expect(confidenceFor(llr, neutral)).toBeCloseTo(confidence, 12)
      }),
    )
  })
})
