import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adjudicate } from '../../src/core/adjudicate.ts'
import { asksPerson, recommend } from '../../src/core/recommend.ts'
import { cases } from './arbitraries.ts'

const RUNS = { numRuns: 500 }

describe('recommend', () => {
  it.each([
    ['rules that fail', { failures: true }],
    ['rules that do not', {}],
  ])('says what an adjudication says, to the last digit, with %s', (_what, shape) => {
    fc.assert(
      fc.property(cases(shape), ({ decision, question }) => {
        const { action, beliefs, used, weights, losses: _, ...same } = recommend(decision, question)
        const answer = adjudicate(decision, question)
        expect({
          action: action === null ? null : decision.actions[action]?.name,
          beliefs,
          ...same,
          weights: used.map(({ signal }, i) => [signal.sequence, weights.weight[i]]),
        }).toEqual({
          action: answer.recommendation.action,
          disposition: answer.recommendation.disposition,
          confidence: answer.recommendation.confidence,
          verdict: answer.proposal?.verdict ?? null,
          failed: answer.rules.some(({ error }) => error !== undefined),
          peopleAnyway: expect.any(Boolean),
          beliefs: Object.values(answer.beliefs),
          regret: answer.regret,
          weights: answer.signals.filter((one) => one.used).map(({ sequence, weight }) => [sequence, weight]),
        })
      }),
      RUNS,
    )
  })

  it('gives no verdict on an action that the decision does not have', () => {
    fc.assert(
      fc.property(cases(), ({ decision, question }) => {
        const [agent = ''] = question.agents.keys()
        fc.pre(agent !== '')
        const proposal = { agent, action: 'of another set' }
        expect(recommend(decision, { ...question, proposal }).verdict).toBeNull()
        expect(() => adjudicate(decision, { ...question, proposal })).toThrow('has no action `of another set`')
      }),
    )
  })

  it('asks a person anyway exactly where no review cost is high enough to stop it', () => {
    fc.assert(
      fc.property(cases({ failures: true }), ({ decision, question }) => {
        const unpaid = { ...decision, review: { ...decision.review, cost: Number.POSITIVE_INFINITY } }
        const { disposition } = adjudicate(unpaid, question).recommendation
        expect(recommend(decision, question).peopleAnyway).toBe(asksPerson(disposition))
      }),
      RUNS,
    )
  })
})
