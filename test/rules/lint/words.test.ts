import { describe, expect, it } from 'vitest'
import { loadRuleset } from '../../../src/core/rules/load.ts'
import { rules, SOUND, warnings } from './warnings.ts'

const THREE: readonly [string, string] = [
  'well: { prior: 0.8 }, ill: { prior: 0.2 }',
  'well: { prior: 0.6 }, ill: { prior: 0.2 }, gone: { prior: 0.2 }',
]
const LOSSES: readonly (readonly [string, string])[] = [
  ['well: 0, ill: 100', 'well: 0, ill: 100, gone: 100'],
  ['well: 50, ill: 0', 'well: 50, ill: 0, gone: 0'],
]
const claims = (text: string): readonly [string, string] => [
  'claims: { risk: { pointsAt: [ill] }, fine: { pointsAt: [well] } }',
  `claims: ${text}`,
]

describe('states', () => {
  it('that no claim points at are told', () => {
    expect(warnings([THREE, ...LOSSES])).toEqual([
      '3:54 no claim points at `gone`, so agents speak for it only by denying the others; add a claim that does',
    ])
  })

  it('that nothing tells apart are told, once', () => {
    expect(warnings([THREE, ...LOSSES, claims('{ risk: { pointsAt: [ill, gone] } }')])).toEqual([
      '3:54 no claim tells `gone` from `ill`; let one point at only one of them, or make them one state',
    ])
    expect(warnings([THREE, ...LOSSES, claims('{ fine: { pointsAt: [well] } }')])).toHaveLength(1)
  })

  it('are fine where a low probability speaks for them', () => {
    expect(warnings([claims('{ risk: { pointsAt: [ill] } }')])).toEqual([])
    expect(
      warnings([THREE, ...LOSSES, claims('{ risk: { pointsAt: [ill, gone] }, left: { pointsAt: [gone] } }')]),
    ).toEqual([])
  })

  it('need a claim at all', () => {
    expect(warnings([claims('{}')])).toEqual([
      '4:1 no claims, so nothing that agents say changes the answer; add what they say, and what it points at',
    ])
  })
})

describe('claims', () => {
  it('that nobody ever sent are told, with what was meant', () => {
    expect(warnings([], { claims: new Set(['fines', 'x']) })).toEqual([
      '4:11 no agent has ever sent `risk`; remove it, or ask whether its agent is connected',
      '4:38 no agent has ever sent `fine`; did you mean `fines`?',
    ])
  })

  it('are fine that a case sends, and where nothing is known', () => {
    const decision = loadRuleset([{ path: 'd.yaml', text: SOUND }]).ruleset?.decisions.get('d')
    if (decision === undefined) return expect.unreachable()
    const signal = { sequence: 1, id: 's', agent: 'a', confidence: 0.5, score: null, observedAt: 0, expiresAt: null }
    const one = { decision, facts: {}, signals: [{ ...signal, claim: 'risk' }] }
    expect(warnings([], { claims: new Set(['fine']), cases: [one] })).toEqual([])
    expect(warnings([], { claims: null })).toEqual([])
  })
})

describe('facts that no account has', () => {
  const facts = new Set(['arr', 'seat', 'segment', 'vip', 'flags', 'since'])
  it('are told where they are declared', () => {
    expect(warnings([], { facts })).toEqual(['2:23 no account has a fact `seats`; did you mean `seat`?'])
    expect(warnings([], { facts: null })).toEqual([])
  })

  it('are told where they are read, if none are declared', () => {
    const text = `decision: e
states: { well: { prior: 0.8 }, ill: { prior: 0.2 } }
claims: { risk: { pointsAt: [ill] } }
actions:
  send: { autonomy: supervised, loss: { well: 0, ill: 0.2 * account.money } }
  wait: { autonomy: autonomous, loss: { well: 5, ill: 0 } }
review: { cost: 1, queue: csm }
rules: [{ id: r, when: account.vipp && account.arr > 3, then: { tag: x, because: y } }]
`
    expect(warnings([], { facts: new Set([...facts, 'seats']), files: { 'e.yaml': text } })).toEqual([
      'e.yaml:5:55 no account has a fact `money`; send it, or remove what reads it',
      'e.yaml:8:24 no account has a fact `vipp`; did you mean `vip`?',
    ])
  })

  it('may be any that is read by a computed name', () => {
    const text = `decision: e
states: { well: { prior: 0.8 }, ill: { prior: 0.2 } }
claims: { risk: { pointsAt: [ill] } }
actions:
  send: { autonomy: supervised, loss: { well: 0, ill: 7 } }
  wait: { autonomy: autonomous, loss: { well: 5, ill: 0 } }
review: { cost: 1, queue: csm }
rules: [{ id: r, when: 'account["a" + "b"] == 3', then: { tag: x, because: y } }]
`
    expect(warnings([], { facts: new Set([...facts, 'seats']), files: { 'e.yaml': text } })).toEqual([])
  })
})

describe('agents', () => {
  it('that argue against their own claims are told', () => {
    const agents = `agents:
  low: { defaultConfidence: 0.3, confidence: support }
  half: { defaultConfidence: 0.5 }
  high: { defaultConfidence: 0.6 }
  none: {}
`
    expect(warnings([], { files: { 'agents.yaml': agents } })).toEqual([
      'agents.yaml:2:29 where `low` states no confidence its claim argues against it: it is taken for 0.3; give more than 0.5, or mute the agent',
      'agents.yaml:3:30 where `half` states no confidence its claim says nothing: it is taken for 0.5; give more than 0.5, or mute the agent',
    ])
  })
})

describe('words that conditions compare with names', () => {
  const agents = { 'agents.yaml': 'agents: { churn-radar: { kind: churn_agent }, pulse: { kind: health_model } }\n' }
  const found = (when: string, context: Parameters<typeof warnings>[1] = {}) =>
    warnings([rules(when)], { files: agents, ...context })

  it.each([
    [
      'signals.exists(s, s.claim == "rsk")',
      51,
      'no decision lists a claim `rsk` and no case sends one; did you mean `risk`?',
    ],
    [
      'signals.exists(s, "fne" != s.claim)',
      40,
      'no decision lists a claim `fne` and no case sends one; did you mean `fine`?',
    ],
    [
      'signals.filter(s, s.agent.name in ["x", "puls"]).size() > 1',
      62,
      'no agent `puls` is in `agents.yaml` or in a case; did you mean `pulse`?',
    ],
    [
      '!signals.exists(s, s.agent.kind == "churnagent")',
      57,
      'no agent in `agents.yaml` is of kind `churnagent`; did you mean `churn_agent`?',
    ],
    ['proposal != null && proposal.action == "sned"', 61, 'there is no action `sned` here; did you mean `send`?'],
    [
      'proposal != null && proposal.agent == "plse"',
      60,
      'no agent `plse` is in `agents.yaml` or in a case; did you mean `pulse`?',
    ],
  ])('are told where nearly one is meant: %s', (when, column, message) => {
    expect(found(when)).toEqual([`10:${column} ${message}`])
  })

  it('are told for each signal, and in shared rules', () => {
    const shared = "rules: [{ id: r, forEach: signal, when: signal.claim == 'rsk', then: { weight: 2, because: y } }]\n"
    expect(warnings([], { files: { '_all.yaml': shared } })).toEqual([
      '_all.yaml:1:57 no decision lists a claim `rsk` and no case sends one; did you mean `risk`?',
    ])
  })

  it.each([
    'signals.exists(s, s.claim == "risk" || s.claim == "legal_threat")',
    'account.segment == "rsk"',
    'account.flags.exists(s, s == "rsk")',
    'signals.exists(s, s.id == "rsk")',
    'proposal != null && proposal.agent in ["elsewhere"]',
  ])('are fine otherwise: %s', (when) => {
    expect(found(when)).toEqual([])
  })

  it('are fine that a case or the database has', () => {
    const decision = loadRuleset([{ path: 'd.yaml', text: SOUND }]).ruleset?.decisions.get('d')
    if (decision === undefined) return expect.unreachable()
    const signal = { sequence: 1, id: 's', claim: 'rsk', confidence: 0.5, score: null, observedAt: 0, expiresAt: null }
    const cases = [{ decision, facts: {}, signals: [{ ...signal, agent: 'puls' }] }]
    expect(found('signals.exists(s, s.claim == "rsk" && s.agent.name == "puls")', { cases })).toEqual([])
    const claims = new Set(['risk', 'fine', 'rsk'])
    expect(found('signals.exists(s, s.claim == "rsk")', { claims })).toEqual([])
  })
})

describe('agents of sources', () => {
  const source = `sources:
  crm:
    auth: { scheme: bearer, secretFrom: CRM_TOKEN }
    agents: [pulse, stranger]
    matchers: [{ name: all, account: account, signals: signals }]
`
  const warned = (agents: string) =>
    warnings([], {
      files: { 'sources.yaml': source, 'agents.yaml': `agents: { pulse: { kind: health_model } }\n${agents}` },
    })

  it('that nobody declares are told, since they move nothing', () => {
    expect(warned('')).toEqual([
      'sources.yaml:4:21 agents.yaml does not declare `stranger`, so what the source says in its name is recorded and moves nothing; declare it there',
    ])
  })

  it('are fine where agents that nobody declares are heard', () => {
    expect(warned('unknown: { mode: live, trust: 0.5 }')).toEqual([])
  })
})
