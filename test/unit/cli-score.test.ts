import { describe, expect, it } from 'vitest'
import type { Customer } from '../../src/cli/demo/customers.ts'
import type { Answer } from '../../src/cli/demo/replay.ts'
import { score } from '../../src/cli/demo/score.ts'
import { loadRuleset } from '../../src/core/rules/load.ts'

const RULES = `
decision: offer
states: { healthy: { prior: 0.75 }, at_risk: { prior: 0.25 } }
claims: { churn_risk: { pointsAt: [at_risk] } }
actions:
  make_offer: { autonomy: autonomous, loss: { healthy: 1, at_risk: 0 } }
  leave_alone: { autonomy: autonomous, loss: { healthy: 0, at_risk: 5 } }
review: { cost: 0.6, queue: retention }
`
const decision = loadRuleset([{ path: 'offer.yaml', text: RULES }]).ruleset?.decisions.get('offer')

function customer(state: 'healthy' | 'at_risk', said: Record<string, number>): Customer {
  const signals = Object.entries(said).map(([agent, confidence]) => ({
    id: agent,
    agent,
    account: 'a',
    claim: 'churn_risk',
    confidence,
  }))
  return { account: 'a', facts: {}, signals, state, split: null }
}

function answer(atRisk: number, action: string | null, disposition: 'act' | 'escalate'): Answer {
  return {
    account: 'a',
    summary: '',
    recommendation: { action, disposition },
    beliefs: { healthy: 1 - atRisk, at_risk: atRisk },
    regret: 0,
    reviewCost: 0.6,
    conflict: 0,
  }
}

function scores(customers: Customer[], answers: Answer[]) {
  if (decision === undefined) throw new Error('the rules of this test do not load')
  return new Map(score(decision, customers, answers).map((each) => [each.name, each]))
}

describe('what ways to resolve disagreement cost', () => {
  it('counts what Umpire recommended and whom it asked', () => {
    const customers = [
      customer('at_risk', { a: 0.9 }),
      customer('healthy', { a: 0.9 }),
      customer('at_risk', { a: 0.1 }),
    ]
    const answers = [
      answer(0.4, 'make_offer', 'act'),
      answer(0.6, 'make_offer', 'act'),
      answer(0.15, 'leave_alone', 'escalate'),
    ]
    const umpire = scores(customers, answers).get('Umpire')
    // At ½: the first is left alone and lost (5), the second gets a needless offer (1), the third is lost (5).
    expect(umpire?.cost.half).toBeCloseTo(11 / 3, 12)
    // As recommended: nothing, 1, 5. With review the third is asked about.
    expect(umpire?.cost.least).toBeCloseTo(6 / 3, 12)
    expect(umpire?.cost.review).toBeCloseTo(1.6 / 3, 12)
    expect(umpire?.extra).toEqual({ mean: 0, error: 0 })
  })

  it('takes the share of votes above ½ as the belief of the majority', () => {
    // One of six: five times a sixth is what a needless offer costs five times out of six, and the first action wins.
    const customers = [customer('at_risk', { a: 0.51, b: 0.1, c: 0.1, d: 0.5, e: 0.2, f: 0.4 })]
    const majority = scores(customers, [answer(0.5, 'make_offer', 'act')]).get('majority vote')
    expect(majority?.cost).toMatchObject({ half: 5, review: 0.6 })
  })

  it('averages what agents state', () => {
    const customers = [customer('healthy', { a: 0.9, b: 0.3 })]
    const average = scores(customers, [answer(0.05, 'leave_alone', 'act')]).get('average probability')
    // 0.6 at risk: an offer, whose regret of 0.4 is below what asking costs.
    expect(average?.cost).toEqual({ half: 1, least: 1, review: 1 })
    expect(average?.extra.mean).toBe(1)
  })

  it('finds the best single agent of each column afterwards', () => {
    const customers = [customer('at_risk', { bold: 0.9, meek: 0.3 }), customer('healthy', { bold: 0.9, meek: 0.3 })]
    const best = scores(customers, [answer(0.9, 'make_offer', 'act'), answer(0.9, 'make_offer', 'act')]).get(
      'best single agent',
    )
    // bold: 0 and 1 everywhere. meek: at ½ 5 and 0, cost-aware 0 and 1, with review 0.6 twice (regret 0.7).
    expect(best?.cost).toEqual({ half: 0.5, least: 0.5, review: 0.5 })
    expect(best?.who).toMatchObject({ half: 'bold', review: 'bold' })
  })

  it('falls back on the priors where nobody says anything', () => {
    const majority = scores([customer('healthy', {})], [answer(0.25, 'make_offer', 'act')]).get('majority vote')
    // A quarter at risk: an offer costs 0.75 in expectation, more than asking.
    expect(majority?.cost).toEqual({ half: 0, least: 1, review: 0.6 })
  })

  it('gives the standard error of the difference', () => {
    const customers = [customer('healthy', { a: 0.9 }), customer('at_risk', { a: 0.9 })]
    const answers = [answer(0.01, 'leave_alone', 'act'), answer(0.01, 'leave_alone', 'act')]
    // a minus Umpire: +1 and −5; their standard deviation is 3√2, that of the mean of two 3.
    const { extra } = scores(customers, answers).get('best single agent') ?? {}
    expect(extra?.mean).toBeCloseTo(-2, 12)
    expect(extra?.error).toBeCloseTo(3, 12)
  })
})
