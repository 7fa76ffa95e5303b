import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { putAccount } from '../../src/app/accounts.ts'
import { activateStored, releaseRules, rollBack, uploadRuleset } from '../../src/app/activation.ts'
import { adjudicate } from '../../src/app/adjudications.ts'
import { verifyAudit } from '../../src/app/audit.ts'
import { resolveEscalation } from '../../src/app/escalations/resolve.ts'
import { recordOutcomes } from '../../src/app/outcomes.ts'
import { getRuleset } from '../../src/app/ruleset.ts'
import { startShadow, stopShadow } from '../../src/app/shadow.ts'
import { listShadowAnswers, sweepShadowAnswers } from '../../src/app/shadow-answers.ts'
import { startRules } from '../../src/app/start-rules.ts'
import { reportShadow, type ShadowDecision } from '../../src/backtest/shadow.ts'
import { loadRuleset } from '../../src/core/rules/load.ts'
import { newestShadow } from '../../src/storage/shadow.ts'
import { followActivations } from '../../src/watch/follow.ts'
import { createTestApp, RULES, START } from './app.ts'
import { execute } from './database.ts'
import { admin, maria } from './escalations/reviewing.ts'
import { eventually } from './queue/eventually.ts'

const OUTREACH = RULES['expansion-outreach.yaml']!
const NUDGE = OUTREACH.replace('decision: expansion-outreach', 'decision: nudge')
const WITH_NUDGE = { ...RULES, 'nudge.yaml': NUDGE }
const edited = (from: string, to: string): Readonly<Record<string, string>> => ({
  ...WITH_NUDGE,
  'expansion-outreach.yaml': OUTREACH.replace(from, to),
})
const filesOf = (rules: Readonly<Record<string, string>>) =>
  Object.entries(rules).map(([name, text]) => ({ path: name, text }))

const test = await createTestApp({ rules: WITH_NUDGE })
const { app, databaseUrl, logged, pass } = test
/** Another process on the same database. */
const { app: other } = await createTestApp({ rules: WITH_NUDGE, databaseUrl })
for (const one of [app, other]) afterAll(followActivations(one))
const first = app.rules.active.hash

const upload = async (rules: Readonly<Record<string, string>>) =>
  (await uploadRuleset(app, admin, filesOf(rules))).ruleset
const runs = (hash: string | null) =>
  eventually(() => [app, other].every(({ rules }) => (rules.shadow?.ruleset.hash ?? null) === hash))
async function start(rules: Readonly<Record<string, string>>): Promise<string> {
  const hash = await upload(rules)
  await startShadow(app, admin, hash)
  await runs(hash)
  return hash
}
async function stop(): Promise<void> {
  await stopShadow(app, admin)
  await runs(null)
}

const said = (id: string, agent: string, claim: string, confidence: number) => ({ id, agent, claim, confidence })
/** Two agents that contradict each other, so that a person decides; regret is $59. */
const TORN = [said('p-1', 'pulse', 'healthy', 0.9), said('c-1', 'churn-radar', 'churn_risk', 0.82)]
const FACTS = { arr: 180_000, segment: 'smb' }
async function ask(account: string, request: object = {}, on = app) {
  const question = { account, decision: 'expansion-outreach', facts: FACTS, signals: TORN, ...request }
  return JSON.parse((await adjudicate(on, admin, question)).body)
}
const report = async () => (await reportShadow(app, admin))!
const outreach = async () => (await report()).decisions.find(({ decision }) => decision === 'expansion-outreach')!
const answers = async (filter = {}) => (await listShadowAnswers(app, admin, filter, { limit: 50 })).items

/** So dear is asking that nobody is asked. */
const DEAR = edited('cost: 40', 'cost: 400')

afterEach(async () => {
  if (app.rules.shadow) await stop()
})

describe('a shadow', () => {
  it('is told of in the trail, runs in every process, and one at a time', async () => {
    expect(await reportShadow(app, admin)).toBeUndefined()
    const hash = await start(DEAR)
    expect(getRuleset(other).shadow).toEqual({ ruleset: hash, startedAt: new Date(START).toISOString() })
    expect(await newestShadow(app.db)).toMatchObject({
      ruleset: hash,
      against: first,
      by: 'admin',
      changes: ['expansion-outreach: review cost 40 → 400'],
      end: null,
      activations: 0,
    })
    // Again is no other.
    const { sequence } = (await newestShadow(app.db))!
    await startShadow(other, admin, hash)
    expect((await newestShadow(app.db))!.sequence).toBe(sequence)
    await expect(startShadow(other, admin, await upload(edited('cost: 40', 'cost: 41')))).rejects.toMatchObject({
      code: 'shadow_conflict',
    })
    await stopShadow(other, admin)
    await runs(null)
    await expect(stopShadow(app, admin)).rejects.toMatchObject({ code: 'not_found' })
    await expect(startShadow(app, admin, first)).rejects.toMatchObject({ code: 'shadow_conflict' })
    await expect(startShadow(app, admin, `sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({ code: 'not_found' })
    expect(await newestShadow(app.db)).toMatchObject({ end: { by: 'admin', reason: 'stopped', at: START } })
    await expect(startShadow(app, maria, hash)).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('runs from the first answer of a process that starts meanwhile', async () => {
    const hash = await start(DEAR)
    const { ruleset } = loadRuleset(filesOf(WITH_NUDGE))
    expect((await startRules(app, { ruleset: ruleset! }, app.rules.directory, START)).shadow?.ruleset.hash).toBe(hash)
    await stop()
  })

  it('answers what is asked, once each, in every process; dry runs have none', async () => {
    const hash = await start(DEAR)
    const [one, two] = [await ask('acme'), await ask('globex', {}, other)]
    await ask('acme', { dryRun: true })
    expect((await answers()).map(({ adjudication }) => adjudication)).toEqual([two.id, one.id])
    expect((await answers())[1]).toMatchObject({
      account: 'acme',
      decision: 'expansion-outreach',
      result: 'flipped',
      active: { action: 'wait', disposition: 'escalate', verdict: null },
      candidate: { action: 'wait', disposition: 'act', errored: false, regret: one.regret, verdict: null },
      escalation: one.escalation.id,
    })
    expect(await report()).toMatchObject({ shadow: { ruleset: hash }, questions: 2 })
    expect(await outreach()).toMatchObject({
      questions: 2,
      compared: 2,
      same: 0,
      flipped: 2,
      flippedShare: 1,
      people: { active: 1, candidate: 0 },
      flips: [{ from: 'escalate', to: 'act wait', questions: 2 }],
      evidence: { flips: 2, unknown: 2 },
      newest: [{ adjudication: two.id }, { adjudication: one.id }],
    })
    expect(await test.metricsText()).toMatch(
      /umpire_shadow_answers_total\{decision="expansion-outreach",result="flipped"\} 1/,
    )
    await stop()
    await ask('acme')
    // What it found stays.
    expect(await report()).toMatchObject({ questions: 2, shadow: { end: { reason: 'stopped' } } })
  })

  it('never changes an answer, opens nothing and tells nobody', async () => {
    const rows = async () => {
      const tables = ['escalations', 'escalation_steps', 'outbox', 'pending_questions', 'adjudications', 'agents']
      return Promise.all(tables.map(async (table) => (await execute(databaseUrl, `SELECT count(*) FROM ${table}`))[0]))
    }
    /** Without what differs from one answer to the next. */
    const bare = (answer: object) =>
      JSON.stringify(answer)
        .replace(/"(id|account|hash|stream)":"[^"]*"/g, '""')
        .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '')
    const proposal = { agent: 'renewal-copilot', action: 'send_expansion_email' }
    const added = async (name: string) => {
      const before = await rows()
      const answer = await ask(name, { proposal })
      return { answer: bare(answer), before, after: await rows() }
    }
    // Makes the agent known.
    await added('first')
    const without = await added('without')
    // It would send, be reviewed, escalate elsewhere, and allow what was not allowed.
    await start(
      edited(
        'review: { cost: 40, queue: csm, due: PT8H, sampleRate: 0.1 }',
        'review: { cost: 4000, queue: ops, sampleRate: 1 }\nadjudicateOn: [signal]',
      ),
    )
    const beside = await added('beside')
    expect(beside.answer).toBe(without.answer)
    const grown = ({ before, after }: typeof beside) =>
      before.map((row, i) => Number(after[i]?.count) - Number(row?.count))
    expect(grown(beside)).toEqual(grown(without))
    expect((await outreach()).proposals).toEqual({
      judged: 1,
      differ: 1,
      verdicts: [{ from: 'ask', to: 'deny', questions: 1 }],
    })
    await stop()
  })

  it('is told where an expression of it fails, and where it can not answer at all', async () => {
    await start(
      edited(
        'rules:\n',
        'rules:\n  - { id: broken, when: \'account.flags[3] == "x"\', then: { tag: x, because: It breaks } }\n',
      ),
    )
    const { id, rules } = await ask('broken')
    expect(rules).toEqual([])
    expect(await outreach()).toMatchObject({
      compared: 1,
      errors: 1,
      failed: 0,
      newestErrors: [
        {
          answer: { adjudication: id, account: 'broken', result: 'same' },
          failures: [{ id: 'broken', error: expect.stringContaining('account.flags[3]') }],
        },
      ],
    })
    expect((await answers({ errored: true })).map(({ adjudication }) => adjudication)).toEqual([id])
    expect(await answers({ errored: false })).toEqual([])
    expect(await test.metricsText()).toMatch(/umpire_shadow_errors_total\{decision="expansion-outreach"\} 1\n/)
    // What was asked has been erased since.
    await execute(databaseUrl, `DELETE FROM audit_payloads WHERE stream = 'account:broken'`)
    expect((await outreach()).newestErrors).toMatchObject([{ answer: { adjudication: id }, failures: null }])
    const { start: started, ruleset } = app.rules.shadow!
    const damaged = { ...ruleset.decisions.get('expansion-outreach')!, claims: undefined as never }
    app.rules.followShadow({ start: started, ruleset: { ...ruleset, decisions: new Map([[damaged.name, damaged]]) } })
    const before = logged.length
    expect((await ask('unanswered')).recommendation.action).toBe('wait')
    expect(await outreach()).toMatchObject({ questions: 2, compared: 1, failed: 1 })
    const lines = logged.slice(before).filter((line) => line.includes('shadow'))
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0]!)).toMatchObject({ decision: 'expansion-outreach', type: 'TypeError' })
    expect(lines[0]).not.toMatch(/180000|unanswered/)
    await stop()
  })

  it('compares no decision that it does not have, and leaves out what a person had settled', async () => {
    const { 'nudge.yaml': _, ...rest } = DEAR
    await start(rest)
    await ask('settled', { decision: 'nudge' })
    const { escalation } = await ask('settled')
    await resolveEscalation(app, maria, escalation.id, { resolution: 'uphold', reason: 'agreed' })
    pass(1_000)
    expect((await ask('settled')).recommendation.reasons).toEqual(['decided_by_person'])
    const { decisions } = await report()
    expect(decisions).toMatchObject([
      { decision: 'expansion-outreach', questions: 2, compared: 1, flipped: 1, ruled: 1 },
      { decision: 'nudge', questions: 1, compared: 0, notCompared: 1, people: null, flippedShare: null },
    ])
    // Upheld: `act wait` is what the person did.
    expect(decisions[0]?.evidence).toEqual({
      flips: 1,
      outcomes: { agree: 0, contradict: 0, neither: 0 },
      people: { agree: 1, contradict: 0, neither: 0 },
      unknown: 0,
    })
    expect((await answers({ decision: 'nudge' })).map(({ candidate }) => candidate)).toEqual([null])
    await stop()
  })

  it('is held against what turns out to be true, by its own costs, under whatever name the account then has', async () => {
    await start(edited('cost: 40', 'cost: 60'))
    for (const account of ['crm:1', 'leaves', 'stays', 'unknown', 'erased']) await ask(account)
    pass(60_000)
    await putAccount(app, admin, 'joined', { aliases: ['crm:1'] })
    const outcome = (account: string, state: string) => ({
      account,
      decision: 'expansion-outreach',
      state,
      observedAt: new Date(START + 60_000).toISOString(),
      source: 'billing',
    })
    await recordOutcomes(app, admin, [
      outcome('joined', 'healthy'),
      outcome('leaves', 'at_risk'),
      outcome('stays', 'healthy'),
      outcome('erased', 'at_risk'),
    ])
    await execute(databaseUrl, `DELETE FROM audit_payloads WHERE stream = 'account:erased'`)
    // It waits where people were asked: that costs nothing where the account leaves, 108 where it stays, a look 60.
    expect((await outreach()).evidence).toEqual({
      flips: 5,
      outcomes: { agree: 1, contradict: 2, neither: 0 },
      people: { agree: 0, contradict: 0, neither: 0 },
      unknown: 2,
    })
    expect((await answers()).map(({ account }) => account)).toContain('crm:1')
    expect(await verifyAudit(app, {})).toMatchObject({ ok: true })
    await stop()
  })

  it('hides from reviewers what a blind queue hides', async () => {
    const queues = 'queues: { csm: { blind: true } }'
    const { ruleset: blind } = await uploadRuleset(app, admin, filesOf({ ...WITH_NUDGE, 'queues.yaml': queues }))
    await activateStored(app, admin, blind)
    await eventually(() => app.rules.active.hash === blind)
    const rule = `{ id: broken, when: 'account.segment == "large" && account.flags[3] == "x"', then: { tag: x, because: It breaks } }`
    const breaking = DEAR['expansion-outreach.yaml']!.replace('rules:\n', `rules:\n  - ${rule}\n`)
    await start({ ...DEAR, 'expansion-outreach.yaml': breaking, 'queues.yaml': queues })
    await ask('failing', { facts: { ...FACTS, segment: 'large' } })
    const { escalation } = await ask('hidden')
    const seen = async (viewer: typeof maria) => {
      const [{ newest, newestErrors }] = (await reportShadow(app, viewer))!.decisions as [ShadowDecision]
      const { items } = await listShadowAnswers(app, viewer, {}, { limit: 10 })
      return { list: items.length, newest: newest.length, errors: newestErrors.length }
    }
    expect(await seen(maria)).toEqual({ list: 0, newest: 0, errors: 0 })
    expect(await seen(admin)).toEqual({ list: 2, newest: 1, errors: 1 })
    await resolveEscalation(app, maria, escalation.id, { resolution: 'override', action: 'wait', reason: 'agreed' })
    expect(await seen(maria)).toEqual({ list: 1, newest: 1, errors: 0 })
    await stop()
    await activateStored(app, admin, first)
    await eventually(() => [app, other].every(({ rules }) => rules.active.hash === first))
  })

  it('ends when its set becomes the active one, and no activation is taken for another', async () => {
    const hash = await start(DEAR)
    await activateStored(app, admin, await upload(edited('cost: 40', 'cost: 45')))
    expect(await newestShadow(app.db)).toMatchObject({ ruleset: hash, end: null, activations: 1 })
    await activateStored(app, admin, hash)
    await runs(null)
    expect(await newestShadow(app.db)).toMatchObject({ end: { by: 'admin', reason: 'activated' }, activations: 1 })
    await eventually(() => [app, other].every(({ rules }) => rules.active.hash === hash))
    const back = await rollBack(app, admin)
    expect(back.changes).toEqual(['expansion-outreach: review cost 400 → 45'])
    await activateStored(app, admin, first)
    await start(DEAR)
    await releaseRules(app, admin)
    await eventually(() => !app.rules.activation.pinned)
    expect(app.rules.shadow?.ruleset.hash).toBe(hash)
    await stop()
    const kinds = await execute<{ kind: string }>(
      databaseUrl,
      `SELECT kind FROM audit_entries WHERE stream = 'rulesets' ORDER BY sequence DESC LIMIT 3`,
    )
    expect(kinds.map(({ kind }) => kind)).toEqual(['shadow.stopped', 'ruleset.released', 'shadow.started'])
    expect(await verifyAudit(app, { stream: 'rulesets' })).toMatchObject({ ok: true })
  })

  it('leaves nothing of those before it for long', async () => {
    await start(DEAR)
    await ask('newest')
    await sweepShadowAnswers(app)
    const rows = await execute(databaseUrl, 'SELECT account_id FROM shadow_answers')
    expect(rows).toEqual([{ account_id: 'newest' }])
    await stop()
  })

  it('does not run where its rules are damaged; whoever asks is answered, and the trail does not verify', async () => {
    const hash = await start(edited('cost: 40', 'cost: 61'))
    await ask('known')
    pass(60_000)
    const observedAt = new Date(app.now()).toISOString()
    await recordOutcomes(app, admin, [
      { account: 'known', decision: 'expansion-outreach', state: 'healthy', observedAt, source: 'billing' },
    ])
    const spoil = (content: string) =>
      execute(databaseUrl, 'UPDATE rulesets SET content = $2 WHERE hash = $1', [hash, content])
    const [row] = await execute<{ content: string }>(databaseUrl, 'SELECT content FROM rulesets WHERE hash = $1', [
      hash,
    ])
    await spoil('{')
    const third = await createTestApp({ rules: WITH_NUDGE, databaseUrl })
    expect(third.app.rules.shadow).toBeNull()
    const unfollow = followActivations(third.app)
    await eventually(() => third.logged.some((line) => line.includes('the shadow set could not be read')))
    await unfollow()
    expect((await ask('answered', {}, third.app)).recommendation.action).toBe('wait')
    // What was found before is told there, too, but for what only the rules themselves can tell.
    const [found] = (await reportShadow(third.app, admin))!.decisions
    expect(found).toMatchObject({ flipped: 1, evidence: { flips: 1, unknown: 1 } })
    expect((await outreach()).evidence).toMatchObject({ outcomes: { contradict: 1 }, unknown: 0 })
    expect(await verifyAudit(app, { stream: 'rulesets' })).toMatchObject({ ok: false })
    await spoil(row!.content)
    expect(await verifyAudit(app, { stream: 'rulesets' })).toMatchObject({ ok: true })
    await stop()
  })
})
