import { describe, expect, it } from 'vitest'
import type { Effect, Rule } from '../../src/core/model.ts'
import { evaluateAmount, evaluateCondition, evaluateRules } from '../../src/core/rules/evaluate.ts'
import { type Expression, ExpressionError, type Scope, type SignalView } from '../../src/core/rules/expression.ts'
import { constant, expression, failing, NOW, rule } from './fixtures.ts'

const VIEWS: readonly SignalView[] = ['one', 'two'].map((id) => ({
  id,
  agent: { name: id, kind: 'model', trust: 1 },
  claim: 'healthy',
  confidence: 0.75,
  ageHours: 0,
}))
const SCOPE: Scope = { account: {}, signals: VIEWS, proposal: null, now: new Date(NOW) }
const TAG: Effect = { kind: 'tag', tags: ['vip'] }
const MISSING = failing<never>('account.gone', 'the account has no fact `account.gone`')

function outcomes(...rules: readonly Rule[]) {
  return evaluateRules(rules, SCOPE).map(({ entry: { id, error = null }, signal, effect, amounts }) => ({
    id,
    signal: signal?.id ?? null,
    effect: effect?.kind ?? null,
    amounts,
    error,
  }))
}

const PLAIN = { signal: null, amounts: [], error: null }

describe('rules', () => {
  it('that hold leave their effects, in file order; the others nothing', () => {
    const veto: Effect = { kind: 'veto', actions: [0] }
    expect(outcomes(rule('a', [TAG, veto]), rule('b', [TAG], { when: constant(false) }), rule('c', [TAG]))).toEqual([
      { ...PLAIN, id: 'a', effect: 'tag' },
      { ...PLAIN, id: 'a', effect: 'veto' },
      { ...PLAIN, id: 'c', effect: 'tag' },
    ])
  })

  it('are asked for each signal where they say so', () => {
    const second = expression('signal.id == "two"', ({ signal }) => signal?.id === 'two')
    expect(outcomes(rule('each', [TAG], { forEachSignal: true, when: second }))).toEqual([
      { ...PLAIN, id: 'each', effect: 'tag', signal: 'two' },
    ])
  })

  it('that fail are recorded with expression and reason, and the others still apply', () => {
    expect(outcomes(rule('broken', [TAG], { when: MISSING }), rule('fine', [TAG]))).toEqual([
      { ...PLAIN, id: 'broken', effect: null, error: '`account.gone`: the account has no fact `account.gone`' },
      { ...PLAIN, id: 'fine', effect: 'tag' },
    ])
    expect(outcomes(rule('each', [TAG], { forEachSignal: true, when: MISSING })).map(({ signal }) => signal)).toEqual([
      'one',
      'two',
    ])
  })

  it('keep the amounts that they add, and say which could not be evaluated', () => {
    const terms = [constant(5), MISSING, constant(Number.POSITIVE_INFINITY)].map((amount, state) => ({
      action: 0,
      state,
      amount,
    }))
    expect(outcomes(rule('dear', [{ kind: 'addLoss', terms }]))).toEqual([
      {
        ...PLAIN,
        id: 'dear',
        effect: 'addLoss',
        amounts: [5, Number.NaN, Number.NaN],
        error:
          '`account.gone`: the account has no fact `account.gone`; `Infinity`: yields Infinity, not a finite number',
      },
    ])
  })
})

describe('an expression', () => {
  const error = (value: unknown) => (value instanceof ExpressionError ? value.message : value)

  it('fails where it yields something of another type', () => {
    const yields = (value: unknown) => constant(value) as Expression<never>
    expect(error(evaluateCondition(yields('yes'), SCOPE))).toBe('`yes`: yields a string, not true or false')
    expect(error(evaluateCondition(yields(null), SCOPE))).toBe('`null`: yields null, not true or false')
    expect(error(evaluateAmount(yields('7'), SCOPE))).toBe('`7`: yields a string, not a finite number')
    expect(error(evaluateAmount(yields(7n), SCOPE))).toBe('`7`: yields a bigint, not a finite number')
    expect(error(evaluateAmount(yields(Number.NaN), SCOPE))).toBe('`NaN`: yields NaN, not a finite number')
  })

  it('fails with whatever it throws', () => {
    const throwing = expression<number>('x', () => {
      throw 'out of steps'
    })
    expect(error(evaluateAmount(throwing, SCOPE))).toBe('`x`: out of steps')
  })
})
