import { describe, expect, it } from 'vitest'
import { adjudicate } from '../../src/core/adjudicate.ts'
import type { Action, Decision, Effect, Facts, Handoff, Question, Ruling } from '../../src/core/model.ts'
import { NO_QUEUES, type Queue, queueOf } from '../../src/core/queues.ts'
import {
  agent,
  agents,
  CHURN,
  constant,
  DAY,
  expansion,
  expression,
  failing,
  HOUR,
  NOW,
  question,
  REVIEW,
  rule,
} from './fixtures.ts'

const FACTS: Facts = { arr: 20_000, owner: 'ann' }

function handoffOf(fields: Partial<Decision>, asked: Partial<Question> = {}): Handoff | null {
  return adjudicate(expansion(fields), { ...question([]), facts: FACTS, ...asked }).handoff
}

type Escalate = Extract<Effect, { kind: 'escalate' }>

function escalating(id: string, fields: Partial<Escalate> = {}) {
  return rule(id, [{ kind: 'escalate', queue: null, priority: null, due: null, assignee: null, ...fields }])
}

const owner = expression<string>('account.owner', ({ account }) => account.owner as string)
const broken = (id: string, fields: Parameters<typeof rule>[2] = {}) =>
  rule(id, [{ kind: 'tag', tags: ['x'] }], {
    when: failing('account.gone', 'the account has no fact `gone`'),
    ...fields,
  })

/** A company that declares one queue. */
function declaring(name: string, fields: Partial<Queue>): Pick<Decision, 'queues'> {
  return { queues: { ...NO_QUEUES, declared: new Map([[name, { ...queueOf(NO_QUEUES, name), ...fields }]]) } }
}

describe('who is asked', () => {
  it('is the first queue that a rule names, or else that of the review', () => {
    const rules = [escalating('a'), escalating('b', { queue: 'legal' }), escalating('c', { queue: 'support' })]
    expect(handoffOf({ rules })).toMatchObject({ queue: 'legal' })
    expect(handoffOf({ rules: [escalating('a')] })).toMatchObject({ queue: 'csm' })
  })

  it('is nobody where nothing waits', () => {
    expect(handoffOf({}, { draw: 0.5 })).toBeNull()
  })
})

describe('when it is due', () => {
  const rules = [escalating('a')]

  it('is what rules say, or the review, or the queue', () => {
    const queues = declaring('csm', { due: 3 * HOUR })
    const due = (fields: Partial<Decision>) => (handoffOf({ ...queues, ...fields })?.dueAt ?? 0) - NOW
    expect(due({ rules: [escalating('a', { due: HOUR }), escalating('b', { due: 2 * HOUR })] })).toBe(HOUR)
    expect(due({ rules })).toBe(8 * HOUR)
    expect(due({ rules, review: { ...REVIEW, due: null } })).toBe(3 * HOUR)
    expect(due({ rules, review: { ...REVIEW, due: null }, queues: NO_QUEUES })).toBe(DAY)
  })

  it('counts the hours of the queue', () => {
    // A Friday, an hour before closing.
    const hours = { zone: 'UTC', days: [1, 2, 3, 4, 5], from: 0, to: 600, holidays: new Set<string>() }
    const handoff = handoffOf({ rules, ...declaring('csm', { hours }) })
    expect(handoff?.dueAt).toBe(NOW - 9 * HOUR + 3 * DAY + 7 * HOUR)
  })
})

describe('the assignee', () => {
  const review = { ...REVIEW, assignee: owner }
  const rules = [escalating('a')]

  it('is whom the review names', () => {
    expect(handoffOf({ rules, review })).toMatchObject({ assignee: 'ann' })
    expect(handoffOf({ rules })).toMatchObject({ assignee: null })
  })

  it('is whom the first rule names that names anybody', () => {
    const named = [
      escalating('a'),
      escalating('b', { assignee: constant('') }),
      escalating('c', { assignee: constant('bob') }),
      escalating('d', { assignee: constant('cid') }),
    ]
    expect(handoffOf({ rules: named, review })).toMatchObject({ assignee: 'bob' })
  })

  it('works in the queue that is asked', () => {
    expect(handoffOf({ rules: [escalating('a', { queue: 'legal' })], review })).toMatchObject({
      queue: 'legal',
      assignee: null,
    })
    const counsel = [escalating('a', { queue: 'legal', assignee: constant('eve') })]
    expect(handoffOf({ rules: counsel, review })).toMatchObject({ queue: 'legal', assignee: 'eve' })
  })

  it.each([
    ['is empty', ''],
    ['is a number', 7],
    ['is null', null],
    ['has a line break', 'ann\nbob'],
    ['turns text around', 'ann\u202e'],
    ['is too long', 'a'.repeat(201)],
    ['is missing', undefined],
  ])('is anybody where the name %s', (_what, name) => {
    expect(handoffOf({ rules, review }, { facts: { ...FACTS, owner: name } })).toMatchObject({ assignee: null })
  })

  it('is anybody where the expression fails, and nothing else comes of that', () => {
    const failed = { ...REVIEW, assignee: failing<string>('account.owner', 'the account has no fact `owner`') }
    expect(handoffOf({ rules, review: failed })).toMatchObject({ assignee: null, faults: [], aboutAccount: true })
  })
})

describe('a sample', () => {
  it('keeps the probability with which it was drawn', () => {
    const review = { ...REVIEW, sampleRate: 0.25, assignee: owner }
    expect(handoffOf({ review }, { draw: 0.1 })).toMatchObject({
      kind: 'sample',
      queue: 'csm',
      assignee: 'ann',
      probability: 0.25,
      faults: [],
      aboutAccount: true,
    })
  })

  it('is of what agents do, not of what is decided by people', () => {
    expect(handoffOf({ rules: [escalating('a')] }, { draw: 0 })).toMatchObject({ kind: 'decision', probability: null })
  })
})

describe('what failed', () => {
  const [send, wait] = expansion().actions as [Action, Action]

  it('is named by where it is mended, each once', () => {
    const deaf = agent('churn-radar', { scope: failing('account.tier == 1', 'the account has no fact `tier`') })
    const handoff = handoffOf(
      {
        rules: [broken('b', { shared: true }), broken('a'), broken('c', { forEachSignal: true })],
        actions: [{ ...send, loss: [constant(0), failing('account.gone', 'gone')] }, wait],
      },
      { signals: [CHURN], agents: agents(deaf) },
    )
    expect(handoff).toEqual({
      kind: 'decision',
      queue: 'ops',
      priority: 0,
      dueAt: NOW + 8 * HOUR,
      assignee: null,
      probability: null,
      faults: [
        'agents.churn-radar',
        '_all.b',
        'expansion-outreach.a',
        'expansion-outreach.loss:send_expansion_email.at_risk',
      ],
      aboutAccount: false,
    })
  })

  it('is for ops alone where the account gives no other reason to ask', () => {
    expect(handoffOf({ rules: [broken('a')] })).toMatchObject({ queue: 'ops', aboutAccount: false })
    expect(
      handoffOf({ rules: [broken('a')], ...declaring('ops', { due: HOUR }), review: { ...REVIEW, due: null } }),
    ).toMatchObject({ queue: 'ops', dueAt: NOW + HOUR })
  })

  it.each<[string, Partial<Decision>, Partial<Question>]>([
    ['a rule escalates', { rules: [broken('a'), escalating('b')] }, {}],
    ['a mistake is dear', { rules: [broken('a')], review: { ...REVIEW, cost: 1 } }, {}],
    ['only people may do it', { rules: [broken('a')], actions: [{ ...send, autonomy: 'off_limits' }, wait] }, {}],
    ['a person decides every time', { rules: [broken('a')], actions: [{ ...send, autonomy: 'copilot' }, wait] }, {}],
    ['everything is vetoed', { rules: [broken('a'), rule('b', [{ kind: 'veto', actions: [0, 1] }])] }, {}],
    [
      'a person decides on the proposal every time',
      { rules: [broken('a')], actions: [send, { ...wait, autonomy: 'copilot' }] },
      { proposal: { agent: 'churn-radar', action: 'wait' }, agents: agents(agent('churn-radar')) },
    ],
  ])('is beside the account where %s', (_why, fields, asked) => {
    const handoff = handoffOf(fields, asked)
    expect(handoff).toMatchObject({ queue: 'csm', faults: ['expansion-outreach.a'], aboutAccount: true })
  })

  it('makes nothing of what looks best without a loss', () => {
    const lossless = { ...send, loss: [failing<number>('account.gone', 'gone'), constant(0)] }
    const call: Action = { ...wait, autonomy: 'copilot', loss: [constant(500), constant(500)] }
    expect(handoffOf({ actions: [lossless, call] })).toMatchObject({ queue: 'ops', aboutAccount: false })
    const vetoed = { actions: [lossless, call], rules: [rule('b', [{ kind: 'veto', actions: [0] }])] }
    expect(handoffOf(vetoed)).toMatchObject({ queue: 'csm', aboutAccount: true })
  })

  it('takes the loss of every action with it where none is left', () => {
    const lossless = { ...send, loss: [failing<number>('account.gone', 'gone'), constant(0)] }
    expect(handoffOf({ actions: [lossless] })).toMatchObject({ queue: 'ops', aboutAccount: false })
  })
})

describe('what a person has decided', () => {
  const ruling: Ruling = {
    sequence: 1,
    action: 'wait',
    by: 'ann',
    at: NOW,
    until: NOW + DAY,
    meaning: expansion().meaning,
    facts: { arr: 20_000 },
    beliefs: { healthy: 0.8, at_risk: 0.2 },
    rules: ['a'],
  }

  it('is asked of nobody again', () => {
    expect(handoffOf({ rules: [escalating('a')] }, { ruling })).toBeNull()
    expect(handoffOf({}, { ruling, draw: 0 })).toBeNull()
  })

  it('leaves what failed to be mended', () => {
    expect(handoffOf({ rules: [broken('a')] }, { ruling })).toMatchObject({
      queue: 'ops',
      faults: ['expansion-outreach.a'],
      aboutAccount: false,
    })
  })
})
