import { describe, expect, it } from 'vitest'
import { rulesThat, warnings } from './warnings.ts'

const PERMITTED = 'change when, or remove the action'

describe('an action that is never permitted', () => {
  it('has a rule that always vetoes it', () => {
    expect(warnings([rulesThat('no: account.arr > 5 || account.arr <= 5 -> veto: ["#seen"]')])).toContain(
      `6:3 \`send\` is never permitted: \`no\` always vetoes it; ${PERMITTED}`,
    )
  })

  it('has rules that together always do', () => {
    const found = warnings([
      rulesThat(
        'small: account.arr < 100 -> veto: [send]',
        'vip: account.vip -> veto: [send]',
        'large: account.arr >= 100 -> veto: [send]',
      ),
    ])
    expect(found).toEqual([
      `6:3 \`send\` is never permitted: \`small\`, \`vip\` and \`large\` together always veto it; ${PERMITTED}`,
    ])
  })

  it('is one that every account has vetoed, not one for which some signal may', () => {
    expect(warnings([rulesThat('some: account.arr < 100 -> veto: [send]')])).toEqual([])
    const perSignal = rulesThat('each: signal.confidence >= 0 -> veto: [send]').map((text) =>
      text.replace('id: each', 'id: each\n    forEach: signal'),
    ) as [string, string]
    expect(warnings([perSignal]).join()).not.toContain('never permitted')
  })
})

describe('rules that undo one another', () => {
  it('cap or make dearer what is vetoed then', () => {
    const found = warnings([
      rulesThat(
        'poor: account.arr < 100 -> veto: [send]',
        'poorest: account.arr < 50 && account.vip -> autonomyCap: { send: copilot }, addLoss: { "#seen": { ill: 5 } }',
      ),
    ])
    const words = 'is vetoed whenever this rule holds, by `poor`, so'
    expect(found).toEqual([
      `15:28 \`send\` ${words} a cap changes nothing; remove one of the two`,
      `15:56 \`#seen\` ${words} a loss changes nothing; remove one of the two`,
    ])
  })

  it('veto together what one of them caps', () => {
    const found = warnings([
      rulesThat(
        'poor: account.arr < 100 -> veto: [send]',
        'rich: account.arr > 90 -> veto: [send]',
        'vip: account.vip && account.arr > 0 -> autonomyCap: { send: copilot }',
      ),
    ])
    expect(found.join()).toContain('by `poor` and `rich`, so a cap changes nothing')
  })

  it('ask a person and leave nothing to choose', () => {
    const found = warnings([
      rulesThat(
        'crisis: "crisis" in account.flags -> veto: [send]',
        'hands-off: "crisis" in account.flags && account.vip -> veto: [wait], escalate: { queue: csm }',
      ),
    ])
    expect(found).toEqual([
      '15:27 a person is asked and every action is vetoed then, by `crisis` and `hands-off`, so there is nothing to choose; leave an action, or remove the escalation',
    ])
  })

  it.each([
    [
      'a wider cap',
      'poor: account.arr < 50 -> veto: [send]',
      'poorer: account.arr < 100 -> autonomyCap: { send: copilot }',
    ],
    [
      'another fact',
      'poor: account.arr < 50 -> veto: [send]',
      'few: account.seats < 5 -> addLoss: { send: { ill: 5 } }',
    ],
    [
      'another action',
      'poor: account.arr < 50 -> veto: [send]',
      'same: account.arr < 50 -> addLoss: { wait: { ill: 5 } }',
    ],
    ['an action that is left', 'poor: account.arr < 50 -> veto: [send]', 'same: account.arr < 50 -> escalate: {}'],
    ['a veto within a veto', 'poor: account.arr < 50 -> veto: [send]', 'poorer: account.arr < 10 -> veto: [send]'],
  ])('are not %s', (_what, ...texts) => {
    expect(warnings([rulesThat(...texts)])).toEqual([])
  })

  const SHARED = `facts: { arr: number, vip: bool }
rules:
  - { id: poor, when: account.arr < 50, then: { veto: ['#seen'], because: Why } }
  - { id: poorer, when: account.arr < 40, then: { autonomyCap: { '#seen': copilot }, because: Why } }
`
  it('in every decision that they meet', () => {
    expect(warnings([], { files: { '_all.yaml': SHARED } })).toEqual([
      '_all.yaml:4:66 `#seen` is vetoed whenever this rule holds, by `poor`, so a cap changes nothing; remove one of the two',
    ])
  })
})

describe('a cap that never lowers', () => {
  it('is as free as its action', () => {
    expect(warnings([rulesThat('vip: account.vip -> autonomyCap: { send: supervised }')])).toEqual([
      '12:28 `send` is `supervised` anyway, so the cap `supervised` never lowers it; name a stricter level, or remove the cap',
    ])
    expect(warnings([rulesThat('vip: account.vip -> autonomyCap: { "#seen": autonomous }')])).toHaveLength(1)
  })

  it('is so for all that carry a tag, whatever their levels', () => {
    const strict: [string, string] = ['wait: { autonomy: autonomous', 'wait: { tags: [seen], autonomy: off_limits']
    expect(warnings([strict, rulesThat('vip: account.vip -> autonomyCap: { "#seen": supervised }')])).toEqual([
      '12:28 all of `#seen` are at least as strict anyway, so the cap `supervised` never lowers it; name a stricter level, or remove the cap',
    ])
    expect(warnings([strict, rulesThat('vip: account.vip -> autonomyCap: { "#seen": copilot }')])).toEqual([])
  })

  it('is not one that lowers in another decision', () => {
    const shared = `rules: [{ id: c, when: account.vip, then: { autonomyCap: { '#seen': supervised }, because: y } }]\nfacts: { vip: bool }\n`
    const other = `decision: e
states: { well: { prior: 0.8 }, ill: { prior: 0.2 } }
claims: { risk: { pointsAt: [ill] } }
actions:
  call: { autonomy: autonomous, tags: [seen], loss: { well: 0, ill: 9 } }
  wait: { autonomy: autonomous, loss: { well: 5, ill: 0 } }
review: { cost: 1, queue: csm }
`
    expect(warnings([], { files: { '_all.yaml': shared } })).toHaveLength(1)
    expect(warnings([], { files: { '_all.yaml': shared, 'e.yaml': other } })).toEqual([])
  })
})
