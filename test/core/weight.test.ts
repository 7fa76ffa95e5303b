import { describe, expect, it } from 'vitest'
import { adjudicate } from '../../src/core/adjudicate.ts'
import type { Decision, Question } from '../../src/core/model.ts'
import { agent, agents, DAY, expansion, expression, HOUR, NOW, question, rule, signal } from './fixtures.ts'

const heavy = (factor: number) => rule('heavy', [{ kind: 'weight', factor }], { forEachSignal: true })

function weights(asked: Question, fields: Partial<Decision> = {}): number[] {
  return adjudicate(expansion(fields), asked).signals.map(({ weight }) => weight)
}

describe('weight', () => {
  it('halves with every half-life of the claim', () => {
    const aged = (days: number, claim = 'churn_risk') =>
      weights(question([signal('ada', claim, { observedAt: NOW - days * DAY })]))[0]
    expect(aged(0)).toBe(1)
    expect(aged(14)).toBe(0.5)
    expect(aged(28)).toBe(0.25)
    expect(aged(400, 'expansion_ready')).toBe(1)
  })

  it('is the trust in the agent', () => {
    expect(weights(question([signal('ada', 'healthy')], { agents: agents(agent('ada', { trust: 0.3 })) }))).toEqual([
      0.3,
    ])
  })

  it('is multiplied by every rule that holds, up to three', () => {
    const asked = question([signal('ada', 'healthy')])
    expect(weights(asked, { rules: [heavy(0.3), heavy(0.5)] })[0]).toBeCloseTo(0.15, 12)
    expect(weights(asked, { rules: [heavy(2), heavy(2)] })).toEqual([3])
    expect(weights(asked, { rules: [heavy(0)] })).toEqual([0])
  })

  it('is multiplied for the signals alone for which the rule holds', () => {
    const stale = rule('stale', [{ kind: 'weight', factor: 0.3 }], {
      forEachSignal: true,
      when: expression('signal.ageHours > 72', (scope) => (scope.signal?.ageHours ?? 0) > 72),
    })
    const signals = [
      signal('ada', 'expansion_ready'),
      signal('bob', 'expansion_ready', { observedAt: NOW - 73 * HOUR }),
    ]
    const answer = adjudicate(expansion({ rules: [stale], dependence: 0 }), question(signals))
    expect(answer.signals.map(({ weight, weightParts }) => [weight, weightParts.rules])).toEqual([
      [1, 1],
      [0.3, 0.3],
    ])
    expect(answer.rules).toEqual([
      { id: 'stale', effect: 'weight', because: 'Because of stale', signal: signals[1]?.id },
    ])
  })

  it('is one voice per agent, however many of its signals are used', () => {
    const signals = [signal('ada', 'healthy'), signal('ada', 'expansion_ready'), signal('bob', 'healthy')]
    const { signals: ledger } = adjudicate(expansion({ dependence: 0 }), question(signals))
    expect(ledger.map((entry) => [entry.agent, entry.weightParts.share])).toEqual([
      ['bob', 1],
      ['ada', 0.5],
      ['ada', 0.5],
    ])
  })

  it('is divided among them before it is kept within three', () => {
    const signals = [signal('ada', 'healthy'), signal('ada', 'expansion_ready')]
    const asked = question(signals)
    expect(weights(asked, { rules: [heavy(2), heavy(2)], dependence: 0 })).toEqual([2, 2])
    expect(weights(asked, { rules: [heavy(3), heavy(3)], dependence: 0 })).toEqual([3, 3])
  })

  it('shrinks as agents lean on the same sources', () => {
    const signals = ['ada', 'bob', 'cleo'].map((name) => signal(name, 'healthy'))
    const cast = agents(agent('ada', { trust: 0.9 }), agent('bob', { trust: 0.6 }), agent('cleo', { trust: 0.3 }))
    const asked = question(signals, { agents: cast })
    const total = (dependence: number) => weights(asked, { dependence }).reduce((sum, weight) => sum + weight, 0)
    expect(total(0)).toBeCloseTo(1.8, 12)
    expect(total(1)).toBeCloseTo(0.9, 12)
    // t = 1, 2 / 1.5, 3 / 2
    expect(total(0.5)).toBeCloseTo(0.9 + 0.6 * (4 / 3 - 1) + 0.3 * (3 / 2 - 4 / 3), 12)
  })

  it('of nobody is nothing', () => {
    const silent = question([signal('ada', 'healthy')], { agents: agents(agent('ada', { trust: 0 })) })
    const { beliefs, conflict, flips } = adjudicate(expansion(), silent)
    expect(weights(silent)).toEqual([0])
    expect({ beliefs, conflict, flips }).toEqual({ beliefs: { healthy: 0.8, at_risk: 0.2 }, conflict: 0, flips: [] })
  })
})
