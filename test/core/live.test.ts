import { describe, expect, it } from 'vitest'
import { adjudicate } from '../../src/core/adjudicate.ts'
import { type Live, listen } from '../../src/core/live.ts'
import type { Decision, Question, Signal } from '../../src/core/model.ts'
import type { Scope } from '../../src/core/rules/expression.ts'
import {
  agent,
  agents,
  constant,
  expansion,
  expression,
  failing,
  HOUR,
  NOW,
  question,
  rule,
  signal,
} from './fixtures.ts'

function hear(asked: Question, decision: Decision = expansion()): Live {
  const account: Scope = { account: asked.facts, signals: [], proposal: asked.proposal, now: new Date(asked.now) }
  return listen(decision, asked, account)
}

function ids(signals: readonly { readonly signal: Signal }[]): string[] {
  return signals.map((live) => live.signal.id)
}

function whys({ signals }: Live): Record<string, string | null> {
  return Object.fromEntries(signals.map(({ signal: { id }, unused }) => [id, unused]))
}

describe('live signals', () => {
  it('are the newest per agent and claim, by observation, then receipt', () => {
    const old = signal('ada', 'healthy', { observedAt: NOW - HOUR })
    const lateReport = signal('ada', 'healthy', { observedAt: NOW - 2 * HOUR })
    const first = signal('bob', 'healthy')
    const second = signal('bob', 'healthy')
    expect(ids(hear(question([first, old, second, lateReport])).signals)).toEqual([second.id, old.id])
  })

  it('take the older one back when the newer one expires, at that very moment', () => {
    const older = signal('ada', 'healthy', { observedAt: NOW - HOUR })
    const newer = signal('ada', 'healthy', { expiresAt: NOW })
    expect(ids(hear(question([older, newer])).signals)).toEqual([older.id])
    expect(ids(hear(question([older, newer], { now: NOW - 1 })).signals)).toEqual([newer.id])
  })

  it('are never younger than now', () => {
    const ahead = signal('ada', 'healthy', { observedAt: NOW + 300_000 })
    expect(hear(question([ahead])).signals[0]?.ageHours).toBe(0)
  })

  it('of two joined streams are told apart by name', () => {
    const one = signal('ada', 'healthy', { sequence: 7, id: 'a' })
    const other = signal('ada', 'healthy', { sequence: 7, id: 'b' })
    const third = signal('bob', 'healthy', { sequence: 7, id: 'a' })
    expect(ids(hear(question([third, other, one])).signals)).toEqual(['a', 'a'])
    expect(ids(hear(question([one, other])).signals)).toEqual(ids(hear(question([other, one])).signals))
  })

  it('need their agents in the question', () => {
    const asked = { ...question([signal('ada', 'healthy')]), agents: new Map() }
    expect(() => hear(asked)).toThrow('the question lacks the agent `ada`; add it to its agents')
  })
})

describe('a signal', () => {
  it('is unused when its agent is in shadow, or was admitted only until now', () => {
    const cast = agents(
      agent('ada', { mode: 'shadow' }),
      agent('bob', { until: NOW }),
      agent('cleo', { until: NOW + 1 }),
    )
    const signals = ['ada', 'bob', 'cleo'].map((name) => signal(name, 'healthy', { id: name }))
    expect(whys(hear(question(signals, { agents: cast })))).toEqual({
      ada: 'agent_in_shadow',
      bob: 'agent_in_shadow',
      cleo: null,
    })
  })

  it('is not read when its agent is muted', () => {
    const cast = agents(agent('ada', { mode: 'muted', scope: failing('x', 'never asked') }))
    const live = hear(question([signal('ada', 'healthy')], { agents: cast }))
    expect(live).toMatchObject({ signals: [], used: [], views: [], failures: [] })
  })

  it('is unused outside the scope of its agent', () => {
    const small = expression('account.arr < 1000', ({ account }) => (account.arr as number) < 1000)
    const cast = agents(agent('ada', { scope: small }))
    const one = signal('ada', 'healthy', { id: 'one' })
    expect(whys(hear(question([one], { agents: cast })))).toEqual({ one: 'agent_out_of_scope' })
    expect(whys(hear(question([one], { agents: cast, facts: { arr: 999 } })))).toEqual({ one: null })
  })

  it('is unused when the decision does not map its claim', () => {
    expect(whys(hear(question([signal('ada', 'usage_up', { id: 'one' })])))).toEqual({ one: 'claim_not_mapped' })
  })

  it('is unused when it is of the proposing agent', () => {
    const proposal = { agent: 'ada', action: 'wait' }
    const signals = [signal('ada', 'healthy', { id: 'own' }), signal('bob', 'healthy', { id: 'other' })]
    expect(whys(hear(question(signals, { proposal })))).toEqual({ own: 'own_case', other: null })
  })

  it('is superseded when its agent has changed its mind since', () => {
    const before = signal('ada', 'churn_risk', { id: 'before', observedAt: NOW - HOUR })
    const after = signal('ada', 'healthy', { id: 'after' })
    const more = signal('ada', 'expansion_ready', { id: 'more', observedAt: NOW - 2 * HOUR })
    const another = signal('bob', 'churn_risk', { id: 'another', observedAt: NOW - HOUR })
    expect(whys(hear(question([before, after, another])))).toEqual({ after: null, before: 'superseded', another: null })
    // What it took back stays taken back: the superseded one had superseded an older one.
    expect(whys(hear(question([before, after, more])))).toMatchObject({ before: 'superseded', more: 'superseded' })
    expect(whys(hear(question([after, more])))).toEqual({ after: null, more: null })
  })
})

describe('a stated confidence', () => {
  const scaled = agents(
    agent('ada', {
      scale: [
        [0, 0.02],
        [50, 0.4],
        [100, 0.97],
      ],
    }),
  )
  const stated = (fields: Partial<Signal>, cast = scaled) =>
    hear(question([signal('ada', 'healthy', fields)], { agents: cast })).signals[0]?.confidence

  it.each([
    [-5, 0.02],
    [0, 0.02],
    [25, 0.21],
    [50, 0.4],
    [75, 0.685],
    [100, 0.97],
    [250, 0.97],
  ])('of a score of %d is read off the scale: %d', (score, confidence) => {
    expect(stated({ score })).toBeCloseTo(confidence, 12)
  })

  it('goes before the score', () => {
    expect(stated({ score: 0, confidence: 0.6 })).toBe(0.6)
  })

  it('is missing without a scale', () => {
    expect(stated({ score: 50 }, agents(agent('ada')))).toBeNull()
    expect(stated({ score: 50 }, agents(agent('ada', { scale: [] })))).toBeNull()
  })

  it('may come off a scale of one point, or one with a step', () => {
    expect(stated({ score: 7 }, agents(agent('ada', { scale: [[3, 0.3]] })))).toBe(0.3)
    expect(
      stated(
        { score: 3 },
        agents(
          agent('ada', {
            scale: [
              [3, 0.3],
              [3, 0.6],
              [5, 0.7],
            ],
          }),
        ),
      ),
    ).toBe(0.3)
  })
})

describe('rules', () => {
  it('see whoever is heard, mapped or not, with the default confidence where none is stated', () => {
    const cast = agents(
      agent('ada', { kind: 'health_model', trust: 0.5, defaultConfidence: 0.7 }),
      agent('bob', { mode: 'shadow' }),
      agent('cleo', { scope: constant(false) }),
    )
    const signals = [
      signal('ada', 'usage_up', { id: 'one', observedAt: NOW - HOUR }),
      signal('bob', 'healthy'),
      signal('cleo', 'healthy'),
      signal('dan', 'healthy', { id: 'two', confidence: 0.9 }),
    ]
    expect(hear(question(signals, { agents: cast })).views).toEqual([
      { id: 'two', agent: { name: 'dan', kind: 'model', trust: 1 }, claim: 'healthy', confidence: 0.9, ageHours: 0 },
      {
        id: 'one',
        agent: { name: 'ada', kind: 'health_model', trust: 0.5 },
        claim: 'usage_up',
        confidence: 0.7,
        ageHours: 1,
      },
    ])
  })

  it('are not moved by five undeclared agents that shout', () => {
    const shouting = [1, 2, 3, 4, 5].map((n) => agent(`unknown-${n}`, { mode: 'shadow', trust: 0.5 }))
    const signals = shouting.map(({ name }) => signal(name, 'healthy', { confidence: 1 }))
    const crowded = rule('crowd', [{ kind: 'escalate', queue: null, priority: null, due: null, assignee: null }], {
      when: expression('signals.size() > 0', (scope) => scope.signals.length > 0),
    })
    const decision = expansion({ rules: [crowded] })
    const { signals: ledger, ...answer } = adjudicate(decision, question(signals, { agents: agents(...shouting) }))
    const { signals: _, ...silence } = adjudicate(decision, question([]))
    expect(answer).toEqual(silence)
    expect(ledger.map(({ weight, why }) => [weight, why])).toEqual(Array(5).fill([0, 'agent_in_shadow']))
  })
})

describe('the scope of an agent that fails', () => {
  const cast = agents(
    agent('ada', { scope: failing('account.tier != "strategic"', 'the account has no fact `account.tier`') }),
  )

  it('keeps the agent unheard and brings a person in', () => {
    const answer = adjudicate(expansion(), question([signal('ada', 'healthy')], { agents: cast }))
    expect(answer.signals[0]).toMatchObject({ used: false, why: 'agent_out_of_scope' })
    expect(answer.recommendation.reasons).toContain('rule_error')
    expect(answer.rules).toEqual([
      {
        id: 'agent:ada',
        effect: null,
        because: 'The scope of the agent could not be evaluated',
        error: '`account.tier != "strategic"`: the account has no fact `account.tier`',
      },
    ])
  })

  it('is evaluated once, however much the agent says and proposes', () => {
    const proposal = { agent: 'ada', action: 'wait' }
    const signals = [signal('ada', 'healthy'), signal('ada', 'expansion_ready')]
    const answer = adjudicate(expansion(), question(signals, { agents: cast, proposal }))
    expect(answer.rules.map(({ id }) => id)).toEqual(['agent:ada'])
    expect(answer.proposal).toMatchObject({ verdict: 'ask', reasons: ['needs_person', 'costlier'] })
  })

  it('counts for a proposing agent that says nothing, too', () => {
    const proposal = { agent: 'ada', action: 'send_expansion_email' }
    const answer = adjudicate(expansion(), question([], { agents: cast, proposal }))
    expect(answer.rules.map(({ id }) => id)).toEqual(['agent:ada'])
    expect(answer.proposal?.verdict).toBe('ask')
  })
})
