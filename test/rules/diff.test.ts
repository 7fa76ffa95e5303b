import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { diffRulesets } from '../../src/core/rules/diff.ts'
import { formatProblem, loadRuleset, type Ruleset, rulesetFromContent } from '../../src/core/rules/load.ts'
import { RULES } from './ruleset.ts'

const FILES: Readonly<Record<string, string>> = {
  '_all.yaml': `
facts: { flags: { type: list<string>, default: [] } }
rules:
  - id: crisis
    when: '"crisis" in account.flags'
    then: { autonomyCap: { '#customer_facing': off_limits }, because: One person speaks }
`,
  'outreach.yaml': `
decision: outreach
description: May we write?
facts: { arr: number, flags: { type: list<string>, default: [] } }
states:
  healthy: { prior: 0.8, description: All is well }
  at_risk: { prior: 0.2 }
claims:
  churn_risk: { pointsAt: [at_risk], halfLife: P14D }
  healthy: { pointsAt: [healthy] }
actions:
  send: { autonomy: supervised, tags: [customer_facing], loss: { healthy: 0, at_risk: 0.002 * account.arr } }
  wait: { autonomy: autonomous, loss: { healthy: 12, at_risk: 0 } }
review: { cost: 40, queue: csm, due: PT8H }
rules:
  - id: dispute
    when: '"dispute" in account.flags'
    then: { veto: [send], because: Nobody sells in a dispute }
  - id: stale
    forEach: signal
    when: signal.ageHours > 72
    then: { weight: 0.3, because: Scores go stale }
`,
  'agents.yaml': `
agents:
  radar: { kind: churn_agent, trust: 1 }
  pulse: { kind: health_model, scale: [[0, 0.02], [100, 0.97]] }
`,
  'queues.yaml': `
queues:
  csm: { due: PT8H, notify: [{ slack: https://hooks.slack.com/services/secret }] }
reasons: { agreed: It is right }
`,
}

function load(files: Readonly<Record<string, string>>): Ruleset {
  const { ruleset, problems } = loadRuleset(Object.entries(files).map(([path, text]) => ({ path, text })))
  if (ruleset === null) throw new Error(problems.map(formatProblem).join('\n'))
  return ruleset
}

const BASE = load(FILES)

/** What is otherwise once some text of a file is replaced. */
function changed(file: string, ...replacements: readonly (readonly [string, string])[]) {
  let text = FILES[file] ?? ''
  for (const [from, to] of replacements) {
    expect(text).toContain(from)
    text = text.replace(from, to)
  }
  return diffRulesets(BASE, load({ ...FILES, [file]: text }))
}
const texts = (...args: Parameters<typeof changed>) => changed(...args).map(({ text }) => text)

describe('two rulesets that mean the same', () => {
  it.each([
    ['0.002 * account.arr', '(account.arr * 0.0020)'],
    [`'"dispute" in account.flags'`, `'("dispute") in account["flags"]'`],
    ['loss: { healthy: 12', 'loss: { healthy: 3 * 4'],
  ])('may write an expression in another way: %s, %s', (one, other) => {
    expect(changed('outreach.yaml', [one, other])).toEqual([])
  })

  it('may put conditions in another order', () => {
    const when = (text: string) => {
      const file = (FILES['outreach.yaml'] ?? '').replace('signal.ageHours > 72', `'${text}'`)
      return load({ ...FILES, 'outreach.yaml': file })
    }
    const first = when('signal.ageHours > 72 && (account.arr > 5 && signal.claim == "x")')
    expect(diffRulesets(first, when('"x" == signal.claim && account.arr > 5.0 && signal.ageHours > 72'))).toEqual([])
    expect(diffRulesets(first, when('"x" == signal.claim || account.arr > 5.0 && signal.ageHours > 72'))).toHaveLength(
      1,
    )
    expect(diffRulesets(first, when('"x" == signal.claim && account.arr < 5.0 && signal.ageHours > 72'))).toHaveLength(
      1,
    )
  })

  it('have no differences', () => {
    expect(diffRulesets(RULES, RULES)).toEqual([])
    expect(diffRulesets(BASE, rulesetFromContent(BASE.content))).toEqual([])
  })

  it('may differ in comments, layout, descriptions and names of files', () => {
    const { 'outreach.yaml': outreach = '', ...others } = FILES
    const rewritten = stringify({ ...parse(outreach), description: 'Another' })
      .replace('0.002 * account.arr', '0.002\n        * account.arr')
      .replace('All is well', 'Fine')
    expect(diffRulesets(BASE, load({ ...others, 'mail.yaml': `# A comment\n${rewritten}` }))).toEqual([])
  })

  it.each([
    ['outreach.yaml', 'review: {', 'dependence: 0.75\nvalidFor: PT60M\nadjudicateOn: []\nreview: { holdsFor: P1W,'],
    ['outreach.yaml', 'due: PT8H', 'due: PT480M'],
    ['outreach.yaml', 'arr: number', 'arr: { type: number }'],
    ['outreach.yaml', 'veto: [send]', 'veto: [send, send]'],
    ['agents.yaml', 'kind: churn_agent, trust: 1', 'kind: churn_agent, mode: live, defaultConfidence: 0.75'],
    ['agents.yaml', 'agents:', 'unknown: { mode: shadow }\nagents:'],
    ['queues.yaml', 'due: PT8H,', 'due: PT8H, lease: PT15M, onExpiry: keep, blind: false,'],
  ])('may write out defaults, or one length in another way: %s', (file, from, to) => {
    expect(texts(file, [from, to])).toEqual([])
  })

  it('may have an empty file or none', () => {
    const { 'agents.yaml': _agents, ...rest } = FILES
    const empty = 'agents: {}\n'
    expect(diffRulesets(load(rest), load({ ...rest, 'agents.yaml': empty }))).toEqual([])
  })
})

describe('what is said of a change', () => {
  it.each([
    ['outreach.yaml', 'loss: { healthy: 12', 'loss: { healthy: 15', 'outreach: action wait: loss when healthy 12 → 15'],
    [
      'outreach.yaml',
      '0.002 * account.arr',
      '0.003 * account.arr',
      'outreach: action send: loss when at_risk `0.002 * account.arr` → `0.003 * account.arr`',
    ],
    [
      'outreach.yaml',
      'autonomy: supervised',
      'autonomy: copilot',
      'outreach: action send: autonomy supervised → copilot',
    ],
    ['outreach.yaml', 'cost: 40', 'cost: 60', 'outreach: review cost 40 → 60'],
    ['outreach.yaml', 'review: {', 'review: { sampleRate: 0.2,', 'outreach: review sample rate 0.1 → 0.2'],
    ['outreach.yaml', 'review: {', 'review: { holdsFor: P14D,', 'outreach: review holds for P7D → P14D'],
    ['outreach.yaml', 'review: {', 'dependence: 0.5\nreview: {', 'outreach: dependence 0.75 → 0.5'],
    ['outreach.yaml', 'review: {', 'validFor: P1D\nreview: {', 'outreach: valid for PT1H → P1D'],
    ['outreach.yaml', 'halfLife: P14D', 'halfLife: P30D', 'outreach: claim churn_risk: half life P14D → P30D'],
    ['outreach.yaml', ', halfLife: P14D', '', 'outreach: claim churn_risk: half life P14D → none'],
    [
      'outreach.yaml',
      'pointsAt: [at_risk]',
      'pointsAt: [healthy]',
      'outreach: claim churn_risk: points at at_risk → healthy',
    ],
    ['outreach.yaml', 'arr: number', 'arr: { type: number, default: 0 }', 'outreach: fact arr: default none → 0'],
    [
      'outreach.yaml',
      '> 72',
      '> 48',
      'outreach: rule stale: condition `signal.ageHours > 72` → `signal.ageHours > 48`',
    ],
    ['outreach.yaml', 'weight: 0.3', 'weight: 0.5', 'outreach: rule stale: weight 0.3 → 0.5'],
    [
      'outreach.yaml',
      'veto: [send]',
      'veto: [send], escalate: { priority: 5 }',
      'outreach: rule dispute: escalate none → priority 5',
    ],
    [
      'outreach.yaml',
      'veto: [send]',
      'veto: [send], escalate: {}',
      'outreach: rule dispute: escalate none → as `review` says',
    ],
    [
      'outreach.yaml',
      'veto: [send]',
      'veto: [send], addLoss: { send: { at_risk: 9 } }',
      'outreach: rule dispute: added loss none → send at_risk 9',
    ],
    ['outreach.yaml', 'veto: [send]', 'veto: [send], tag: late', 'outreach: rule dispute: tag none → late'],
    [
      '_all.yaml',
      'off_limits',
      'copilot',
      'every decision: rule crisis: autonomy cap of #customer_facing off_limits → copilot',
    ],
    ['agents.yaml', 'trust: 1', 'trust: 0.8', 'agents: agent radar: trust 1 → 0.8'],
    ['agents.yaml', 'kind: health_model', 'kind: health_model, mode: muted', 'agents: agent pulse: mode live → muted'],
    [
      'agents.yaml',
      '[100, 0.97]',
      '[100, 0.9]',
      'agents: agent pulse: scale [0, 0.02], [100, 0.97] → [0, 0.02], [100, 0.9]',
    ],
    [
      'agents.yaml',
      'agents:',
      'unknown: { mode: live }\nagents:',
      'agents: agents that are not listed: mode shadow → live',
    ],
    ['queues.yaml', 'due: PT8H', 'due: PT4H', 'queues: queue csm: due PT8H → PT4H'],
    [
      'queues.yaml',
      'due: PT8H',
      'onExpiry: fallback',
      'queues: queue csm: due PT8H → P1D',
      'queues: queue csm: on expiry keep → fallback',
    ],
  ])('%s, %s: %s', (file, from, to, ...said) => {
    expect(texts(file, [from, to])).toEqual(said)
  })

  it('names what is new with all that it says, and what is gone', () => {
    const rule = `
  - id: old
    when: account.arr > 5
    then: { veto: [wait], escalate: { queue: csm, due: PT1H }, because: They wait too long }`
    expect(texts('outreach.yaml', ['rules:', `rules:${rule}`])).toEqual([
      'outreach: rule old added: condition `account.arr > 5`, veto wait, escalate queue csm, escalate due PT1H',
    ])
    expect(texts('agents.yaml', ['  radar: { kind: churn_agent, trust: 1 }\n', ''])).toEqual([
      'agents: agent radar removed',
    ])
    expect(texts('agents.yaml', ['  radar:', '  scout: { trust: 0.5 }\n  radar:'])).toEqual([
      'agents: agent scout added: trust 0.5',
    ])
  })

  it('names decisions that are new or gone', () => {
    const { 'outreach.yaml': outreach = '', ...others } = FILES
    const next = load({ ...others, 'outreach.yaml': outreach.replace('decision: outreach', 'decision: mail') })
    expect(diffRulesets(BASE, next)).toMatchObject([
      {
        about: 'mail',
        kind: 'added',
        path: '',
        text: 'mail: decision added: states healthy and at_risk, actions send and wait',
      },
      { about: 'outreach', kind: 'removed', path: '', text: 'outreach: decision removed' },
    ])
  })

  it('counts the order of rules and actions, but not of what is new among them', () => {
    const swapped = parse(FILES['outreach.yaml'] ?? '')
    swapped.rules.reverse()
    swapped.rules.unshift(parse('{ id: first, when: true, then: { tag: x, because: First } }'))
    swapped.actions = { wait: swapped.actions.wait, send: swapped.actions.send }
    const said = diffRulesets(BASE, load({ ...FILES, 'outreach.yaml': stringify(swapped) }))
    expect(said.map(({ text }) => text)).toEqual([
      'outreach: actions in another order: send, wait → wait, send',
      'outreach: rule first added: condition true, tag x',
      'outreach: rules in another order: dispute, stale → stale, dispute',
    ])
    expect(said[2]).toMatchObject({ kind: 'changed', path: 'rules.order', from: ['dispute', 'stale'] })
  })

  it('marks as reworded what only reads otherwise', () => {
    expect(changed('outreach.yaml', ['Nobody sells in a dispute', 'No sales in a dispute'])).toMatchObject([
      {
        kind: 'reworded',
        path: 'rules.dispute.then.because',
        text: 'outreach: rule dispute: now says `No sales in a dispute`, no longer `Nobody sells in a dispute`',
      },
    ])
    expect(changed('queues.yaml', ['It is right', 'Right'])).toMatchObject([
      { kind: 'reworded', path: 'reasons.agreed' },
    ])
    expect(changed('queues.yaml', ['It is right }', 'It is right, late: Too late }'])).toMatchObject([
      { kind: 'added', text: 'queues: reason late added: `Too late`' },
    ])
  })

  it('gives programs what was written', () => {
    expect(changed('outreach.yaml', ['prior: 0.8', 'prior: 0.75'], ['prior: 0.2', 'prior: 0.25'])).toEqual([
      {
        about: 'outreach',
        kind: 'changed',
        path: 'states.healthy.prior',
        from: 0.8,
        to: 0.75,
        what: 'state healthy: prior 0.8 → 0.75',
        text: 'outreach: state healthy: prior 0.8 → 0.75',
      },
      expect.objectContaining({ path: 'states.at_risk.prior', from: 0.2, to: 0.25 }),
    ])
    expect(changed('outreach.yaml', ['cost: 40', 'cost: 40, holdsFor: PT36H'])).toMatchObject([
      { from: 'P7D', to: 'PT36H' },
    ])
  })

  it('tells no address of a target, nor any part of one', () => {
    const moved = changed('queues.yaml', ['services/secret', 'services/other'])
    expect(moved).toMatchObject([
      { path: 'queues.csm.notify.1.slack', text: 'queues: queue csm, target 1: slack changed' },
    ])
    const added = changed('queues.yaml', [
      'queues:',
      'notify: [{ webhook: https://x.example.com/secret, secretFrom: KEY }]\nqueues:\n  new: { notify: [{ slack: https://y.example.com/secret }] }',
    ])
    expect(added.map(({ kind }) => kind)).toEqual(['added', 'added'])
    const removed = diffRulesets(BASE, load({ 'outreach.yaml': FILES['outreach.yaml'] ?? '' }))
    expect(JSON.stringify([moved, added, removed])).not.toMatch(/services|example\.com/)
  })
})

it('tells a decision from a file of that name', () => {
  const named = (FILES['outreach.yaml'] ?? '').replace('decision: outreach', 'decision: agents')
  const said = diffRulesets(BASE, load({ ...FILES, 'agents-decision.yaml': named }))
  expect(said).toMatchObject([{ about: 'agents', kind: 'added', path: '' }])
})

describe('another name', () => {
  it('of a rule is one, whatever rules there are', () => {
    expect(changed('outreach.yaml', ['id: dispute', 'id: no-dispute'])).toEqual([
      {
        about: 'outreach',
        kind: 'reworded',
        path: 'rules.dispute',
        from: 'dispute',
        to: 'no-dispute',
        what: 'rule dispute: called no-dispute now',
        text: 'outreach: rule dispute: called no-dispute now',
      },
    ])
  })

  it('of an action is one, with what names it', () => {
    expect(texts('outreach.yaml', ['  wait:', '  rest:'])).toEqual(['outreach: action wait: called rest now'])
    expect(texts('outreach.yaml', ['  send:', '  mail:'], ['veto: [send]', 'veto: [mail]'])).toEqual([
      'outreach: action send: called mail now',
      'outreach: rule dispute: veto send → mail',
    ])
  })

  it('is another thing where more than the name is otherwise', () => {
    const found = changed('outreach.yaml', ['id: dispute', 'id: no-dispute'], ['veto: [send]', 'veto: [wait]'])
    expect(found.map(({ kind }) => kind)).toEqual(['removed', 'added'])
  })

  it('of an agent is another agent', () => {
    const found = changed('agents.yaml', ['  radar:', '  sonar:'])
    expect(found.map(({ kind }) => kind)).toEqual(['removed', 'added'])
  })
})
