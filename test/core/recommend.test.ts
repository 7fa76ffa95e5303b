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
        const { action, disposition, beliefs, regret, used, weights } = recommend(decision, question)
        const answer = adjudicate(decision, question)
        expect({
          action: action === null ? null : decision.actions[action]?.name,
          disposition,
          beliefs,
          regret,
          weights: used.map(({ signal }, i) => [signal.sequence, weights.weight[i]]),
        }).toEqual({
          action: answer.recommendation.action,
          disposition: answer.recommendation.disposition,
          beliefs: Object.values(answer.beliefs),
          regret: answer.regret,
          weights: answer.signals.filter((one) => one.used).map(({ sequence, weight }) => [sequence, weight]),
        })
      }),
      RUNS,
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
