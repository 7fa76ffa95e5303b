import { describe, expect, it } from 'vitest'
import { adjudicate } from '../../src/core/adjudicate.ts'
import type { Signal } from '../../src/core/model.ts'
import { agent, agents, expansion, question, signal } from './fixtures.ts'

const SUPPORTERS = agents(...['ada', 'bob', 'cleo'].map((name) => agent(name, { confidence: 'support' })))

function conflict(...signals: readonly Signal[]): number {
  return adjudicate(expansion(), question(signals, { agents: SUPPORTERS })).conflict
}

describe('conflict', () => {
  const healthy = signal('ada', 'healthy', { confidence: 0.8 })

  it('is 1 in a draw', () => {
    expect(conflict(healthy, signal('bob', 'churn_risk', { confidence: 0.8 }))).toBe(1)
  })

  it('is 0 when all point the same way, for one claim or against the other', () => {
    expect(conflict(healthy, signal('bob', 'expansion_ready', { confidence: 0.6 }))).toBe(0)
    expect(conflict(healthy, signal('bob', 'churn_risk', { confidence: 0.2 }))).toBe(0)
  })

  it('is the share that cancels out', () => {
    const loud = signal('bob', 'churn_risk', { confidence: 16 / 17 })
    // ln 4 against ln 16: of three halves, two cancel.
    expect(conflict(healthy, loud)).toBeCloseTo(2 / 3, 12)
  })

  it('is 0 when nobody speaks', () => {
    expect(conflict()).toBe(0)
    expect(conflict(signal('ada', 'healthy', { confidence: 0.5 }))).toBe(0)
  })
})
