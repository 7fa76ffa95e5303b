import { describe, expect, it } from 'vitest'
import { readCase } from '../../src/cli/case.ts'
import { loadRuleset, type Ruleset } from '../../src/core/rules/load.ts'

const NOW = Date.parse('2026-11-20T09:00:00Z')

const RULES = `
decision: expansion-outreach
states: { healthy: { prior: 0.8 }, at_risk: { prior: 0.2 } }
claims: { churn_risk: { pointsAt: [at_risk] } }
actions:
  send_expansion_email: { autonomy: supervised, loss: { healthy: 0, at_risk: 2 } }
  wait: { autonomy: autonomous, loss: { healthy: 1, at_risk: 0 } }
review: { cost: 0.5, queue: csm }
`
const AGENTS = 'agents: { radar: { trust: 0.8 }, scorer: { scale: [[0, 0.1], [100, 0.9]] } }'

const ruleset = load()

function load(): Ruleset {
  const { ruleset: loaded, problems } = loadRuleset([
    { path: 'rules/expansion-outreach.yaml', text: RULES },
    { path: 'rules/agents.yaml', text: AGENTS },
  ])
  if (loaded === null) throw new Error(JSON.stringify(problems))
  return loaded
}

function read(value: unknown) {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 1)
  return readCase({ path: 'in.json', text }, ruleset, NOW)
}

const asked = { account: 'acme', decision: 'expansion-outreach' }
const radar = { agent: 'radar', claim: 'churn_risk' }

describe('a question from a file', () => {
  it('fills in what is left out', () => {
    const { decision, question } = read({ ...asked, signals: [radar] })
    expect(decision.name).toBe('expansion-outreach')
    expect(question).toMatchObject({ account: 'acme', now: NOW, draw: 0.5, facts: {}, proposal: null })
    expect(question.signals).toEqual([
      {
        sequence: 1,
        id: 'signal-1',
        agent: 'radar',
        claim: 'churn_risk',
        confidence: null,
        score: null,
        observedAt: NOW,
        expiresAt: null,
      },
    ])
  })

  it('takes the time, the draw and the facts that it is given', () => {
    const { question } = read({ ...asked, now: '2026-01-02T03:04:05Z', draw: 0.25, facts: { arr: 5 } })
    expect(question).toMatchObject({ now: Date.parse('2026-01-02T03:04:05Z'), draw: 0.25, facts: { arr: 5 } })
  })

  it('takes the body of POST /v1/adjudications as it is', () => {
    const signal = {
      ...radar,
      id: 's1',
      account: 'acme',
      confidence: 0.8,
      agentVersion: '1',
      recommends: 'wait',
      evidence: [{ label: 'Logins down' }],
      attributes: { a: 1 },
      observedAt: '2026-11-19T09:00:00Z',
      expiresAt: null,
    }
    expect(read({ ...asked, signals: [signal] }).question.signals[0]).toMatchObject({ id: 's1', confidence: 0.8 })
  })

  it('takes YAML as well', () => {
    expect(read('account: acme\ndecision: expansion-outreach\nfacts: { arr: 5 }\n').question.facts).toEqual({ arr: 5 })
  })

  it('lets what it says of agents win over agents.yaml, and knows the proposing one', () => {
    const agents = { radar: { mode: 'shadow', trust: 0.1 } }
    const proposal = { agent: 'copilot-7', action: 'wait' }
    const { question } = read({ ...asked, agents, proposal, signals: [radar] })
    expect(question.agents.get('radar')).toMatchObject({ mode: 'shadow', trust: 0.1 })
    expect(question.agents.get('copilot-7')).toMatchObject({ mode: 'shadow' })
  })
})

describe('a question that can not be read', () => {
  it('is told in words of JSON, once', () => {
    expect(() => read('{"account": "acme"\n\t"decision": @}\n}')).toThrow(
      /^the question can't be read; mend this:\nin\.json:2:2 error: not JSON: (?!.*(YAML|flow))/,
    )
  })

  it.each([
    ['nothing at all', '', 'in.json:1:1 error: the question is empty'],
    ['half of an object', '{"account": "acme"', 'in.json:1:19 error: not JSON: a comma, quotation mark or bracket is'],
    ['a comma too few', '{"account": "acme"\n "decision": "x"}', 'in.json:2:2 error: not JSON: a comma, '],
    ['a comma too many', '{"account": "acme",, "decision": "x"}', 'in.json:1:20 error: not JSON: a comma, '],
    ['a key too many', '{"account": "acme", "account": "x"}', 'in.json:1:21 error: the key `account` is given twice'],
    ['no object', '[]', 'the question must be an object, not a list'],
    ['a text', 'account acme', 'the question must be an object, not `account acme`'],
    ['an unknown field', { ...asked, fcats: {} }, 'unknown key `fcats`; did you mean `facts`?'],
    ['no account', { decision: asked.decision }, '`account` is missing'],
    ['an unknown decision', { ...asked, decision: 'expansion-outraech' }, 'did you mean `expansion-outreach`?'],
    [
      'certainty beyond certainty',
      { ...asked, signals: [{ ...radar, confidence: 1.2 }] },
      '`confidence` must be at most 1',
    ],
    ['an escape sequence as a name', { ...asked, account: 'a\u001b[31m' }, 'none of them invisible'],
    ['a draw of 1', { ...asked, draw: 1 }, '`draw` must be less than 1'],
    ['a time that is none', { ...asked, now: 'noon' }, '`noon` is no time'],
    [
      'an unknown action',
      { ...asked, proposal: { agent: 'x', action: 'wiat' } },
      'no action `wiat`; did you mean `wait`?',
    ],
    [
      'confidence and score',
      { ...asked, signals: [{ agent: 'scorer', claim: 'c', confidence: 0.5, score: 1 }] },
      'beside `confidence`',
    ],
    ['a score without a scale', { ...asked, signals: [{ ...radar, score: 1 }] }, 'agent `radar` has no scale'],
    [
      'a signal of tomorrow',
      { ...asked, signals: [{ ...radar, observedAt: '2026-11-21' }] },
      '`observedAt` lies ahead of now',
    ],
    [
      'an end before the beginning',
      { ...asked, signals: [{ ...radar, expiresAt: '2026-11-20' }] },
      '`expiresAt` must be after',
    ],
    [
      'a signal about another',
      { ...asked, signals: [{ ...radar, account: 'globex' }] },
      'is about `globex`, the question about `acme`',
    ],
    [
      'one id twice',
      {
        ...asked,
        signals: [
          { ...radar, id: 's' },
          { ...radar, id: 's' },
        ],
      },
      '`radar` has sent `s` already',
    ],
    ['a scope that is no expression', { ...asked, agents: { x: { scope: 'account.tier =' } } }, 'write `==`'],
    [
      'an agent of the wrong sort',
      { ...asked, agents: { x: { mode: 'loud' } } },
      '`mode` must be `live`, `shadow` or `muted`',
    ],
  ])('%s', (_what, input, message) => {
    expect(() => read(input)).toThrow(message)
  })

  it('names all that is wrong with it, with the place of each, from top to bottom', () => {
    const text = '{ "account": "acme",\n  "decision": "expansion-outreach",\n  "draw": 2,\n  "now": "noon" }'
    expect(() => read(text)).toThrow(
      [
        "the question can't be read; mend these 2 problems:",
        'in.json:3:11 error: `draw` must be less than 1',
        'in.json:4:10 error: `noon` is no time; write it as in `2026-11-20T09:00:00Z`',
      ].join('\n'),
    )
  })

  it('does not mistake a name of Object.prototype for an agent', () => {
    const { question } = read({ ...asked, signals: [{ agent: 'constructor', claim: 'churn_risk' }] })
    expect(question.agents.get('constructor')).toMatchObject({ mode: 'shadow', trust: 0.5 })
  })
})
