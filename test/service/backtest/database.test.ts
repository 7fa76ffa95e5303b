import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { putAccount } from '../../../src/app/accounts.ts'
import { adjudicate } from '../../../src/app/adjudications.ts'
import { patchAgent } from '../../../src/app/agents.ts'
import { resolveEscalation } from '../../../src/app/escalations/resolve.ts'
import { getRecord } from '../../../src/app/history.ts'
import { recordOutcomes } from '../../../src/app/outcomes.ts'
import { figuresOf } from '../../../src/app/record.ts'
import { ingestSignals } from '../../../src/app/signals.ts'
import type { Case } from '../../../src/backtest/case.ts'
import { type DatabaseOptions, withDatabase } from '../../../src/backtest/database.ts'
import { type ReplayOptions, replay } from '../../../src/backtest/replay.ts'
import { createSide } from '../../../src/backtest/side.ts'
import { adjudicate as arbitrate } from '../../../src/core/adjudicate.ts'
import type { Ruleset } from '../../../src/core/rules/load.ts'
import { readStatesAfter } from '../../../src/storage/past.ts'
import { createTestApp, RULES, START, type TestApp } from '../app.ts'
import { execute } from '../database.ts'
import { admin, HOUR, maria } from '../escalations/reviewing.ts'
import { rulesOf } from './files.ts'

const DECISION = 'expansion-outreach'
const DAY = 24 * HOUR

const options = (given: Partial<DatabaseOptions> = {}): DatabaseOptions => ({
  since: 30 * DAY,
  now: null,
  decision: null,
  ...given,
})

/** Every case that the database gives. */
async function casesOf({ app }: TestApp, given: Partial<DatabaseOptions> = {}): Promise<readonly Case[]> {
  return withDatabase(app.db, options(given), async ({ pieces }) => {
    const cases: Case[] = []
    for await (const piece of pieces()) if (piece.kind === 'cases') cases.push(...piece.cases)
    return cases
  })
}

function backtest(
  { app }: TestApp,
  candidate: Ruleset,
  given: Partial<DatabaseOptions> & ReplayOptions = {},
  baseline = app.rules.active,
) {
  const named = (ruleset: Ruleset) => ({ ruleset, name: ruleset.hash })
  const contest = { baseline: named(baseline), candidate: named(candidate), minutesPerReview: 10 }
  return withDatabase(app.db, options(given), (history) => replay(history, contest, given))
}

/** The rules of the tests, changed. */
const changed = (change: (text: string) => string) =>
  rulesOf({ ...RULES, 'expansion-outreach.yaml': change(RULES['expansion-outreach.yaml']!) })

const AGENTS = ['churn-radar', 'pulse', 'usage', 'stranger'] as const
const fraction = fc.double({ min: 0, max: 1, noNaN: true })
const situation = fc.record({
  arr: fc.double({ min: 0, max: 5e6, noNaN: true }),
  flags: fc.subarray(['procurement_dispute', 'reference']),
  signals: fc.array(
    fc.record({
      agent: fc.constantFrom(...AGENTS),
      claim: fc.constantFrom('churn_risk', 'healthy', 'unmapped'),
      confidence: fc.option(fraction, { nil: undefined }),
      observedAt: fc.integer({ min: 0, max: 90 * 24 * 60 }).map((age) => new Date(START - age * 60_000).toISOString()),
      expiresAt: fc.option(fc.constant(new Date(START + HOUR).toISOString()), { nil: undefined }),
    }),
    { maxLength: 8 },
  ),
  overlay: fc.option(fc.record({ arr: fc.integer({ min: 0, max: 1_000_000 }) }), { nil: undefined }),
  proposal: fc.option(fc.constantFrom('send_expansion_email', 'wait'), { nil: undefined }),
  later: fc.integer({ min: 0, max: 7_200_000 }),
})

describe('a recorded history', async () => {
  const test = await createTestApp()
  const { app, pass } = test
  // More than one page, and the agents change between them.
  const situations = fc.sample(situation, { numRuns: 1_100, seed: 20261120 })
  const ids: string[] = []
  for (let from = 0; from < situations.length; from += 100) {
    await patchAgent(app, admin, AGENTS[(from / 100) % AGENTS.length]!, { mode: 'live', trust: 0.5 + from / 5_000 })
    const made = situations.slice(from, from + 100).map(async (one, i) => {
      const account = `random-${from + i}`
      await putAccount(app, admin, account, { facts: { arr: one.arr, segment: 'smb', flags: one.flags } })
      await ingestSignals(
        app,
        admin,
        one.signals.map((said, k) => ({ ...said, id: `s${k}`, account })),
      )
      const { id } = await adjudicate(app, admin, {
        account,
        decision: DECISION,
        ...(one.overlay && { facts: one.overlay }),
        ...(one.proposal && { proposal: { agent: 'renewal-copilot', action: one.proposal } }),
      })
      return id!
    })
    ids.push(...(await Promise.all(made)))
    pass(situations[from]!.later)
  }
  // What happens later must not reach back.
  await putAccount(app, admin, 'random-0', { facts: { arr: 1 } })
  await patchAgent(app, admin, 'pulse', { trust: 0.01 })

  it('gives every stored figure again, to the last digit', async () => {
    const cases = await casesOf(test)
    expect(cases.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
    const side = createSide(app.rules.active)
    for (const one of cases) {
      const { account, now, draw, facts, signals, proposal } = one
      const question = { account, now, draw, facts, signals, proposal, agents: side.standing(one.agents), ruling: null }
      const { figures } = await getRecord(app, one.id!)
      const again = figuresOf(arbitrate(app.rules.decision(DECISION), question))
      expect(JSON.parse(JSON.stringify(again))).toEqual(figures)
    }
  })

  it('flips nothing when what answered is replayed against itself', async () => {
    const { history, decisions } = await backtest(test, app.rules.active)
    expect(history).toMatchObject({
      source: 'database',
      questions: 1_100,
      erased: 0,
      ruled: 0,
      undated: 0,
      reproduced: { of: 1_100, same: 1_100 },
    })
    expect(decisions).toHaveLength(1)
    expect(decisions[0]!.flips).toMatchObject({ count: 0, recommendationOnly: 0 })
    expect(decisions[0]!.costs).toEqual([])
  })

  it('gives the same bytes whatever the number of threads', async () => {
    const candidate = changed((text) => text.replace('cost: 40', 'cost: 400'))
    const reports = await Promise.all(
      [0, 1, 2, 3].map(async (threads) => JSON.stringify(await backtest(test, candidate, { threads }))),
    )
    expect(new Set(reports).size).toBe(1)
    expect(JSON.parse(reports[0]!).decisions[0].flips.count).toBeGreaterThan(0)
  })

  it('sees nothing of what others write while it is read', async () => {
    const seen = await withDatabase(app.db, options(), async (history) => {
      await adjudicate(app, admin, { account: 'random-1', decision: DECISION })
      let count = 0
      for await (const piece of history.pieces()) if (piece.kind === 'cases') count += piece.cases.length
      return { count, total: history.total }
    })
    expect(seen).toEqual({ count: 1_100, total: 1_100 })
  })
})

describe('what became known', async () => {
  const test = await createTestApp()
  const { app, pass, databaseUrl } = test
  const at = (milliseconds: number) => new Date(START + milliseconds).toISOString()
  const outcome = (account: string, state: string, observedAt: string, source = 'crm') =>
    recordOutcomes(app, admin, [{ account, decision: DECISION, state, observedAt, source }])

  /** An account about which two agents disagree, so that a person is asked. */
  async function contested(account: string): Promise<string> {
    await putAccount(app, admin, account, { facts: { arr: 180_000, segment: 'smb' } })
    await ingestSignals(app, admin, [
      { id: 'h', agent: 'pulse', account, claim: 'healthy', confidence: 0.9 },
      { id: 'c', agent: 'churn-radar', account, claim: 'churn_risk', confidence: 0.82 },
    ])
    const { body } = await adjudicate(app, admin, { account, decision: DECISION })
    return JSON.parse(body).escalation.id
  }

  const [resolved, dismissed] = [await contested('resolved'), await contested('dismissed')]
  for (const account of ['known', 'late', 'joined-before', 'untold', 'erased']) await contested(account)
  pass(HOUR)
  await outcome('known', 'at_risk', at(-DAY))
  await outcome('known', 'healthy', at(DAY))
  await outcome('known', 'at_risk', at(2 * DAY))
  await outcome('late', 'at_risk', at(-1))
  // The account's outcome arrives under the name that it has joined since.
  await putAccount(app, admin, 'main', { facts: {}, aliases: ['joined-before'] })
  await outcome('main', 'at_risk', at(DAY))
  await resolveEscalation(app, maria, resolved, {
    resolution: 'override',
    action: 'send_expansion_email',
    reason: 'knows_account',
  })
  await resolveEscalation(app, maria, dismissed, { resolution: 'dismiss', reason: 'stale' })
  // What she has decided stands: the next answer is hers.
  const { body } = await adjudicate(app, admin, { account: 'resolved', decision: DECISION })
  await execute(databaseUrl, `DELETE FROM audit_payloads WHERE stream = 'account:erased'`)

  it('is what was observed first after the question, under any name of the account', async () => {
    const found = new Map((await casesOf(test)).map(({ account, state }) => [account, state]))
    expect(Object.fromEntries(found)).toMatchObject({
      known: 'healthy',
      late: null,
      'joined-before': 'at_risk',
      untold: null,
    })
  })

  it('is the same whichever of two names that disagree had joined first', async () => {
    for (const account of ['one', 'two']) {
      await putAccount(app, admin, account, { facts: {} })
      await outcome(`${account}.a`, 'at_risk', at(DAY))
      await outcome(`${account}.z`, 'healthy', at(DAY))
    }
    for (const alias of ['one.a', 'one.z', 'two.z', 'two.a']) {
      await putAccount(app, admin, alias.slice(0, 3), { aliases: [alias] })
    }
    const questions = ['one', 'two'].map((account) => ({ account, decision: DECISION, at: new Date(START) }))
    expect(await readStatesAfter(app.db, questions)).toEqual(['at_risk', 'at_risk'])
  })

  it('is what a person decided, unless they decided nothing', async () => {
    const cases = await casesOf(test)
    const decided = cases.filter(({ resolved }) => resolved !== null)
    expect(decided.map(({ account, resolved }) => [account, resolved])).toEqual([['resolved', 'send_expansion_email']])
    expect(cases.filter(({ account }) => account === 'dismissed')).toMatchObject([{ resolved: null }])
  })

  it('is held against flips, and what could not be asked is counted', async () => {
    expect(JSON.parse(body).recommendation.reasons).toContain('decided_by_person')
    const sends = changed((text) => text.replace('cost: 40', 'cost: 1e9').replace('healthy: 0.0006', 'healthy: 0.06'))
    const { history, decisions } = await backtest(test, sends)
    expect(history).toMatchObject({ questions: 7, withOutcome: 2, withResolution: 1, erased: 1, ruled: 1 })
    expect(history.reproduced).toEqual({ of: 6, same: 6 })
    const { flips } = decisions[0]!
    expect(flips.pairs).toMatchObject([{ from: 'escalate', to: 'act send_expansion_email', count: 7 }])
    expect(flips.evidence).toEqual({
      // By the candidate's costs nothing is dearer than a look.
      outcomes: { agree: 2, contradict: 0, neither: 0 },
      people: { agree: 1, contradict: 0, neither: 0 },
      unknown: 4,
    })
  })

  it('speaks against a set that acts otherwise than the person', async () => {
    const waits = changed((text) => text.replace('cost: 40', 'cost: 1e9'))
    const { decisions } = await backtest(test, waits)
    expect(decisions[0]!.flips.evidence.people).toEqual({ agree: 0, contradict: 1, neither: 0 })
    const [flip] = decisions[0]!.flips.costliest
    expect(flip).toMatchObject({
      from: 'escalate',
      to: 'act wait',
      link: expect.stringMatching(/^\/v1\/adjudications\//),
    })
  })
})

describe('a span of time', async () => {
  const test = await createTestApp({
    rules: { ...RULES, 'other.yaml': RULES['expansion-outreach.yaml']!.replace(DECISION, 'other') },
  })
  const { app, pass } = test
  for (const [i, decision] of [DECISION, 'other', DECISION, DECISION].entries()) {
    await putAccount(app, admin, `a${i}`, { facts: { arr: 1_000, segment: 'smb' } })
    await adjudicate(app, admin, { account: `a${i}`, decision })
    pass(10 * DAY)
  }
  const accounts = async (given: Partial<DatabaseOptions>) => (await casesOf(test, given)).map(({ account }) => account)

  it('ends with the newest adjudication', async () => {
    expect(await accounts({})).toEqual(['a3', 'a2', 'a1', 'a0'])
    expect(await accounts({ since: 25 * DAY })).toEqual(['a3', 'a2', 'a1'])
    expect(await accounts({ since: 10 * DAY })).toEqual(['a3', 'a2'])
  })

  it('ends when it is told to', async () => {
    expect(await accounts({ now: START + 20 * DAY, since: 10 * DAY })).toEqual(['a2', 'a1'])
  })

  it('is of one decision, where that is asked for', async () => {
    expect(await accounts({ decision: 'other' })).toEqual(['a1'])
    const { history } = await backtest(test, app.rules.active, { decision: 'other' })
    expect(history).toMatchObject({ questions: 1, days: 1, from: '2026-12-03T09:00:00.000Z' })
  })

  it('tells hours a day', async () => {
    const asks = rulesOf({
      ...RULES,
      'expansion-outreach.yaml': RULES['expansion-outreach.yaml']!.replace(
        'rules:\n',
        `rules:\n  - { id: all, when: 'true', then: { escalate: {}, because: People decide } }\n`,
      ),
    })
    const { decisions, notCompared, history } = await backtest(test, asks)
    expect(history.days).toBe(30)
    expect(decisions[0]!.people.candidate).toMatchObject({ asked: 3, askedShare: 1 })
    expect(decisions[0]!.people.candidate.hoursPerDay).toBeCloseTo((3 * 10) / 60 / 30, 12)
    expect(notCompared).toEqual([{ decision: 'other', reason: 'not_in_candidate', questions: 1 }])
  })

  it('in which nothing was asked is refused', async () => {
    await expect(accounts({ now: START - DAY })).rejects.toThrow(
      'the database has no adjudication of that time; ask for more with --since',
    )
    await expect(accounts({ decision: 'nothing' })).rejects.toThrow(
      'the database has no adjudication of `nothing` yet; `umpire backtest` can replay files instead',
    )
  })
})
