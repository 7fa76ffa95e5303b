import { describe, expect, it } from 'vitest'
import { adjudicate } from '../../src/core/adjudicate.ts'
import type { Autonomy, Decision, Effect, Rule } from '../../src/core/model.ts'
import {
  AT_RISK,
  CHURN,
  constant,
  expansion,
  failing,
  HEALTHY,
  HOUR,
  NOW,
  PULSE,
  question,
  rule,
  SEND,
  WAIT,
} from './fixtures.ts'

function answer(rules: readonly Rule[], signals = [PULSE], fields: Partial<Decision> = {}) {
  return adjudicate(expansion({ rules, ...fields }), question(signals))
}

const cap = (action: number, level: Autonomy): Effect => ({ kind: 'autonomyCap', caps: [{ action, level }] })
const add = (action: number, state: number, amount = constant(100)): Effect => ({
  kind: 'addLoss',
  terms: [{ action, state, amount }],
})
const escalate = (queue: string | null, priority: number | null, due: number | null): Effect => ({
  kind: 'escalate',
  queue,
  priority,
  due,
  assignee: null,
})

describe('a veto', () => {
  it('leaves the next best action, and the loss of the other to be seen', () => {
    const { recommendation, expectedLoss, regret } = answer([rule('no', [{ kind: 'veto', actions: [SEND] }])])
    expect(recommendation).toMatchObject({ action: 'wait', confidence: 1 })
    expect(expectedLoss.send_expansion_email).toBeGreaterThan(0)
    expect(regret).toBe(0)
  })

  it('of everything leaves a person to decide', () => {
    const { recommendation, regret, conflict, flips, handoff } = answer([
      rule('no', [{ kind: 'veto', actions: [SEND, WAIT] }]),
    ])
    expect(recommendation).toEqual({
      action: null,
      confidence: 0,
      disposition: 'escalate',
      reasons: ['no_permitted_action'],
    })
    expect({ regret, conflict, flips }).toEqual({ regret: 0, conflict: 0, flips: [] })
    expect(handoff).toMatchObject({ kind: 'decision', queue: 'csm' })
  })
})

describe('a cap on autonomy', () => {
  it.each([
    ['autonomous', 'supervised', 'act'],
    ['copilot', 'copilot', 'suggest'],
    ['off_limits', 'people_only', 'escalate'],
  ] as const)('at %s makes a supervised action %s', (level, reason, disposition) => {
    expect(answer([rule('cap', [cap(SEND, level)])]).recommendation).toMatchObject({ disposition, reasons: [reason] })
  })

  it('is the strictest of several', () => {
    const rules = [rule('a', [cap(SEND, 'off_limits')]), rule('b', [cap(SEND, 'copilot')])]
    expect(answer(rules).recommendation.reasons).toEqual(['people_only'])
  })
})

describe('an added loss', () => {
  it('adds to the loss of the file, with those of other rules', () => {
    const before = answer([])
    const after = answer([rule('a', [add(SEND, HEALTHY)]), rule('b', [add(SEND, HEALTHY)])])
    const loss = 200 * (before.beliefs.healthy as number)
    expect(after.expectedLoss.send_expansion_email).toBeCloseTo(
      (before.expectedLoss.send_expansion_email as number) + loss,
      9,
    )
    expect(after.recommendation.action).toBe('wait')
  })

  it('may be a discount, as long as the loss stays a cost', () => {
    expect(answer([rule('a', [add(WAIT, HEALTHY, constant(-8))])]).expectedLoss.wait).toBeCloseTo(
      100 * (answer([]).beliefs.healthy as number),
      9,
    )
    const { rules, expectedLoss, recommendation } = answer([rule('a', [add(WAIT, HEALTHY, constant(-109))])])
    expect(expectedLoss.wait).toBeNull()
    expect(recommendation.reasons).toContain('rule_error')
    expect(rules.at(-1)).toEqual({
      id: 'loss:wait.healthy',
      effect: null,
      because: 'The loss could not be evaluated',
      error: expect.stringMatching(
        /^`0\.0006 \* account\.arr`: comes to -1.* with what rules add, not to a finite number of at least 0$/,
      ),
    })
  })

  it('that fails leaves the loss unknown, and is named once, under its rule', () => {
    const { rules, expectedLoss, recommendation } = answer([
      rule('dear', [add(SEND, AT_RISK, failing('account.gone', 'the account has no fact `account.gone`'))]),
    ])
    expect(expectedLoss).toMatchObject({ send_expansion_email: null })
    expect(recommendation).toMatchObject({ action: 'wait', disposition: 'escalate', reasons: ['rule_error'] })
    expect(rules).toEqual([
      {
        id: 'dear',
        effect: 'addLoss',
        because: 'Because of dear',
        error: '`account.gone`: the account has no fact `account.gone`',
      },
    ])
  })
})

describe('an escalation', () => {
  it('takes queue and due time of the review where it names none', () => {
    expect(answer([rule('a', [escalate(null, null, null)])])).toMatchObject({
      recommendation: { disposition: 'escalate', reasons: ['rule'] },
      handoff: { kind: 'decision', queue: 'csm', priority: 0, dueAt: NOW + 8 * HOUR },
    })
  })

  it('of several rules takes the first queue, the highest priority and the earliest due time that are named', () => {
    const rules = [
      rule('a', [escalate(null, null, null)]),
      rule('b', [escalate('legal', -2, 20 * HOUR)]),
      rule('c', [escalate('onboarding', -1, 10 * HOUR)]),
    ]
    expect(answer(rules).handoff).toMatchObject({
      kind: 'decision',
      queue: 'legal',
      priority: -1,
      dueAt: NOW + 10 * HOUR,
    })
  })

  it('goes to its queue when an expression has failed too, which is mended elsewhere', () => {
    const rules = [
      rule('a', [escalate('legal', 5, HOUR)]),
      rule('b', [], { when: failing('account.gone', 'the account has no fact `account.gone`') }),
    ]
    const { recommendation, handoff } = answer(rules)
    expect(recommendation.reasons).toEqual(['rule_error', 'rule'])
    expect(handoff).toMatchObject({ queue: 'legal', priority: 5, dueAt: NOW + HOUR, faults: ['expansion-outreach.b'] })
  })

  it('lists every reason that holds, the deciding one first', () => {
    const rules = [rule('a', [escalate(null, null, null), cap(WAIT, 'copilot')])]
    expect(answer(rules, [CHURN, PULSE]).recommendation.reasons).toEqual(['rule', 'uncertain', 'copilot'])
  })
})

describe('a tag', () => {
  it('is in the answer once, in the order of the rules', () => {
    const rules = [
      rule('a', [{ kind: 'tag', tags: ['vip', 'crisis'] }]),
      rule('b', [{ kind: 'tag', tags: ['vip', 'emea'] }]),
    ]
    expect(answer(rules).tags).toEqual(['vip', 'crisis', 'emea'])
  })
})
