import { describe, expect, it } from 'vitest'
import { adjudicate } from '../../src/core/adjudicate.ts'
import { CHURN, expansion, NOW, PULSE, question } from './fixtures.ts'

const PROPOSAL = { agent: 'renewal-copilot', action: 'send_expansion_email' }

/** The example of the API's documentation: 180,000 ARR, both agents fresh and at trust 1. */
describe('an expansion e-mail to an account of 180,000 ARR', () => {
  it('goes out on the word of the health model alone', () => {
    const { recommendation, proposal } = adjudicate(expansion(), question([PULSE], { proposal: PROPOSAL }))
    expect(recommendation).toMatchObject({
      action: 'send_expansion_email',
      disposition: 'act',
      reasons: ['supervised'],
    })
    expect(proposal).toEqual({ ...PROPOSAL, verdict: 'allow', reasons: ['recommended'] })
  })

  it('waits on the word of the churn agent alone', () => {
    const { recommendation, proposal } = adjudicate(expansion(), question([CHURN], { proposal: PROPOSAL }))
    expect(recommendation).toMatchObject({ action: 'wait', disposition: 'act', reasons: ['autonomous'] })
    expect(proposal).toEqual({ ...PROPOSAL, verdict: 'deny', reasons: ['costlier'] })
  })

  it('is for a person to decide when they disagree', () => {
    const answer = adjudicate(expansion(), question([CHURN, PULSE], { proposal: PROPOSAL }))
    expect(answer.recommendation).toMatchObject({ action: 'wait', disposition: 'escalate', reasons: ['uncertain'] })
    expect(answer.recommendation.confidence).toBeCloseTo(0.452, 3)
    expect(answer.proposal).toEqual({ ...PROPOSAL, verdict: 'ask', reasons: ['needs_person', 'costlier'] })
    expect(answer.beliefs.healthy).toBeCloseTo(0.548, 3)
    expect(answer.beliefs.at_risk).toBeCloseTo(0.452, 3)
    expect(answer.expectedLoss.send_expansion_email).toBeCloseTo(162.9, 1)
    expect(answer.expectedLoss.wait).toBeCloseTo(59.1, 1)
    expect(answer.regret).toBeCloseTo(59.1, 1)
    expect(answer.reviewCost).toBe(40)
    expect(answer.conflict).toBeCloseTo(0.437, 3)
    expect(answer.handoff).toMatchObject({ kind: 'decision', queue: 'csm', priority: 0, dueAt: NOW + 8 * 3_600_000 })
    expect(answer.validUntil).toBe(NOW + 3_600_000)
    expect(answer.summary).toBe(
      'A person decides on send expansion email; wait looks better. churn-radar (82 % churn risk, today) outweighs ' +
        'pulse (90 % healthy, today); the risk of a mistake costs about $59, a look $40, so csm decides.',
    )
  })

  it('would go out had the churn agent been at 44 %, or the health model at 98 %', () => {
    const { flips } = adjudicate(expansion(), question([CHURN, PULSE]))
    expect(flips.map(({ signal, action }) => [signal, action])).toEqual([
      [PULSE.id, 'send_expansion_email'],
      [CHURN.id, 'send_expansion_email'],
    ])
    expect(flips[0]?.atConfidence).toBeCloseTo(0.981, 3)
    expect(flips[1]?.atConfidence).toBeCloseTo(0.436, 3)
  })

  it('shows every term of the answer', () => {
    const { signals } = adjudicate(expansion(), question([CHURN, PULSE]))
    const [pulse, churn] = signals
    expect(churn).toMatchObject({
      id: CHURN.id,
      agent: 'churn-radar',
      claim: 'churn_risk',
      confidence: 0.82,
      calibrated: 0.82,
      ageHours: 0,
      used: true,
    })
    expect(churn?.weight).toBeCloseTo(4 / 7, 12)
    expect(churn?.weightParts).toEqual({ trust: 1, freshness: 1, rules: 1, share: 1, dependence: 4 / 7 })
    expect(churn?.llr).toBeCloseTo(Math.log(0.82 / 0.18) - Math.log(0.2 / 0.8), 12)
    expect(pulse?.llr).toBeCloseTo(Math.log(0.9 / 0.1) - Math.log(0.8 / 0.2), 12)
    expect(churn?.contribution).toBeCloseTo(1.6587, 4)
    expect(pulse?.contribution).toBeCloseTo(0.4634, 4)
  })

  it('is decided from the priors when nobody has said anything', () => {
    const { beliefs, conflict, flips, signals } = adjudicate(expansion(), question([]))
    expect(beliefs).toEqual({ healthy: 0.8, at_risk: 0.2 })
    expect({ conflict, flips, signals }).toEqual({ conflict: 0, flips: [], signals: [] })
  })

  it('refuses a proposal that the decision does not know', () => {
    const proposal = { agent: 'renewal-copilot', action: 'send_gift' }
    expect(() => adjudicate(expansion(), question([], { proposal }))).toThrow(
      '`expansion-outreach` has no action `send_gift`; propose one that it has',
    )
  })
})
