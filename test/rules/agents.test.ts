import { describe, expect, it } from 'vitest'
import type { Facts } from '../../src/core/model.ts'
import { compileScope, loadRuleset, resolveAgent } from '../../src/core/rules/load.ts'
import { GOOD, problemsOf } from './good.ts'

const FILE = `
agents:
  churn-radar:
    kind: churn_agent
    mode: muted
    trust: 0.9
    defaultConfidence: 0.6
    confidence: support
    scale: [[0, .02], [50, .4], [100, .97]]
    scope: account.tier != "strategic"
    until: 2027-01-01
    owner: ada
  pulse: {}
unknown: { mode: muted, trust: 0.1 }
`

const load = (text: string) => loadRuleset([{ path: 'agents.yaml', text }]).ruleset?.agents ?? expect.unreachable()
const agents = load(FILE)
const scope = (tier: string) => ({ account: { tier }, signals: [], proposal: null, now: new Date(0) })

describe('an agent', () => {
  it('is what the file says', () => {
    const agent = resolveAgent('churn-radar', agents, null)
    expect(agent).toMatchObject({
      name: 'churn-radar',
      kind: 'churn_agent',
      mode: 'muted',
      trust: 0.9,
      defaultConfidence: 0.6,
      confidence: 'support',
      scale: [
        [0, 0.02],
        [50, 0.4],
        [100, 0.97],
      ],
      until: Date.UTC(2027, 0, 1),
      owner: 'ada',
    })
    expect([agent.scope?.evaluate(scope('strategic')), agent.scope?.evaluate(scope('smb'))]).toEqual([false, true])
  })

  it('has defaults where the file is silent', () => {
    expect(resolveAgent('pulse', agents, null)).toEqual({
      name: 'pulse',
      kind: 'unknown',
      mode: 'live',
      trust: 1,
      defaultConfidence: 0.75,
      confidence: 'probability',
      scale: null,
      scope: null,
      until: null,
      owner: null,
    })
  })

  it('that nobody declared is in shadow with half the trust, or as the file says', () => {
    expect(resolveAgent('nobody', load('agents: {}'), null)).toMatchObject({
      mode: 'shadow',
      trust: 0.5,
      kind: 'unknown',
    })
    expect(resolveAgent('nobody', agents, null)).toMatchObject({ mode: 'muted', trust: 0.1 })
  })

  it('that nobody declared has no field of JavaScript objects', () => {
    expect(resolveAgent('constructor', agents, null)).toMatchObject({ mode: 'muted', kind: 'unknown' })
  })

  it('is what an admin says, over the file', () => {
    const overrides = { mode: 'live', trust: 0, kind: 'x', owner: null, defaultConfidence: 0.5, scope: null } as const
    expect(resolveAgent('churn-radar', agents, overrides)).toMatchObject({
      mode: 'live',
      trust: 0,
      kind: 'x',
      owner: null,
      defaultConfidence: 0.5,
      scope: null,
      confidence: 'support',
    })
    expect(resolveAgent('nobody', agents, { mode: 'live' })).toMatchObject({ mode: 'live', trust: 0.1 })
  })

  it('whose stored scope no longer compiles is heard nowhere rather than everywhere', () => {
    const agent = resolveAgent('pulse', agents, { scope: 'account.tier ==' })
    expect(() => agent.scope?.evaluate(scope('smb'))).toThrow('the expression ends too early (at character 16)')
  })
})

describe('a scope over the API', () => {
  it('is compiled', () => {
    expect(compileScope('account.tier == "smb"', null).expression?.evaluate(scope('smb'))).toBe(true)
  })

  it.each([
    ['account.tier ==', 'the expression ends too early (at character 16)'],
    ['account.tier', null],
    ['1 + 1', 'must be true or false; it is a number (at character 1)'],
    ['signals.size() > 1', "`signals` can't be used here, only `account` and `now` (at character 1)"],
    [
      'tier == foo(1)',
      'unknown name `tier`; there are `account` and `now`; text stands in quotes, `"tier"` (at character 1); unknown function `foo` (at character 9)',
    ],
  ])('%s', (source, problem) => {
    expect(compileScope(source, null).problem).toBe(problem)
  })
})

describe('a scope where every decision declares its facts', () => {
  const agentsOf = (scope: string) => `agents:\n  pulse: { scope: '${scope}' }\n`
  const open = GOOD.replace(/^decision: .*$/m, 'decision: other').replace(/^facts:.*\n/m, '')

  it.each([
    ['account.arrr > 5', ['agents.yaml:2:28 error: unknown fact `account.arrr`; did you mean `account.arr`?']],
    ['account.shared == "x" && has(account.arr) && daysSince(account.onboardedAt) > 1', []],
    // A fact of their own, as in the example of the design: no slip of the pen.
    ['account.tier != "strategic"', []],
  ])('reads those, and none that is nearly one of them: %s', (source, problems) => {
    const all = 'facts: { shared: string }\nrules: []\n'
    expect(problemsOf({ 'd.yaml': GOOD, '_all.yaml': all, 'agents.yaml': agentsOf(source) })).toEqual(problems)
  })

  it('reads anything where one decision leaves them open', () => {
    expect(open).not.toContain('facts:')
    expect(problemsOf({ 'd.yaml': GOOD, 'o.yaml': open, 'agents.yaml': agentsOf('account.arrr > 5') })).toEqual([])
  })

  it('is not blamed for what a file that can not be read may declare', () => {
    const [problem, ...others] = problemsOf({
      'd.yaml': GOOD,
      'e.yaml': 'facts: {',
      'agents.yaml': agentsOf('account.arrr > 5'),
    })
    expect(problem).toMatch(/^e\.yaml:/)
    expect(others).toEqual([])
  })

  it('is told the same over the API', () => {
    const { ruleset } = loadRuleset([{ path: 'd.yaml', text: GOOD }])
    const { facts } = ruleset ?? expect.unreachable()
    expect(compileScope('account.arrr > 5', facts).problem).toBe(
      'unknown fact `account.arrr`; did you mean `account.arr`? (at character 9)',
    )
    const { expression } = compileScope('has(account.arr) && account.arr > 5', facts)
    const holds = (account: Facts) => expression?.evaluate({ ...scope('smb'), account })
    expect([holds({ arr: 6 }), holds({ arr: 5 }), holds({})]).toEqual([true, false, false])
    expect(() => compileScope('account.arr > 5', facts).expression?.evaluate(scope('smb'))).toThrow(
      'the account has no fact `arr`',
    )
  })
})

describe('problems of agents.yaml', () => {
  it.each([
    ['a misspelt field', 'trust: 0.9', 'trst: 0.9', '6:5 error: unknown key `trst`; did you mean `trust`?'],
    [
      'a misspelt mode',
      'mode: muted\n',
      'mode: mute\n',
      '5:11 error: `mode` must be `live`, `shadow` or `muted`, not `mute`; did you mean `muted`?',
    ],
    [
      'a date that is none',
      '2027-01-01',
      '2027-02-30',
      '11:12 error: `2027-02-30` is no date or time; write it as in `2027-01-01` or `2027-01-01T09:00:00Z`',
    ],
    ['a scale that descends', '[50, .4]', '[0, .4]', '9:23 error: the scores of a scale must ascend; sort its points'],
    ['a scale above 1', '.97', '1.97', '9:39 error: item 2 must be at most 1'],
    [
      'a scale of one point',
      '[[0, .02], [50, .4], [100, .97]]',
      '[[0, .02]]',
      '9:12 error: `scale` must have at least 2 items',
    ],
    [
      'a broken scope',
      'account.tier !=',
      'tier !=',
      '10:12 error: unknown name `tier`; there are `account` and `now`; text stands in quotes, `"tier"`',
    ],
    ['a trust above 1', 'trust: 0.9', 'trust: 1.1', '6:12 error: `trust` must be at most 1'],
    [
      'a name that is none',
      'pulse: {}',
      '7pulse: {}',
      '13:3 error: `7pulse` is no name; use letters, digits, `_`, `.` and `-`, a letter first',
    ],
    [
      'no mode for unknown agents',
      'unknown: { mode: muted',
      'unknown: { mode: x',
      '14:18 error: `mode` must be `live`, `shadow` or `muted`, not `x`',
    ],
  ])('%s', (_what, from, to, problem) => {
    expect(FILE).toContain(from)
    expect(problemsOf({ 'agents.yaml': FILE.replace(from, to) })).toEqual([`agents.yaml:${problem}`])
  })
})
