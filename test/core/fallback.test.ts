import { describe, expect, it } from 'vitest'
import { fallbackAction } from '../../src/core/escalation/fallback.ts'
import type { Action, Decision } from '../../src/core/model.ts'
import { constant, expansion, failing, question, REVIEW, rule } from './fixtures.ts'

function action(name: string, loss: readonly number[], fields: Partial<Action> = {}): Action {
  return { name, autonomy: 'autonomous', tags: [], loss: loss.map(constant), cooldown: null, ...fields }
}

const SEND = action('send', [0, 100])
const ASK_AROUND = action('ask_around', [30, 30])
const WAIT = action('wait', [40, 0])

function safest(actions: readonly Action[], rules: Decision['rules'] = []): string | null {
  return fallbackAction(expansion({ actions, rules }), question([]))
}

describe('the least bad at worst', () => {
  it('is the action whose largest loss is least, however unlikely that is', () => {
    expect(safest([SEND, WAIT])).toBe('wait')
    expect(safest([SEND, ASK_AROUND, WAIT])).toBe('ask_around')
  })

  it('is the one declared first among equals', () => {
    expect(safest([action('a', [0, 9]), action('b', [9, 0])])).toBe('a')
  })

  it('is neither vetoed nor without a loss nor for people only', () => {
    expect(safest([SEND, ASK_AROUND, WAIT], [rule('no', [{ kind: 'veto', actions: [1] }])])).toBe('wait')
    const unknown = { ...ASK_AROUND, loss: [constant(0), failing<number>('account.x', 'no fact')] }
    expect(safest([SEND, unknown, WAIT])).toBe('wait')
    expect(safest([SEND, { ...ASK_AROUND, autonomy: 'off_limits' }, WAIT])).toBe('wait')
    const cap = rule('cap', [{ kind: 'autonomyCap', caps: [{ action: 1, level: 'off_limits' }] }])
    expect(safest([SEND, ASK_AROUND, WAIT], [cap])).toBe('wait')
  })

  it('counts what rules add to losses', () => {
    const dear = rule('dear', [{ kind: 'addLoss', terms: [{ action: 1, state: 0, amount: constant(80) }] }])
    expect(safest([SEND, ASK_AROUND, WAIT], [dear])).toBe('wait')
  })

  it('is none where nothing is permitted', () => {
    expect(safest([SEND, WAIT], [rule('no', [{ kind: 'veto', actions: [0, 1] }])])).toBeNull()
  })
})

describe('what is done where nobody decides', () => {
  const done = (fallback: number | null, rules: Decision['rules'] = []) =>
    fallbackAction(expansion({ actions: [SEND, WAIT], rules, review: { ...REVIEW, fallback } }), question([]))

  it('is what the decision names for it, if it is permitted', () => {
    expect(done(0)).toBe('send')
    expect(done(0, [rule('no', [{ kind: 'veto', actions: [0] }])])).toBe('wait')
  })

  it('is never what is for people only, though the decision names it', () => {
    expect(done(0, [rule('cap', [{ kind: 'autonomyCap', caps: [{ action: 0, level: 'off_limits' }] }])])).toBe('wait')
  })

  it('is the least bad at worst where it names nothing', () => {
    expect(done(null)).toBe('wait')
  })
})
