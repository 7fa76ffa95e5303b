import { describe, expect, it } from 'vitest'
import type { FactDeclaration, Facts } from '../../src/core/model.ts'
import { compileExpression } from '../../src/core/rules/cel/compile.ts'
import { createVocabulary, VARIABLES } from '../../src/core/rules/cel/vocabulary.ts'
import { type Expression, ExpressionError, type Scope } from '../../src/core/rules/expression.ts'

const DECLARED = createVocabulary(
  new Map<string, FactDeclaration>([
    ['arr', { type: 'number' }],
    ['seats', { type: 'number', default: 3 }],
    ['segment', { type: 'string' }],
    ['vip', { type: 'bool', default: false }],
    ['flags', { type: 'list<string>', default: [] }],
    ['scores', { type: 'list<number>' }],
    ['visits', { type: 'list<timestamp>', default: ['2026-11-01'] }],
    ['contract', { type: 'map' }],
    ['onboardedAt', { type: 'timestamp' }],
  ]),
  VARIABLES,
)
const DYNAMIC = createVocabulary(null, VARIABLES)

const FACTS: Facts = {
  arr: 180_000,
  segment: 'smb',
  flags: ['new', 'procurement_dispute'],
  scores: [1, 2.5],
  contract: { years: 3, auto: true, parties: ['a', 'b'], note: null },
  onboardedAt: '2026-11-10T09:00:00Z',
}

const signal = {
  id: 's1',
  agent: { name: 'pulse', kind: 'health_model', trust: 0.9 },
  claim: 'healthy',
  confidence: 0.8,
  ageHours: 80,
}

function scopeOf(account: Facts): Scope {
  const second = { ...signal, id: 's2', claim: 'churn_risk', ageHours: 1 }
  return { account, signals: [signal, second], signal, proposal: null, now: new Date('2026-11-20T09:00:00Z') }
}

function compile(source: string, vocabulary = DECLARED): Expression<boolean> {
  const compiled = compileExpression(source, 'boolean', vocabulary)
  if ('faults' in compiled) throw new Error(compiled.faults.map(({ message }) => message).join('; '))
  return compiled.expression
}

function amount(source: string, vocabulary = DECLARED): number {
  const compiled = compileExpression(source, 'number', vocabulary)
  if ('faults' in compiled) throw new Error(compiled.faults.map(({ message }) => message).join('; '))
  return compiled.expression.evaluate(scopeOf(FACTS))
}

/** What it says when it fails; null when it does not. */
function failure(source: string, facts: Facts = FACTS, vocabulary = DECLARED): string | null {
  try {
    compile(source, vocabulary).evaluate(scopeOf(facts))
    return null
  } catch (error) {
    expect(error).toBeInstanceOf(ExpressionError)
    return (error as Error).message
  }
}

describe('numbers', () => {
  it.each([
    ['account.arr * 2', 360_000],
    ['1/2 * account.arr', 90_000],
    ['0.002 * account.arr', 360],
    ['account.arr + 1', 180_001],
    ['account.arr - 1 - 1', 179_998],
    ['-account.arr', -180_000],
    ['-1', -1],
    ['account.arr % 7', 180_000 % 7],
    ['5 % 3', 2],
    ['size(account.flags)', 2],
    ['account.flags.size() / 4', 0.5],
    ['size(account.flags) / size(account.scores) * 0.5', 0.5],
    ['size(account.segment)', 3],
    ['account.vip ? 1 : size(account.flags)', 2],
    ['account.scores[1]', 2.5],
    ['account.scores[size(account.scores) - 1]', 2.5],
    ['account.scores[int(account.seats) - 2]', 2.5],
    ['int(account.scores[1])', 2],
    ['int(account.arr * 2 + 0.5) + 0.5', 360_000.5],
    ['double(3)', 3],
    ['account.segment.indexOf("b")', 2],
    ['now.getHours()', 9],
    ['[1, 2, 3].map(n, n * 2)[2]', 6],
    ['{"smb": 1, "enterprise": 2}[account.segment]', 1],
    ['5u', 5],
    ['account.contract.years * 12', 36],
    ['cel.bind(x, account.arr * 2, x / 2)', 180_000],
  ])('%s', (source, value) => {
    const values = [
      amount(source),
      source.includes('account.seats') ? value : amount(source.replace('account.vip', 'false'), DYNAMIC),
    ]
    expect(values).toEqual([value, value])
  })

  it.each([
    'account.arr > 150000',
    'account.arr == 180000',
    'account.arr != 1',
    'signals.size() >= 2',
    'size(account.flags) > 1',
    'size(account.flags) == 2',
    '2 == size(account.flags)',
    'size(account.flags) in [1, 2]',
    'account.scores == [1, 2.5]',
    '2.5 in account.scores',
    '[1, 2].exists(n, n == size(account.flags))',
    'signals[0].claim == "healthy"',
    'signals[size(signals) - 1].id == "s2"',
    'account.flags.exists(flag, size(flag) == 3)',
    'int(account.arr) == 180000',
    'now.getDayOfWeek() == 5',
    'now.getDayOfWeek() in [5, 6]',
    'type(account.arr) == double',
    'string(account.arr) == "180000"',
    'account.segment.substring(1) == "mb"',
  ])('%s', (source) => {
    expect([compile(source).evaluate(scopeOf(FACTS)), compile(source, DYNAMIC).evaluate(scopeOf(FACTS))]).toEqual([
      true,
      true,
    ])
  })

  it('divided by zero are infinite, which no loss may be', () => {
    expect(amount('account.arr / 0')).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('signals, proposals and time', () => {
  it.each([
    'signals.exists(s, s.agent.kind == "health_model" && s.ageHours > 72)',
    'signals.all(s, s.confidence == 0.8)',
    'signals.exists_one(s, s.claim == "healthy")',
    'signals.filter(s, s.agent.trust > 0.5).size() == 2',
    'signals.map(s, s.claim) == ["healthy", "churn_risk"]',
    '!signals.exists(s, s.claim == "expansion_ready")',
    'signal.agent.name == "pulse" && signal.ageHours > 72',
    'proposal == null',
    'proposal == null || proposal.action == "wait"',
    'daysSince(account.onboardedAt) == 10',
    'daysUntil(account.onboardedAt) == -10',
    'daysSince(now) == 0',
    'daysSince(timestamp("2026-11-19T09:00:00Z")) == 1',
    'daysSince(timestamp("2026-11-19")) == 1.375',
    'timestamp(1763542800) < now',
  ])('%s', (source) => {
    expect([compile(source).evaluate(scopeOf(FACTS)), compile(source, DYNAMIC).evaluate(scopeOf(FACTS))]).toEqual([
      true,
      true,
    ])
  })

  it('compares and subtracts declared timestamps', () => {
    for (const source of [
      'account.onboardedAt < now',
      'now - account.onboardedAt == duration("240h")',
      'account.onboardedAt == timestamp("2026-11-10T09:00:00Z")',
      'account.onboardedAt.getFullYear() == 2026',
      'account.visits.exists(t, daysSince(t) > 5)',
    ]) {
      expect(compile(source).evaluate(scopeOf(FACTS)), source).toBe(true)
    }
  })

  it('takes a date as midnight UTC', () => {
    expect(compile('daysSince(account.onboardedAt) == 10.375').evaluate(scopeOf({ onboardedAt: '2026-11-10' }))).toBe(
      true,
    )
  })

  it('sees the proposal', () => {
    const scope = { ...scopeOf(FACTS), proposal: { agent: 'copilot', action: 'send_email' } }
    expect(compile('proposal != null && proposal.action == "send_email"').evaluate(scope)).toBe(true)
    expect(compile('proposal.agent == "copilot"', DYNAMIC).evaluate(scope)).toBe(true)
  })
})

describe('facts that are not there', () => {
  it('have their default', () => {
    expect(compile('account.seats == 3 && !account.vip && account.flags == []').evaluate(scopeOf({}))).toBe(true)
    expect(compile('account.seats == 3').evaluate(scopeOf({ seats: null }))).toBe(true)
  })

  it.each([
    ['account.arr > 1', 'the account has no fact `arr`; send it, declare a default, or guard with `has(account.arr)`'],
    [
      'account.arr > 1 || account.segment == "x"',
      'the account has no fact `segment`; send it, declare a default, or guard with `has(account.segment)`',
    ],
    [
      'daysSince(account.onboardedAt) > 1',
      'the account has no fact `onboardedAt`; send it, declare a default, or guard with `has(account.onboardedAt)`',
    ],
  ])('without one fail %s', (source, message) => {
    expect([failure(source, {}), failure(source, {}, DYNAMIC)]).toEqual([message, message])
  })

  it.each([
    'has(account.arr)',
    'has(account.arr) && account.arr > 1',
    'account.arr > 1 && 1 > 2',
    '1 > 2 && account.arr > 1',
  ])('do not fail %s', (source) => {
    expect([compile(source).evaluate(scopeOf({})), compile(source, DYNAMIC).evaluate(scopeOf({}))]).toEqual([
      false,
      false,
    ])
  })

  it('are not found among what JavaScript objects have', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'length']) {
      expect(failure(`account.${name} == 1`, {}, DYNAMIC), name).toMatch(`the account has no fact \`${name}\``)
      expect(compile(`has(account.${name})`, DYNAMIC).evaluate(scopeOf({})), name).toBe(false)
    }
    expect(failure('account.contract.constructor == 1')).toBe('the map has no `constructor`; guard with `has(…)`')
    expect(failure('account.flags.length == 1', FACTS, DYNAMIC)).toBe('the map has no `length`; guard with `has(…)`')
  })

  it('may have the names of what we use inside', () => {
    const names = ['facts', 'scope', 'account', 'signals', 'now']
    const declared = names.map((name): [string, FactDeclaration] => [name, { type: 'number' }])
    const vocabulary = createVocabulary(new Map(declared), VARIABLES)
    for (const name of names) {
      // `string` has no fast form, so that cel-js itself reads the fact.
      const source = `string(account.${name}) == "7" && account.${name} == 7`
      expect(compile(source, vocabulary).evaluate(scopeOf({ [name]: 7 })), name).toBe(true)
    }
  })

  it('inside a map fail, unless guarded', () => {
    expect(failure('account.contract.value > 1')).toBe('the map has no `value`; guard with `has(…)`')
    expect(compile('has(account.contract.value)').evaluate(scopeOf(FACTS))).toBe(false)
    expect(compile('has(account.contract.years)').evaluate(scopeOf(FACTS))).toBe(true)
    expect(compile('account.contract.note == null').evaluate(scopeOf(FACTS))).toBe(true)
  })
})

describe('facts of another type than declared', () => {
  it.each([
    ['account.arr > 1', { arr: 'lots' }, 'fact `account.arr` is a string, the rules declare a number'],
    ['account.arr == 1', { arr: true }, 'fact `account.arr` is a bool, the rules declare a number'],
    ['account.segment == "smb"', { segment: 7 }, 'fact `account.segment` is a number, the rules declare a string'],
    ['account.vip', { vip: 'yes' }, 'fact `account.vip` is a string, the rules declare a bool'],
    ['"x" in account.flags', { flags: 'x' }, 'fact `account.flags` is a string, the rules declare a list<string>'],
    ['"x" in account.flags', { flags: ['x', 1] }, 'fact `account.flags` is a list, the rules declare a list<string>'],
    ['account.contract.years > 1', { contract: [] }, 'fact `account.contract` is a list, the rules declare a map'],
    [
      'daysSince(account.onboardedAt) > 1',
      { onboardedAt: 'in spring' },
      'fact `account.onboardedAt` is a string, the rules declare a timestamp',
    ],
    [
      'daysSince(account.onboardedAt) > 1',
      { onboardedAt: '2026-02-30' },
      'fact `account.onboardedAt` is a string, the rules declare a timestamp',
    ],
    ['has(account.arr)', { arr: {} }, 'fact `account.arr` is a map, the rules declare a number'],
  ])('fail %s', (source, facts, message) => {
    expect(failure(source, facts)).toBe(message)
  })

  it('do no harm where they are not read', () => {
    expect(compile('account.arr > 1').evaluate(scopeOf({ arr: 2, segment: 7, flags: 'x', undeclared: { a: 1 } }))).toBe(
      true,
    )
    expect(compile('account.arr > 1 || account.segment == "smb"').evaluate(scopeOf({ arr: 2, segment: 7 }))).toBe(true)
    expect(compile('account.segment == "smb" || account.arr > 1').evaluate(scopeOf({ arr: 2, segment: 7 }))).toBe(true)
  })

  it.each([
    ['account.arr > 1', { arr: 'lots' }, '`>` does not work between string and number'],
    ['account.arr', { arr: 1 }, 'must be true or false, came to a number'],
    ['account.arr && true', { arr: 1 }, 'logical operator requires bool operands, got `number`'],
    ['daysSince(account.at) > 1', { at: 5 }, '`daysSince` takes an RFC 3339 time, such as `2026-11-20T09:00:00Z`'],
    ['daysSince(account.at) > 1', { at: 'soon' }, '`daysSince` takes an RFC 3339 time, such as `2026-11-20T09:00:00Z`'],
    ['proposal.action == "x"', {}, 'there is no proposal; guard with `proposal != null &&`'],
    ['account.flags[7] == "x"', { flags: [] }, 'the list has no item at this index; ask for its `size` first'],
    [
      // cel-js would read it in the zone of the machine.
      'timestamp(account.at) < now',
      { at: '2026-11-20 09:00:00.000' },
      '`timestamp` takes a time, such as `2026-12-24` or `2026-12-24T09:00:00Z`',
    ],
    ['now.getHours("Nowhere") == 1', {}, 'there is no such time zone; write one as in `Europe/Berlin`'],
    ['account.a > size(account.l)', { a: [], l: [1] }, '`>` does not work between list<any> and number'],
    ['size(account.l) > account.l', { l: ['a'] }, '`>` does not work between number and list<string>'],
  ])('or that nobody declared fail %s', (source, facts, message) => {
    expect(failure(source, facts, DYNAMIC)).toBe(message)
  })

  it('never show their value in the message', () => {
    expect(failure('account.arr > 1', { arr: 'secret' })).not.toContain('secret')
    for (const source of [
      'account.s > 1',
      'account[account.s] == 1',
      '{"smb": 1}[account.s] == 1',
      'account.m[account.s] == 1',
      'account.l[account.s] == 1',
      'account.l[account.l[0]] == 1',
      'account.s.exists(x, x == 1)',
      'bool(account.s)',
      'int(account.s) == 1',
      'double(account.s) == 1',
      'timestamp(account.s) < now',
      'duration(account.s) == duration("1h")',
      'now.getHours(account.s) == 1',
    ]) {
      expect(failure(source, { s: 'secret', m: {}, l: ['secret'] }, DYNAMIC), source).not.toContain('secret')
    }
  })
})

describe('limits', () => {
  const nested = (depth: number): string =>
    depth === 0 ? 'true' : `account.flags.all(f${depth}, ${nested(depth - 1)})`
  const ONCE = createVocabulary(null, ['account', 'signals', 'proposal', 'now'])
  const faults = (source: string) => {
    const compiled = compileExpression(source, 'boolean', ONCE)
    return 'faults' in compiled ? compiled.faults.map(({ message }) => message) : []
  }

  it('let comprehensions nest twice, not three times', () => {
    expect(faults(nested(2))).toEqual([])
    expect(faults(nested(3))).toEqual(['`all` is nested deeper than 2; split the rule'])
    expect(faults('account.a.map(x, account.b.filter(y, cel.bind(z, y, z))).size() > 0')).toEqual([
      '`bind` is nested deeper than 2; split the rule',
    ])
    expect(faults('account.a.filter(x, x > 1).map(x, x).exists(x, account.b.all(y, y > x))')).toEqual([])
  })

  it.each([
    ['true'.padEnd(4001), 'longer than 4000 characters; split it'],
    [`${'('.repeat(70)}true${')'.repeat(70)}`, 'nested deeper than 60 levels; split it'],
    [`account.a in [${'1,'.repeat(1500)}]`, 'more than 1000 parts in one place; split it'],
    [
      'account.a.matches("(a+)+$")',
      '`matches` is not allowed: regular expressions can take forever; use `contains`, `startsWith` or `endsWith`',
    ],
    ['uint(account.a) == 1', '`uint` is not allowed: numbers are doubles here; leave out `uint`'],
    ['__proto__ == 1', 'reserved identifier: __proto__'],
    [
      'constructor == 1',
      'unknown name `constructor`; there are `account`, `signals`, `proposal` and `now`; text stands in quotes, `"constructor"`',
    ],
  ])('refuse %s', (source, message) => {
    expect(faults(source)).toEqual([message])
  })
})

describe('text', () => {
  const textOf = (source: string, facts: Facts, vocabulary = DECLARED) => {
    const compiled = compileExpression(source, 'string', vocabulary)
    if ('faults' in compiled) throw new Error(compiled.faults.map(({ message }) => message).join('; '))
    return compiled.expression.evaluate(scopeOf(facts))
  }

  it.each([
    ['account.segment', 'smb'],
    ['"ann"', 'ann'],
    ['account.arr > 1000 ? "ann" : account.segment', 'ann'],
    ['account.segment + "-lead"', 'smb-lead'],
    ['has(account.segment) ? account.segment : ""', 'smb'],
    ['account.flags[0]', 'new'],
  ])('%s comes to %s, whether facts are declared or not', (source, value) => {
    expect(textOf(source, FACTS)).toBe(value)
    expect(textOf(source, FACTS, DYNAMIC)).toBe(value)
  })

  it('comes to nothing where an undeclared fact is missing and was asked for', () => {
    expect(textOf('has(account.owner) ? account.owner : ""', {}, DYNAMIC)).toBe('')
  })

  it('fails where it is missing or something else', () => {
    expect(() => textOf('account.owner', {}, DYNAMIC)).toThrow('the account has no fact `owner`')
    expect(() => textOf('account.owner', { owner: 7 }, DYNAMIC)).toThrow('must be text, came to a number')
  })

  it('can not be of another type', () => {
    expect(() => textOf('account.arr', FACTS)).toThrow('must be text; it is a number')
    expect(() => textOf('account.arr > 1', FACTS)).toThrow('must be text; it is a bool')
  })
})
