import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adjudicate } from '../../src/core/adjudicate.ts'
import { sigmoid } from '../../src/core/probability.ts'
import { waterfallOf } from '../../src/core/waterfall.ts'
import { cases } from './arbitraries.ts'
import { CHURN, expansion, PULSE, question, signal } from './fixtures.ts'

describe('a waterfall', () => {
  it('goes from the prior to the belief, each step where the last one ended', () => {
    fc.assert(
      fc.property(cases(), ({ decision, question }) => {
        const answer = adjudicate(decision, question)
        const { state, prior, steps, belief } = waterfallOf(decision, answer)
        expect(answer.beliefs[state]).toBe(Math.max(...Object.values(answer.beliefs)))
        expect(sigmoid(prior)).toBeCloseTo(decision.states.find(({ name }) => name === state)?.prior ?? Number.NaN, 9)
        expect(sigmoid(belief)).toBeCloseTo(answer.beliefs[state] ?? Number.NaN, 9)
        expect(steps.map(({ from }) => from)).toEqual([prior, ...steps.map(({ to }) => to)].slice(0, -1))
        expect(belief).toBe(steps.at(-1)?.to ?? prior)
        expect(steps).toHaveLength(answer.signals.filter(({ used }) => used).length)
      }),
      { numRuns: 300 },
    )
  })

  it('has a step of each contribution where there are two states, the largest first', () => {
    const decision = expansion()
    const answer = adjudicate(decision, question([PULSE, CHURN, signal('nobody', 'unheard_of')]))
    const { state, steps } = waterfallOf(decision, answer)
    expect(state).toBe('healthy')
    expect(steps.map(({ signal: { agent } }) => agent)).toEqual(['churn-radar', 'pulse'])
    const [churn, pulse] = steps.map(({ from, to }) => to - from)
    const contributionOf = (agent: string) => answer.signals.find((one) => one.agent === agent)?.contribution ?? 0
    expect(churn).toBeCloseTo(-contributionOf('churn-radar'), 12)
    expect(pulse).toBeCloseTo(contributionOf('pulse'), 12)
  })

  it('has no steps where nobody is heard', () => {
    const decision = expansion()
    expect(waterfallOf(decision, adjudicate(decision, question([])))).toEqual({
      state: 'healthy',
      prior: Math.log(4),
      belief: Math.log(4),
      steps: [],
    })
  })
})
