import { describe, expect, it } from 'vitest'
import { adjudicate } from '../../src/core/adjudicate.ts'
import { assessStakes, leastCostly } from '../../src/core/cost.ts'
import type { Expression } from '../../src/core/rules/expression.ts'
import { constant, expansion, failing, PULSE, question, timesArr } from './fixtures.ts'

function losses(...loss: readonly (readonly number[])[]) {
  return { loss, permitted: loss.map((_, action) => action), failures: [] }
}

describe('the least costly action', () => {
  it('is the one declared first among equals', () => {
    expect(leastCostly(losses([1, 1], [1, 1], [2, 0]), [0.5, 0.5])).toBe(0)
  })

  it('is none when none is permitted', () => {
    expect(leastCostly({ ...losses([1, 1]), permitted: [] }, [0.5, 0.5])).toBeNull()
  })
})

describe('what is at stake', () => {
  it('is what a perfect answer would save', () => {
    // R(best) = .6·0 + .4·10 = 4; knowing the state costs .6·0 + .4·2 = .8.
    expect(assessStakes(losses([0, 10], [8, 2]), [0.6, 0.4], 0).regret).toBeCloseTo(3.2, 12)
  })

  it('counts a state as favourable where the action costs least, alone or not', () => {
    const { confidence, favourable } = assessStakes(losses([0, 5, 2], [0, 1, 3]), [0.5, 0.3, 0.2], 0)
    expect(favourable).toEqual([true, false, true])
    expect(confidence).toBeCloseTo(0.7, 12)
  })

  it('is nothing when no action is permitted', () => {
    expect(assessStakes(losses([1, 2]), [0.5, 0.5], null)).toEqual({ regret: 0, confidence: 0, favourable: [] })
  })
})

describe('a loss', () => {
  const withLoss = (loss: Expression<number>) => {
    const { actions } = expansion()
    const [send, wait] = actions as [(typeof actions)[number], (typeof actions)[number]]
    return adjudicate(expansion({ actions: [{ ...send, loss: [loss, timesArr(0.002)] }, wait] }), question([PULSE]))
  }

  it.each([
    [
      failing<number>('account.x', 'the account has no fact `account.x`'),
      '`account.x`: the account has no fact `account.x`',
    ],
    [constant(Number.NaN), '`NaN`: yields NaN, not a finite number'],
    [constant(-1), '`-1`: comes to -1, not to a finite number of at least 0'],
  ])('that is no cost takes its action out and brings ops in (%#)', (loss, error) => {
    const { expectedLoss, recommendation, rules, handoff } = withLoss(loss)
    expect(expectedLoss).toMatchObject({ send_expansion_email: null })
    expect(expectedLoss.wait).toBeGreaterThan(0)
    expect(recommendation).toMatchObject({ action: 'wait', disposition: 'escalate', reasons: ['rule_error'] })
    expect(handoff?.queue).toBe('ops')
    expect(rules).toEqual([
      { id: 'loss:send_expansion_email.healthy', effect: null, because: 'The loss could not be evaluated', error },
    ])
  })

  it('of a proposed action that fails makes a person decide', () => {
    const proposal = { agent: 'renewal-copilot', action: 'send_expansion_email' }
    const { proposal: judged } = adjudicate(expansion(), question([PULSE], { facts: {}, proposal }))
    expect(judged).toMatchObject({ verdict: 'ask', reasons: ['loss_failed', 'needs_person'] })
  })
})
