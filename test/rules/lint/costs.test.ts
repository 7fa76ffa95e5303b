import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { adjudicate } from '../../../src/core/adjudicate.ts'
import { leastRegret, mostRegret } from '../../../src/core/rules/lint/regret.ts'
import { maximise } from '../../../src/core/rules/lint/simplex.ts'
import { loadRuleset } from '../../../src/core/rules/load.ts'
import { agent } from '../../core/fixtures.ts'
import { NOW, rulesThat, SOUND, warnings } from './warnings.ts'

const third = (
  name: string,
  autonomy: string,
  well: string | number,
  ill: string | number,
): readonly [string, string] => [
  'review: {',
  `  ${name}: { autonomy: ${autonomy}, loss: { well: ${well}, ill: ${ill} } }\nreview: {`,
]
const SEND = 'send: { autonomy: supervised, tags: [seen], loss: { well: 0, ill: 100 } }'
const send = (well: string, ill: string): readonly [string, string] => [
  SEND,
  `send: { autonomy: supervised, loss: { well: ${well}, ill: ${ill} } }`,
]
const wait = (well: string, ill: string): readonly [string, string] => [
  'well: 50, ill: 0',
  `well: ${well}, ill: ${ill}`,
]
const NEVER_BY_WAIT =
  '`call` is never the cheapest: `wait` costs no more in any state; mend a loss, or remove the action'

const dominated = (...edits: readonly (readonly [string, string])[]) =>
  warnings([['cost: 10', 'cost: 0.0000001'], ...edits]).filter((line) => line.includes('never the cheapest'))

describe('an action that is never the cheapest', () => {
  it('costs as much as another, or more, in each state', () => {
    expect(dominated(third('call', 'copilot', 60, 1))).toEqual([`8:30 ${NEVER_BY_WAIT}`])
    expect(dominated(third('call', 'copilot', 50, 1))).toHaveLength(1)
    expect(dominated(third('call', 'copilot', 40, 1))).toEqual([])
  })

  it('costs the same as one before it', () => {
    expect(dominated(third('call', 'copilot', 50, 0))).toEqual([`8:30 ${NEVER_BY_WAIT}`])
  })

  it('lies above what others cost between them', () => {
    // Half of each costs 25 and 50.
    expect(dominated(third('call', 'copilot', 26, 51))).toEqual([
      '8:30 `call` is never the cheapest: whatever is believed, `send` or `wait` costs less; mend a loss, or remove the action',
    ])
    expect(dominated(third('call', 'copilot', 24, 51))).toEqual([])
    expect(dominated(third('call', 'copilot', 25, 50))).toEqual([])
  })

  it('is found where losses are shares of the same fact', () => {
    const losses = [send('0', '0.02 * account.arr'), wait('account.arr / 100', '0')]
    expect(
      dominated(...losses, third('call', 'copilot', '0.006 * account.arr', '2 * 0.006 * account.arr')),
    ).toHaveLength(1)
    expect(dominated(...losses, third('call', 'copilot', '0.004 * account.arr', '0.01 * account.arr'))).toEqual([])
    expect(dominated(...losses, third('call', 'copilot', '0.02 * account.arr + 3', '5'))).toEqual([
      `8:30 ${NEVER_BY_WAIT}`,
    ])
  })

  it.each<[what: string, ...edits: (readonly [string, string])[]]>([
    ['shares of another fact', third('call', 'copilot', '0.02 * account.seats', '0.01 * account.seats')],
    ['something that may be negative', third('call', 'copilot', '50 + (account.arr - account.seats)', 1)],
    ['only for people', third('call', 'off_limits', 60, 1)],
    ['above one that fails for its sign', wait('50 - account.arr', '0'), third('call', 'copilot', 60, 1)],
  ])('is not one with losses that are %s', (_what, ...edits) => {
    expect(dominated(...edits)).toEqual([])
  })

  it('may be one that is left when the others are vetoed, or dear', () => {
    const call = third('call', 'copilot', 60, 1)
    expect(dominated(call, rulesThat('no: account.vip -> veto: [wait]'))).toEqual([])
    expect(dominated(call, rulesThat('dear: account.vip -> addLoss: { wait: { well: 20 } }'))).toEqual([])
    expect(dominated(call, rulesThat('cheap: account.vip -> addLoss: { call: { well: 0 - account.arr } }'))).toEqual([])
    expect(dominated(call, rulesThat('dear: account.vip -> addLoss: { call: { well: 5 } }'))).toHaveLength(1)
  })
})

describe('a loss that is never above 0', () => {
  const words = 'is never above 0, and with one below 0 an action is not permitted'
  const told = (...edits: readonly (readonly [string, string])[]) =>
    warnings(edits).filter((line) => line.includes('is never above 0'))

  it('is a number with the wrong sign, or such a share of what costs are shares of', () => {
    expect(told(wait('0 - 5', '0'))).toEqual([
      `7:47 the loss of \`wait\` in \`well\` ${words}; write what it costs more than the best action, or 0`,
    ])
    expect(told(send('0', '0.02 * account.arr'), wait('-0.01 * account.arr', '0'))).toHaveLength(1)
    expect(told(send('0', '0.02 * account.arr'), wait('-0.01 * account.arr - 3', '0'))).toHaveLength(1)
  })

  it('is none that may be above 0', () => {
    expect(told(wait('-0.01 * account.arr', '0'))).toEqual([])
    expect(told(send('0', '0.02 * account.arr'), wait('5 - 0.01 * account.arr', '0'))).toEqual([])
    expect(told(wait('0', '0 * account.arr'))).toEqual([])
    const raised = rulesThat('dear: true -> addLoss: { wait: { well: 9 } }')
    expect(told(wait('0 - 5', '0'), raised)).toEqual([])
  })
})

const loss = fc.integer({ min: 0, max: 9 })
const table = fc
  .tuple(fc.integer({ min: 2, max: 5 }), fc.integer({ min: 2, max: 4 }))
  .chain(([actions, states]) =>
    fc.array(fc.array(loss, { minLength: states, maxLength: states }), { minLength: actions, maxLength: actions }),
  )

function decisionOf(losses: readonly (readonly number[])[]): string {
  const states = (losses[0] ?? []).map((_, s) => `s${s}: { prior: ${1 / (losses[0]?.length ?? 1)} }`)
  const claims = states.map((_, s) => `c${s}: { pointsAt: [s${s}] }`)
  const actions = losses.map(
    (row, a) => `  a${a}: { autonomy: autonomous, loss: { ${row.map((each, s) => `s${s}: ${each}`).join(', ')} } }`,
  )
  return `decision: d\nstates: { ${states.join(', ')} }\nclaims: { ${claims.join(', ')} }\nactions:\n${actions.join('\n')}\nreview: { cost: 0, queue: q }\n`
}

test('an action is called never the cheapest just when no belief makes it so', () => {
  fc.assert(
    fc.property(table, (losses) => {
      const found = warnings([[SOUND, decisionOf(losses)]]).filter((line) => line.includes('never the cheapest'))
      losses.forEach((own, a) => {
        // The belief at which it is furthest below the others, if it is.
        const others = losses.filter((_, b) => b !== a)
        const rows = others.map((other, b) => [
          1,
          -1,
          ...own.map((value, s) => value - (other[s] as number)),
          ...others.map((_, c) => (b === c ? 1 : 0)),
        ])
        const sum = [0, 0, ...own.map(() => 1), ...others.map(() => 0)]
        const best = maximise(
          [1, -1, ...own.map(() => 0), ...others.map(() => 0)],
          [...rows, sum],
          [...others.map(() => 0), 1],
        )
        const isFound = found.some((line) => line.includes(`\`a${a}\` is never`))
        if ((best?.value ?? 0) > 1e-6) expect(isFound).toBe(false)
        if ((best?.value ?? 0) < -1e-6) expect(isFound).toBe(true)
      })
    }),
    { numRuns: 200 },
  )
}, 60_000)

describe('a review cost', () => {
  const cost = (amount: string): readonly [string, string] => ['cost: 10', `cost: ${amount}`]
  const asked = (...edits: readonly (readonly [string, string])[]) =>
    warnings(edits).filter((line) => line.includes('person'))

  it('above what any doubt costs asks nobody', () => {
    // At one third for `ill` either action costs 33.33.
    expect(asked(cost('33'))).toEqual([])
    expect(asked(cost('34'))).toEqual([
      '8:17 no doubt ever reaches a person: a mistake costs 33.3 on average at most, and asking costs 34; lower the cost if that is not meant',
    ])
  })

  it('below what every doubt costs asks always', () => {
    expect(asked(cost('0'))).toEqual([
      '8:17 every answer goes to a person: a mistake costs 0.456 on average at least, whatever agents say, and asking costs 0; raise the cost if that is not meant',
    ])
    expect(asked(cost('0.4'))).toHaveLength(1)
    expect(asked(cost('0.5'))).toEqual([])
  })

  it('is judged by what rules may add', () => {
    const dear = rulesThat('dear: account.vip -> addLoss: { wait: { well: 20 } }')
    // Now either costs 41.18 at 0.41 for `ill`.
    expect(asked(cost('41'), dear)).toEqual([])
    expect(asked(cost('42'), dear)).toHaveLength(1)
    const byAgents = rulesThat('dear: account.vip -> addLoss: { wait: { well: size(signals) } }')
    expect(asked(cost('1000'), byAgents)).toEqual([])
    const perSignal = dear.map((text) => text.replace('id: dear', 'id: dear\n    forEach: signal')) as [string, string]
    expect(asked(cost('1000'), perSignal)).toEqual([])
  })

  it('is judged for whatever vetoes leave', () => {
    expect(asked(cost('34'), rulesThat('no: account.vip -> veto: [wait]'))).toHaveLength(1)
    const call = third('call', 'copilot', 20, 20)
    expect(asked(cost('21'), call)).toHaveLength(1)
    // Without the call the others are as dear as before.
    const veto = rulesThat('no: account.vip -> veto: [call]')
    expect(asked(cost('21'), call, veto)).toEqual([])
    expect(asked(cost('0'), call, veto)).toEqual([
      '9:17 every answer goes to a person: a mistake costs 0.456 on average at least, whatever agents say, and asking costs 0; raise the cost if that is not meant',
    ])
    // Of one action alone there is no doubt.
    expect(asked(cost('0'), rulesThat('no: account.vip -> veto: [wait]'))).toEqual([
      '8:17 every doubt goes to a person, however small: a mistake costs 0.456 on average at least, whatever agents say, and asking costs 0; raise the cost if that is not meant',
    ])
  })

  describe('of losses that depend on facts', () => {
    const shares = [send('0', '0.002 * account.arr'), wait('0.001 * account.arr', '0')]
    const cases = (...arrs: readonly (number | null)[]) => {
      const decision = loadRuleset([{ path: 'd.yaml', text: SOUND }]).ruleset?.decisions.get('d')
      if (decision === undefined) return expect.unreachable()
      return arrs.map((arr) => ({ decision, facts: arr === null ? {} : { arr }, signals: [] }))
    }

    it('is judged by the cases', () => {
      const found = (arrs: readonly (number | null)[], amount = '10') =>
        warnings([...shares, cost(amount)], { cases: cases(...arrs) })
      expect(found([1000, 2000, 3000, null])).toEqual([
        '8:17 no doubt ever reaches a person: a mistake costs 2 on average at most, in each of the 3 cases of its tests, and asking costs 10; lower the cost if that is not meant',
      ])
      expect(found([1000, 2000, 30_000])).toEqual([])
      expect(found([1000, 2000, 2000])).toEqual([])
      expect(found([1000, 2000, 3000], '0')).toHaveLength(1)
    })
  })

  test('lies between what doubt can cost', () => {
    const agents = ['x', 'y', 'z'].map((name) => [name, agent(name, { kind: 'k' })] as const)
    const signals = fc.array(
      fc.record({
        agent: fc.constantFrom('x', 'y', 'z'),
        claim: fc.constantFrom('c0', 'c1'),
        confidence: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(table, signals, (losses, said) => {
        const decision = loadRuleset([{ path: 'd.yaml', text: decisionOf(losses) }]).ruleset?.decisions.get('d')
        if (decision === undefined) return expect.unreachable()
        const { regret } = adjudicate(decision, {
          account: 'a',
          now: NOW,
          draw: 0,
          facts: {},
          signals: said.map((each, i) => ({
            ...each,
            sequence: i,
            id: `${i}`,
            score: null,
            observedAt: NOW - i,
            expiresAt: null,
          })),
          agents: new Map(agents),
          proposal: null,
          ruling: null,
        })
        expect(regret).toBeLessThanOrEqual(mostRegret(losses) + 1e-9)
        expect(regret).toBeGreaterThanOrEqual(leastRegret(losses, decision) - 1e-9)
      }),
      { numRuns: 300 },
    )
  }, 60_000)
})

describe('maximise', () => {
  it('finds the most of a linear objective', () => {
    // 3x + 5y with x ≤ 4, 2y ≤ 12, 3x + 2y ≤ 18: the first example of Hillier & Lieberman.
    const rows = [
      [1, 0, 1, 0, 0],
      [0, 2, 0, 1, 0],
      [3, 2, 0, 0, 1],
    ]
    const best = maximise([3, 5, 0, 0, 0], rows, [4, 12, 18])
    expect(best?.value).toBeCloseTo(36, 9)
    expect(best?.x.slice(0, 2).map((value) => Number(value.toFixed(9)))).toEqual([2, 6])
  })

  it('says where there is nothing to find', () => {
    expect(maximise([1], [[1], [1]], [1, 2])).toBeNull()
    expect(maximise([1], [[1]], [-1])).toBeNull()
  })

  it('takes rows that say the same', () => {
    expect(
      maximise(
        [1, 1],
        [
          [1, 1],
          [2, 2],
          [-1, -1],
        ],
        [3, 6, -3],
      )?.value,
    ).toBeCloseTo(3, 9)
  })
})
