import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adjudicate } from '../../src/core/adjudicate.ts'
import type { Action, Adjudication, Decision, Effect, Facts, Question, Ruling } from '../../src/core/model.ts'
import { MOST_DRIFT, makeRuling, type RulingEnd, whyEnded } from '../../src/core/ruling.ts'
import { ruledCases } from './arbitraries.ts'
import {
  agent,
  agents,
  CHURN,
  constant,
  DAY,
  expansion,
  failing,
  NOW,
  PULSE,
  question,
  REVIEW,
  rule,
  SEND,
  WAIT,
} from './fixtures.ts'

const RUNS = { numRuns: 500 }

/** Both agents speak, and the regret of 59 calls for a person. */
const ASKED = question([CHURN, PULSE], { agents: agents(agent('renewal-copilot')) })
const SENDING = { agent: 'renewal-copilot', action: 'send_expansion_email' }
const WAITING = { agent: 'renewal-copilot', action: 'wait' }
const ESCALATE: Effect = { kind: 'escalate', queue: 'legal', priority: null, due: null, assignee: null }

/** What a person decides about a question. */
function ruled(decision: Decision, asked: Question, action: string, fields: Partial<Ruling> = {}): Ruling {
  const made = makeRuling(decision, asked, adjudicate(decision, asked), { action, by: 'maria', at: asked.now })
  return { sequence: 7, ...made, ...fields }
}

interface Before {
  readonly action?: string
  /** Now; and then, if it was another. */
  readonly decision?: Decision
  readonly then?: Decision
  readonly asked?: Question
}

/** What is answered to the same question once a person has decided. */
function afterwards(
  fields: Partial<Question> = {},
  { action = 'send_expansion_email', decision = expansion(), then = decision, asked = ASKED }: Before = {},
): Adjudication {
  return adjudicate(decision, { ...asked, ...fields, ruling: ruled(then, asked, action) })
}

describe('a ruling', () => {
  it('keeps what it was given under', () => {
    const escalating = rule('dispute', [ESCALATE, ESCALATE])
    const broken = rule('broken', [ESCALATE], { when: failing('account.x', 'the account has no fact `account.x`') })
    const quiet = rule('quiet', [{ kind: 'tag', tags: ['vip'] }])
    const decision = expansion({ rules: [quiet, broken, escalating], reads: ['arr', 'segment'] })
    const asked = { ...ASKED, facts: { arr: 180_000, owner: 'sam' } }
    const ruling = makeRuling(decision, asked, adjudicate(decision, asked), {
      action: 'wait',
      by: 'maria',
      at: NOW,
    })
    expect(ruling).toEqual({
      action: 'wait',
      by: 'maria',
      at: NOW,
      until: NOW + 7 * DAY,
      meaning: 'a meaning',
      facts: { arr: 180_000 },
      beliefs: adjudicate(decision, ASKED).beliefs,
      rules: ['broken', 'dispute'],
    })
  })

  it('keeps all facts where nobody knows which are read', () => {
    const decision = expansion({ reads: null })
    expect(ruled(decision, { ...ASKED, facts: { arr: 1, owner: 'sam' } }, 'wait').facts).toEqual({
      arr: 1,
      owner: 'sam',
    })
  })

  it('decides, though a person would be asked and another action costs less', () => {
    const before = adjudicate(expansion(), ASKED)
    expect(before).toMatchObject({ recommendation: { action: 'wait', disposition: 'escalate' }, ruling: null })

    const { summary: _, ...answer } = afterwards()
    const { at_risk } = before.beliefs
    const risk = before.expectedLoss.send_expansion_email as number
    expect(answer).toMatchObject({
      ...{ beliefs: before.beliefs, expectedLoss: before.expectedLoss, conflict: before.conflict },
      ...{ signals: before.signals, rules: before.rules },
      recommendation: {
        action: 'send_expansion_email',
        confidence: before.beliefs.healthy,
        disposition: 'act',
        reasons: ['decided_by_person'],
      },
      regret: (at_risk as number) * 360,
      flips: [],
      handoff: null,
      ruling: ruled(expansion(), ASKED, 'send_expansion_email'),
    })
    expect(answer.regret).toBeCloseTo(risk, 9)
  })

  it('limits how long the answer is valid', () => {
    const decision = expansion({ review: { ...REVIEW, holdsFor: 60_000 } })
    expect(afterwards({}, { decision }).validUntil).toBe(NOW + 60_000)
    expect(afterwards().validUntil).toBe(NOW + expansion().validFor)
  })

  it('allows its own action and denies any other', () => {
    expect(afterwards({ proposal: SENDING }).proposal).toEqual({
      ...SENDING,
      verdict: 'allow',
      reasons: ['decided_by_person'],
    })
    expect(afterwards({ proposal: WAITING }).proposal).toEqual({
      ...WAITING,
      verdict: 'deny',
      reasons: ['decided_by_person'],
    })
  })

  it('opens no sample of what a person has decided', () => {
    expect(afterwards({ proposal: SENDING, draw: 0 }).handoff).toBeNull()
  })

  it('lets no agent act outside its scope', () => {
    const cast = new Map(ASKED.agents).set(SENDING.agent, agent(SENDING.agent, { scope: constant(false) }))
    const { proposal, handoff } = afterwards({ proposal: SENDING, agents: cast })
    expect(proposal).toMatchObject({ verdict: 'deny', reasons: ['out_of_scope'] })
    expect(handoff).toBeNull()
  })

  it('lets no agent act whose scope nobody knows, though a person knew of that', () => {
    const scope = failing<boolean>('account.tier', 'the account has no fact `account.tier`')
    const asked = question([CHURN, PULSE], {
      proposal: SENDING,
      agents: agents(agent(SENDING.agent, { scope })),
    })
    const { recommendation, proposal, handoff, ruling } = afterwards({}, { asked })
    expect(ruling).not.toBeNull()
    expect(recommendation.reasons).toEqual(['decided_by_person'])
    expect(proposal).toMatchObject({ verdict: 'ask', reasons: ['needs_person'] })
    expect(handoff).toMatchObject({ kind: 'decision', queue: 'ops', aboutAccount: false })
  })

  it('does not let agents do what is for people only, and asks nobody again', () => {
    const caps = rule('cap', [{ kind: 'autonomyCap', caps: [{ action: SEND, level: 'off_limits' }] }])
    const decision = expansion({ rules: [caps] })
    const { recommendation, handoff, ruling } = afterwards({}, { decision })
    expect(ruling).not.toBeNull()
    expect(recommendation).toMatchObject({
      action: 'send_expansion_email',
      disposition: 'escalate',
      reasons: ['people_only', 'decided_by_person'],
    })
    expect(handoff).toBeNull()

    const allowed = afterwards({ proposal: SENDING }, { decision })
    expect(allowed.proposal).toMatchObject({ verdict: 'deny', reasons: ['off_limits'] })
    expect(allowed.handoff).toBeNull()
    const other = afterwards({ proposal: WAITING }, { decision })
    expect(other.proposal).toMatchObject({ verdict: 'deny', reasons: ['decided_by_person'] })
    expect(other.handoff).toBeNull()
  })

  it('stands beside what failed already, which is mended in `ops` all the same', () => {
    const broken = rule('broken', [ESCALATE], { when: failing('account.x', 'the account has no fact `account.x`') })
    const { recommendation, handoff } = afterwards({}, { decision: expansion({ rules: [broken] }) })
    expect(recommendation).toMatchObject({ disposition: 'act', reasons: ['decided_by_person'] })
    expect(handoff).toMatchObject({ queue: 'ops', aboutAccount: false, faults: ['expansion-outreach.broken'] })
  })
})

describe('a ruling ends', () => {
  const named = rule('named', [ESCALATE])
  const veto = rule('veto', [{ kind: 'veto', actions: [SEND] }])
  const failed = rule('failed', [{ kind: 'tag', tags: ['vip'] }], { when: failing('account.x', 'no fact') })
  const capped = rule('capped', [{ kind: 'autonomyCap', caps: [{ action: SEND, level: 'copilot' }] }])
  const dearer = rule('dearer', [{ kind: 'addLoss', terms: [{ action: SEND, state: 0, amount: constant(50) }] }])
  const [sends, waits] = expansion().actions as [Action, Action]
  const spoilt = { ...sends, loss: [constant(0), failing<number>('account.x', 'no fact')] }
  const renamed = { ...sends, name: 'send_letter' }

  it.each<[string, RulingEnd, Partial<Question>, Partial<Decision>]>([
    ['when its time is over', 'over', { now: NOW + 7 * DAY }, {}],
    ['when the decision means something else', 'meaning', {}, { meaning: 'another meaning' }],
    ['when its action is vetoed', 'action', {}, { rules: [veto] }],
    ['when its action has no loss', 'action', {}, { actions: [spoilt, waits] }],
    ['when its action is no more', 'action', {}, { actions: [renamed, waits] }],
    ['when a fact changes', 'facts', { facts: { arr: 180_001 } }, {}],
    ['when a fact comes', 'facts', { facts: { arr: 180_000, region: 'emea' } }, {}],
    ['when a rule escalates', 'rules', {}, { rules: [named] }],
    ['when a rule fails', 'rules', {}, { rules: [failed] }],
    ['when a rule lets no agent take its action unseen', 'rules', {}, { rules: [capped] }],
    ['when a rule makes its action cost more', 'rules', {}, { rules: [dearer] }],
    ['when the belief moves', 'beliefs', { signals: [CHURN] }, {}],
  ])('%s', (_, end, fields, changed) => {
    const then = expansion({ reads: ['arr', 'region'] })
    const decision = { ...then, ...changed }
    const ruling = ruled(then, ASKED, 'send_expansion_email')
    const asked = { ...ASKED, ...fields }
    const answer = adjudicate(decision, { ...asked, ruling })
    expect(answer.ruling).toBeNull()
    expect(answer).toEqual(adjudicate(decision, asked))
    expect(whyEnded(ruling, decision, asked, found(decision, asked))).toBe(end)
  })

  it('when a fact goes', () => {
    const decision = expansion({ reads: ['arr', 'region'] })
    const asked = question([CHURN, PULSE], { facts: { arr: 180_000, region: 'emea' } })
    expect(afterwards({ facts: { arr: 180_000 } }, { decision, asked }).ruling).toBeNull()
  })

  it('not a moment early', () => {
    const asked = { ...ASKED, signals: [] }
    expect(afterwards({ now: NOW + 7 * DAY - 1 }, { asked }).ruling).not.toBeNull()
    expect(afterwards({ now: NOW + 7 * DAY }, { asked }).ruling).toBeNull()
  })

  it('not for a rule that called for a person already, or that changes something else', () => {
    const louder = rule('named', [ESCALATE], { because: 'Because of something else' })
    const other = rule('other', [
      { kind: 'autonomyCap', caps: [{ action: WAIT, level: 'copilot' }] },
      { kind: 'addLoss', terms: [{ action: WAIT, state: 0, amount: constant(50) }] },
      { kind: 'tag', tags: ['vip'] },
    ])
    const sampled = rule('sampled', [{ kind: 'autonomyCap', caps: [{ action: SEND, level: 'supervised' }] }])
    const then = expansion({ rules: [named] })
    const decision = expansion({ rules: [louder, other, sampled] })
    expect(afterwards({}, { then, decision }).recommendation.disposition).toBe('act')
    expect(afterwards({}, { then, decision: expansion() }).ruling).not.toBeNull()
  })

  it('not for a rule that spoke against its action already, or changes nothing by it', () => {
    const rules = [capped, dearer]
    expect(afterwards({}, { decision: expansion({ rules }) }).ruling).not.toBeNull()
    const actions = [{ ...sends, autonomy: 'copilot' as const }, waits]
    const then = expansion({ actions })
    expect(afterwards({}, { then, decision: { ...then, rules: [capped] } }).ruling).not.toBeNull()
  })

  it('not because the agent that proposes is no witness in its own case', () => {
    const asked = question([CHURN, PULSE])
    const proposal = { agent: PULSE.agent, action: 'send_expansion_email' }
    const [heard, unheard] = [asked, { ...asked, proposal }].map((each) => adjudicate(expansion(), each).beliefs)
    expect(Math.abs((heard?.healthy ?? 0) - (unheard?.healthy ?? 0))).toBeGreaterThan(MOST_DRIFT)
    expect(afterwards({ proposal }, { asked }).proposal?.verdict).toBe('allow')
    expect(afterwards({ proposal: null }, { asked: { ...asked, proposal } }).ruling).not.toBeNull()
    expect(afterwards({ proposal, signals: [PULSE] }, { asked }).ruling).toBeNull()
  })

  const FACTS: Facts = { arr: 1, terms: { net: 30, flags: ['a', 'b'], since: null }, note: 'x' }
  it.each<[string, Facts, boolean]>([
    [
      'the same facts in another order',
      { note: 'x', terms: { since: null, flags: ['a', 'b'], net: 30 }, arr: 1 },
      true,
    ],
    ['another number deep down', { ...FACTS, terms: { net: 31, flags: ['a', 'b'], since: null } }, false],
    ['a list in another order', { ...FACTS, terms: { net: 30, flags: ['b', 'a'], since: null } }, false],
    ['a longer list', { ...FACTS, terms: { net: 30, flags: ['a', 'b', 'c'], since: null } }, false],
    ['a list as an object', { ...FACTS, terms: { net: 30, flags: { 0: 'a', 1: 'b' }, since: null } }, false],
    ['an object in the place of null', { ...FACTS, terms: { net: 30, flags: ['a', 'b'], since: {} } }, false],
    ['null in the place of an object', { ...FACTS, terms: null }, false],
    ['another key', { ...FACTS, terms: { net: 30, flags: ['a', 'b'], until: null } }, false],
    ['text for a number', { ...FACTS, arr: '1' }, false],
    ['an inherited name', { ...FACTS, toString: 'x' }, false],
    ['a fact that nothing reads', { ...FACTS, owner: 'sam' }, true],
  ])('by its facts: %s', (_, facts, stands) => {
    const decision = expansion({ reads: ['arr', 'terms', 'note', 'toString'] })
    const asked = { ...ASKED, facts: FACTS }
    expect(afterwards({ facts }, { decision, asked }).ruling !== null).toBe(stands)
  })
})

/** What an answer without a ruling comes to. */
function found(decision: Decision, asked: Question) {
  const { beliefs, rules, expectedLoss } = adjudicate(decision, asked)
  const vetoes = decision.rules.flatMap(({ effects }) => effects.flatMap((e) => (e.kind === 'veto' ? e.actions : [])))
  const permitted = decision.actions.flatMap(({ name }, a) =>
    expectedLoss[name] === null || vetoes.includes(a) ? [] : [a],
  )
  return { beliefs: decision.states.map(({ name }) => beliefs[name] as number), permitted, rules }
}

describe('the law of a ruling', () => {
  it('is that, while it stands, its action is the answer, and nobody is asked about the account', () => {
    fc.assert(
      fc.property(ruledCases({ failures: true }), ({ decision, question: asked }) => {
        const { action, until } = asked.ruling
        const before = adjudicate(decision, { ...asked, ruling: null })
        const answer = adjudicate(decision, asked)
        const { recommendation, proposal, handoff } = answer
        expect(answer.ruling !== null).toBe(until > NOW && canBe(decision, asked, action))
        if (answer.ruling === null) {
          expect(answer).toEqual(before)
          return
        }
        expect(recommendation.action).toBe(action)
        expect(recommendation.reasons).toContain('decided_by_person')
        expect(['act', 'escalate']).toContain(recommendation.disposition)
        expect(recommendation.disposition === 'escalate').toBe(recommendation.reasons[0] === 'people_only')
        if (proposal?.verdict === 'allow') expect(proposal.action).toBe(action)
        if (handoff !== null) expect(handoff).toMatchObject({ queue: 'ops', aboutAccount: false })
        for (const same of ['beliefs', 'expectedLoss', 'conflict', 'signals', 'rules', 'tags'] as const)
          expect(answer[same]).toEqual(before[same])
        expect(answer.regret).toBeGreaterThanOrEqual(before.regret)
        expect(answer.validUntil).toBe(Math.min(before.validUntil, until))
        expect(answer.validUntil).toBeGreaterThan(NOW)
      }),
      RUNS,
    )
  })

  it('is that it moves nothing once it has ended', () => {
    const ended = fc.constantFrom<(ruling: Ruling) => Ruling>(
      (ruling) => ({ ...ruling, until: NOW }),
      (ruling) => ({ ...ruling, meaning: 'another meaning' }),
      (ruling) => ({ ...ruling, action: 'no_more' }),
      (ruling) => ({ ...ruling, facts: { arr: 1 } }),
      (ruling) => ({ ...ruling, beliefs: {} }),
      (ruling) => ({ ...ruling, beliefs: shifted(ruling.beliefs, MOST_DRIFT + 0.001) }),
      (ruling) => ({ ...ruling, beliefs: shifted(ruling.beliefs, -MOST_DRIFT - 0.001) }),
    )
    fc.assert(
      fc.property(ruledCases({ failures: true }), ended, ({ decision, question: asked }, end) => {
        const ruling = end(asked.ruling)
        expect(adjudicate(decision, { ...asked, ruling })).toEqual(adjudicate(decision, { ...asked, ruling: null }))
      }),
      RUNS,
    )
  })

  it('is that a belief may move by as much as it may', () => {
    fc.assert(
      fc.property(
        ruledCases(),
        fc.double({ min: -0.149, max: 0.149, noNaN: true }),
        ({ decision, question: asked }, drift) => {
          const ruling = { ...asked.ruling, beliefs: shifted(asked.ruling.beliefs, drift) }
          expect(adjudicate(decision, { ...asked, ruling }).ruling === null).toBe(
            adjudicate(decision, asked).ruling === null,
          )
        },
      ),
      RUNS,
    )
  })
})

/** Whether an action is permitted, by taking all others away: it is recommended then. */
function canBe(decision: Decision, question: Question, action: string): boolean {
  const asked = { ...question, ruling: null }
  const others = decision.actions.flatMap(({ name }, a) => (name === action ? [] : [a]))
  if (others.length === 0) return adjudicate(decision, asked).recommendation.action === action
  const rules = [...decision.rules, rule('only', [{ kind: 'veto', actions: others }])]
  return adjudicate({ ...decision, rules }, asked).recommendation.action === action
}

function shifted(beliefs: Readonly<Record<string, number>>, by: number): Record<string, number> {
  return Object.fromEntries(
    Object.entries(beliefs).map(([state, belief], s) => [state, s === 0 ? belief + by : belief]),
  )
}
