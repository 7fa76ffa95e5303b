import { describe, expect, it } from 'vitest'
import { NO_QUEUES } from '../../src/core/queues.ts'
import { formatProblem, loadRuleset, type Ruleset, rulesetFromContent } from '../../src/core/rules/load.ts'
import { edited, GOOD, problemsOf } from './good.ts'

const SHARED = `
facts: { legalHold: { type: bool, default: false } }
rules:
  - id: legal-hold
    when: account.legalHold
    then: { veto: ['#customer_facing', send_discount], because: Lawyers talk to this customer }
  - id: big-accounts
    when: account.arr > 250000
    then: { escalate: {}, because: A person knows this customer }
`

const DISCOUNT = `
decision: discount
facts: { arr: number }
states: { keen: { prior: 0.5 }, indifferent: { prior: 0.5 } }
actions:
  send_discount: { autonomy: copilot, loss: { keen: 10, indifferent: 0 } }
  nothing: { autonomy: autonomous, loss: { keen: 0, indifferent: 5 } }
review: { cost: 5, queue: sales }
`

function load(files: Readonly<Record<string, string>>): Ruleset {
  const { ruleset, problems } = loadRuleset(Object.entries(files).map(([path, text]) => ({ path, text })))
  if (ruleset === null) throw new Error(problems.map(formatProblem).join('\n'))
  return ruleset
}

const scope = (account: Readonly<Record<string, unknown>>) => ({
  account,
  signals: [],
  proposal: null,
  now: new Date('2026-11-20T09:00:00Z'),
})

describe('a decision file', () => {
  const decision = load({ 'd.yaml': GOOD }).decisions.get('expansion-outreach')

  it('becomes a decision with states, claims and actions by index', () => {
    expect(decision).toMatchObject({
      name: 'expansion-outreach',
      description: 'May a copilot reach out about expansion?',
      states: [
        { name: 'healthy', prior: 0.8 },
        { name: 'at_risk', prior: 0.2 },
      ],
      actions: [
        { name: 'send_email', autonomy: 'supervised', tags: ['customer_facing'] },
        { name: 'wait', autonomy: 'autonomous', tags: [] },
      ],
      review: { cost: 40, queue: 'csm', due: 8 * 3600_000, sampleRate: 0.1 },
      dependence: 0.5,
      evidenceCap: 2,
      tolerance: 1,
      validFor: 2 * 3600_000,
    })
    expect([...(decision?.claims ?? [])]).toEqual([
      ['churn_risk', { pointsAt: [1], priorMass: 0.2, halfLife: 14 * 86400_000 }],
      ['healthy', { pointsAt: [0], priorMass: 0.8, halfLife: 30 * 86400_000 }],
      ['expansion_ready', { pointsAt: [0], priorMass: 0.8, halfLife: null }],
    ])
    expect([...(decision?.facts ?? [])]).toEqual([
      ['arr', { type: 'number' }],
      ['segment', { type: 'string' }],
      ['flags', { type: 'list<string>', default: [] }],
      ['onboardedAt', { type: 'timestamp' }],
    ])
  })

  it('has losses in the order of its states', () => {
    const losses = decision?.actions.map(({ loss }) => loss.map((each) => each.evaluate(scope({ arr: 180_000 }))))
    expect(losses).toEqual([
      [0, 360],
      [0.0006 * 180_000, 0],
    ])
  })

  it('has rules with effects that name actions and states by index', () => {
    expect(decision?.rules.map(({ id, forEachSignal, because }) => [id, forEachSignal, because])).toEqual([
      ['dispute', false, 'Pushing expansion in a dispute costs the relationship'],
      ['first-thirty-days', false, 'People own the first thirty days'],
      ['stale-health-model', true, 'Health scores go stale in three days'],
    ])
    const [dispute, newcomer, stale] = decision?.rules.map((rule) => rule.effects) ?? []
    expect(dispute).toEqual([{ kind: 'veto', actions: [0] }])
    expect(newcomer).toMatchObject([
      { kind: 'escalate', queue: 'onboarding', priority: 5, due: 3600_000 },
      { kind: 'autonomyCap', caps: [{ action: 0, level: 'copilot' }] },
      {
        kind: 'addLoss',
        terms: [
          { action: 0, state: 1, amount: { source: '100' } },
          { action: 0, state: 0, amount: { source: 'account.arr * 0.001' } },
        ],
      },
      { kind: 'tag', tags: ['newcomer'] },
    ])
    expect(stale).toEqual([{ kind: 'weight', factor: 0.3 }])
  })

  it('has an effect on a tag once for each action, however often that carries the tag', () => {
    const twice = edited(
      ['tags: [customer_facing]', 'tags: [customer_facing, customer_facing]'],
      [
        'addLoss: { send_email: { at_risk: 100, healthy: account.arr * 0.001 } }',
        "addLoss: { '#customer_facing': { at_risk: 100 } }",
      ],
    )
    const { effects } = load({ 'd.yaml': twice }).decisions.get('expansion-outreach')?.rules[1] ?? {}
    expect(effects?.[2]).toMatchObject({ kind: 'addLoss', terms: [{ action: 0, state: 1, amount: { source: '100' } }] })
  })

  it('has defaults for what it leaves out', () => {
    expect(load({ 'd.yaml': DISCOUNT }).decisions.get('discount')).toMatchObject({
      description: '',
      claims: new Map(),
      rules: [],
      review: { due: null, sampleRate: 0.1, assignee: null, holdsFor: 7 * 86400_000, fallback: null },
      adjudicateOn: [],
      queues: NO_QUEUES,
      dependence: 0.75,
      evidenceCap: 3,
      tolerance: 0,
      validFor: 3600_000,
    })
  })

  it('says who is asked, when unasked, and what becomes of it', () => {
    const text = edited(
      ['arr: number,', "arr: number, owner: { type: string, default: '' },"],
      ['sampleRate: 0.1', 'assignee: account.owner, holdsFor: P1D, fallback: wait'],
      ['priority: 5', 'priority: 5, assignee: \'account.arr > 1000 ? account.owner : "bob"\''],
      ['tolerance: 1', 'adjudicateOn: [signal, fact, signal]'],
    )
    const { review, rules, adjudicateOn } = load({ 'd.yaml': text }).decisions.get('expansion-outreach') ?? {}
    expect(review).toMatchObject({ holdsFor: 86400_000, fallback: 1, assignee: { source: 'account.owner' } })
    expect(adjudicateOn).toEqual(['signal', 'fact'])
    expect([{ owner: 'ann' }, {}].map((facts) => review?.assignee?.evaluate(scope(facts)))).toEqual(['ann', ''])
    const [escalate] = rules?.[1]?.effects ?? []
    const assignee = escalate?.kind === 'escalate' ? escalate.assignee : null
    expect(assignee?.evaluate(scope({ arr: 2000, owner: 'ann' }))).toBe('ann')
    expect(assignee?.evaluate(scope({ arr: 1, owner: 'ann' }))).toBe('bob')
    expect(() => assignee?.evaluate(scope({ owner: 'ann' }))).toThrow('the account has no fact `arr`')
  })

  it('tells its own rules from the shared ones', () => {
    const { rules } = load({ 'a.yaml': GOOD, '_all.yaml': SHARED, 'd.yaml': DISCOUNT }).decisions.get('discount') ?? {}
    expect(rules?.map(({ shared }) => shared)).toEqual([true, true])
    expect(decision?.rules.map(({ shared }) => shared)).toEqual([false, false, false])
  })

  it('may leave its facts undeclared, which are then dynamic', () => {
    const ruleset = load({ 'd.yaml': edited([/^facts.*\n/m.exec(GOOD)?.[0] ?? '', '']) })
    const [action] = ruleset.decisions.get('expansion-outreach')?.actions ?? []
    expect(action?.loss[1]?.evaluate(scope({ arr: 1000 }))).toBe(2)
    expect(ruleset.decisions.get('expansion-outreach')?.facts).toBeNull()
  })
})

describe('problems', () => {
  it('tell of a decision that leaves nothing to decide', () => {
    const text = 'decision: d\nstates: { on: { prior: 0.5 } }\nactions: {}\nreview: { cost: 1, queue: csm }\n'
    expect(problemsOf({ 'd.yaml': text })).toEqual([
      'd.yaml:2:1 error: a decision needs at least two states; add the other one',
      'd.yaml:3:1 error: a decision needs at least one action; add what can be done',
    ])
  })

  it('are all told at once, sorted by file, line and column', () => {
    const bad = edited(
      ['prior: 0.2', 'prior: 0.3'],
      ['veto: [send_email]', 'veto: [send_mail]'],
      ['weight: 0.3', 'weight: 4'],
    )
    expect(problemsOf({ 'b.yaml': bad, 'a.yaml': 'x', 'agents.yaml': 'agents: { a: { trust: 2 } }' })).toEqual([
      'a.yaml:1:1 error: the file must be a map, not `x`',
      'agents.yaml:1:23 error: `trust` must be at most 1',
      'b.yaml:5:1 error: the priors sum to 1.1; they must sum to 1',
      'b.yaml:24:20 error: unknown action `send_mail`; did you mean `send_email`?',
      'b.yaml:36:21 error: `weight` must be at most 3',
    ])
  })

  it('leave no ruleset', () => {
    expect(loadRuleset([{ path: 'd.yaml', text: 'x' }]).ruleset).toBeNull()
  })

  it('of the schema do not hide those of expressions beside them', () => {
    const bad = edited(
      ['weight: 0.3', 'weight: 4'],
      ['signal.ageHours', 'signal.age'],
      ['tags: [customer_facing]', 'tags: 1'],
    )
    expect(problemsOf({ 'd.yaml': bad })).toEqual([
      'd.yaml:15:11 error: `tags` must be a list, not `1`',
      'd.yaml:30:22 error: unknown tag `#customer_facing`',
      'd.yaml:35:57 error: unknown field `age` of the signal; there are `id`, `agent`, `claim`, `confidence` and `ageHours`',
      'd.yaml:36:21 error: `weight` must be at most 3',
    ])
  })

  it('tell of a decision in two files', () => {
    expect(problemsOf({ 'rules/a.yaml': DISCOUNT, 'rules/b.yaml': DISCOUNT })).toEqual([
      'rules/b.yaml:2:11 error: decision `discount` is in `rules/a.yaml` already; rename one',
    ])
  })

  it('tell of two files of one name, and of the other ending', () => {
    const other = DISCOUNT.replace('decision: discount', 'decision: other')
    expect(problemsOf({ 'a/d.yaml': DISCOUNT, 'b/d.yaml': other, 'c.yml': GOOD })).toEqual([
      'b/d.yaml:1:1 error: there is a file of this name already, `a/d.yaml`; rename one',
      'c.yml:1:1 error: rule files end in `.yaml`; rename it',
    ])
  })
})

describe('_all.yaml', () => {
  it('puts its rules before those of each decision', () => {
    const { decisions } = load({ 'a.yaml': GOOD, '_all.yaml': SHARED, 'd.yaml': DISCOUNT })
    expect(decisions.get('expansion-outreach')?.rules.map(({ id }) => id)).toEqual([
      'legal-hold',
      'big-accounts',
      'dispute',
      'first-thirty-days',
      'stale-health-model',
    ])
    expect(decisions.get('discount')?.rules.map(({ id }) => id)).toEqual(['legal-hold', 'big-accounts'])
  })

  it('names in each decision what that has, by action or tag', () => {
    const { decisions } = load({ 'a.yaml': GOOD, '_all.yaml': SHARED, 'd.yaml': DISCOUNT })
    const vetoes = ['expansion-outreach', 'discount'].map((name) => decisions.get(name)?.rules[0]?.effects)
    expect(vetoes).toEqual([[{ kind: 'veto', actions: [0] }], [{ kind: 'veto', actions: [0] }]])
  })

  it('leaves out a rule of which nothing concerns a decision', () => {
    const only = SHARED.replace("'#customer_facing', send_discount", "'#customer_facing'")
    const { decisions } = load({ 'a.yaml': GOOD, '_all.yaml': only, 'd.yaml': DISCOUNT })
    expect(decisions.get('discount')?.rules.map(({ id }) => id)).toEqual(['big-accounts'])
  })

  it('may not name what no decision has', () => {
    const bad = SHARED.replace('send_discount', 'send_discnt').replace("'#customer_facing'", "'#public'")
    expect(problemsOf({ 'a.yaml': GOOD, '_all.yaml': bad, 'd.yaml': DISCOUNT })).toEqual([
      '_all.yaml:6:20 error: unknown tag `#public`; there is only `#customer_facing`',
      '_all.yaml:6:31 error: unknown action `send_discnt`; did you mean `send_discount`?',
    ])
  })

  it('reads the facts that it declares and those of each decision', () => {
    const bad = SHARED.replace('account.legalHold', 'account.legalHld || account.segment == "x"')
    expect(problemsOf({ 'a.yaml': GOOD, '_all.yaml': bad, 'd.yaml': DISCOUNT })).toEqual([
      '_all.yaml:5:19 error: unknown fact `account.legalHld`; did you mean `account.legalHold`?',
      '_all.yaml:5:39 error: unknown fact `account.segment`; declare it under `facts`',
    ])
  })

  it('takes the default of the decision before its own', () => {
    const held = DISCOUNT.replace('arr: number', 'arr: number, legalHold: { type: bool, default: true }')
    const { decisions } = load({ 'a.yaml': GOOD, '_all.yaml': SHARED, 'd.yaml': held })
    const holds = (name: string) => decisions.get(name)?.rules[0]?.when.evaluate(scope({}))
    expect([holds('expansion-outreach'), holds('discount')]).toEqual([false, true])
  })

  it('may not declare a fact otherwise than a decision does', () => {
    const other = SHARED.replace('facts: {', 'facts: { arr: string,').replace(
      'account.arr > 250000',
      'account.arr == "x"',
    )
    expect(
      problemsOf({ '_all.yaml': other, 'd.yaml': DISCOUNT.replace('decision:', 'description: x\ndecision:') }),
    ).toContain('d.yaml:4:15 error: `arr` is a number here and a string in `_all.yaml`; make them one')
  })

  it('shares no id with a decision', () => {
    const own = edited(['id: dispute', 'id: legal-hold'])
    expect(problemsOf({ 'a.yaml': own, '_all.yaml': SHARED, 'd.yaml': DISCOUNT })).toEqual([
      'a.yaml:22:9 error: rule `legal-hold` is there already, in `_all.yaml`; rename one',
    ])
  })

  it('holds rules and facts, nothing else', () => {
    expect(problemsOf({ '_all.yaml': 'rules: []\nreview: {}\n' })).toEqual([
      '_all.yaml:2:1 error: unknown key `review`; there are `facts`, `cooldowns` and `rules`',
    ])
  })
})

describe('the hash', () => {
  const hash = (files: Readonly<Record<string, string>>) => load(files).hash
  const files = { 'a.yaml': GOOD, '_all.yaml': SHARED, 'd.yaml': DISCOUNT }

  it('is the SHA-256 of the content', () => {
    expect(hash(files)).toMatch(/^sha256:[0-9a-f]{64}$/)
  })

  it('does not see comments, layout, quotes, directories, tests or the order of files', () => {
    const same = {
      'rules/d_test.yaml': '- name: x',
      'rules/notes.md': '# notes',
      'rules/d.yaml': DISCOUNT,
      'rules/a.yaml': GOOD.replace('decision: ', '# a note\ndecision:   ').replace('queue: csm', 'queue: "csm"'),
      'rules/_all.yaml': SHARED.replaceAll('\n', '\r\n'),
    }
    expect(hash(same)).toBe(hash(files))
  })

  it.each([
    ['a number', 'cost: 40', 'cost: 41'],
    ['a reason', 'because: Health scores', 'because: All scores'],
    [
      'the order of states',
      '  healthy: { prior: 0.8 }\n  at_risk: { prior: 0.2 }',
      '  at_risk: { prior: 0.2 }\n  healthy: { prior: 0.8 }',
    ],
  ])('sees %s', (_what, from, to) => {
    expect(hash({ ...files, 'a.yaml': edited([from, to]) })).not.toBe(hash(files))
  })

  it('sees the order of actions, since of equals the first is taken', () => {
    const lines = GOOD.split('\n')
    const send = lines.splice(lines.indexOf('  send_email:'), 4)
    lines.splice(lines.indexOf('review: { cost: 40, queue: csm, due: PT8H, sampleRate: 0.1 }'), 0, ...send)
    const swapped = load({ 'a.yaml': lines.join('\n') })
    expect(swapped.decisions.get('expansion-outreach')?.actions.map(({ name }) => name)).toEqual(['wait', 'send_email'])
    expect(swapped.hash).not.toBe(load({ 'a.yaml': GOOD }).hash)
  })

  it('sees the files that others read', () => {
    expect(hash({ ...files, 'queues.yaml': 'queues: { csm: {}, onboarding: {}, sales: {} }' })).not.toBe(hash(files))
    expect(hash({ ...files, 'sources.yaml': 'sources: {}' })).not.toBe(hash(files))
  })

  it('is that of the ruleset that its content compiles to', () => {
    const ruleset = load({ ...files, 'agents.yaml': 'agents: { pulse: { trust: 0.5, scope: account.arr > 1 } }' })
    const again = rulesetFromContent(ruleset.content)
    expect(again.hash).toBe(ruleset.hash)
    expect(again.content).toBe(ruleset.content)
    expect([...again.decisions.keys()]).toEqual(['expansion-outreach', 'discount'])
    expect(again.agents.declared.get('pulse')?.scope?.source).toBe('account.arr > 1')
  })

  it('survives any text that YAML can hold', () => {
    const odd = edited(
      ['May a copilot', '"\\u2028 \\ud83d\\ude00 \\t # : - \\" \' \\x07 1e3 '],
      ['reach out about expansion?', '"'],
    )
    const ruleset = load({ 'a.yaml': odd })
    expect(rulesetFromContent(ruleset.content).hash).toBe(ruleset.hash)
  })

  it('can not be had of content that is no ruleset', () => {
    expect(() => rulesetFromContent('[["d.yaml",{}]]')).toThrow(/the stored rules no longer load: d\.yaml:1:1 error/)
  })
})
