import { describe, expect, it } from 'vitest'
import { getAccount, putAccount } from '../../src/app/accounts.ts'
import { adjudicate } from '../../src/app/adjudications.ts'
import { verifyAudit } from '../../src/app/audit.ts'
import { claimEscalation } from '../../src/app/escalations/claims.ts'
import { getResolution } from '../../src/app/escalations/resolution.ts'
import { resolveEscalation } from '../../src/app/escalations/resolve.ts'
import { getAdjudication, recompute } from '../../src/app/history.ts'
import type { Principal } from '../../src/app/principal.ts'
import { ingestSignals } from '../../src/app/signals.ts'
import { answerQuestion } from '../../src/app/unasked.ts'
import type { Escalation } from '../../src/core/escalation/escalation.ts'
import { findEscalation, listEscalations } from '../../src/storage/escalations.ts'
import { createTestApp, RULES } from './app.ts'
import { execute } from './database.ts'

const admin: Principal = { name: 'admin', kind: 'service', scopes: new Set(['admin']), agents: null }
const expansion = RULES['expansion-outreach.yaml']!
const { app, databaseUrl, pass } = await createTestApp({
  rules: {
    ...RULES,
    'expansion-outreach.yaml': expansion.replace(
      'rules:\n',
      `rules:
  - id: angry
    when: signals.exists(s, s.claim == "angry_customer")
    then:
      veto: [send_expansion_email]
      escalate: { queue: support, priority: 100, due: PT15M }
      because: An angry customer hears from a person
  - id: broken
    when: 'account.segment == "broken" && size(account.flags[0]) > 0'
    then: { tag: broken, because: It breaks where there are no flags }
`,
    ),
    'watched.yaml': expansion
      .replace('expansion-outreach', 'watched')
      .replace('review:', 'adjudicateOn: [signal, fact]\nreview:'),
  },
})

const facts = { arr: 180_000, segment: 'smb' }
const say = (account: string, agent: string, claim: string, confidence: number, id = `${agent}-${claim}`) =>
  ingestSignals(app, admin, [{ id, agent, account, claim, confidence }])
const ask = async (account: string, request: object = {}) => {
  const { body } = await adjudicate(app, admin, { account, decision: 'expansion-outreach', ...request })
  return JSON.parse(body)
}
const waiting = (account: string) =>
  listEscalations(app.db, { accounts: [account], status: ['open', 'claimed'] }, undefined, 10)
const item = async (id: string) => (await findEscalation(app.db, id)) as Escalation
const notices = async (escalation: string) => {
  const rows = await execute<{ payload: string }>(
    databaseUrl,
    `SELECT payload FROM outbox WHERE topic = 'notice' ORDER BY id`,
  )
  return rows.map(({ payload }) => JSON.parse(payload)).filter((notice) => notice.escalation === escalation)
}
const events = async (escalation: string) => (await notices(escalation)).map(({ event }) => event)

/** An account about which two agents disagree, so that a person must decide. */
async function disputed(account: string): Promise<void> {
  await putAccount(app, admin, account, { facts })
  await say(account, 'pulse', 'healthy', 0.9)
  await say(account, 'churn-radar', 'churn_risk', 0.82)
}

describe('a question that needs a person', () => {
  it('opens one item, however often it is asked', async () => {
    await disputed('often')
    const first = await ask('often')
    pass(60_000)
    const second = await ask('often')
    expect(second.escalation.id).toBe(first.escalation.id)
    const items = await waiting('often')
    expect(items).toMatchObject([
      {
        id: first.escalation.id,
        openedBy: first.id,
        adjudication: second.id,
        changes: 0,
        queue: 'csm',
        regret: second.regret,
      },
    ])
    expect(await events(first.escalation.id)).toEqual(['escalation.opened'])
  })

  it('opens one item where many ask at once', async () => {
    await disputed('crowd')
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('crowd')))
    expect(new Set(answers.map(({ escalation }) => escalation.id)).size).toBe(1)
    expect(await waiting('crowd')).toHaveLength(1)
  })

  it('says what has changed, makes the item more urgent, and tells people once', async () => {
    await disputed('changed')
    const { escalation } = await ask('changed')
    await say('changed', 'churn-radar', 'angry_customer', 0.9)
    const second = await ask('changed')
    expect(second.escalation.id).toBe(escalation.id)
    expect(await item(escalation.id)).toMatchObject({ changes: 1, queue: 'support', priority: 100 })
    expect((await item(escalation.id)).dueAt).toBe(app.now() + 15 * 60_000)
    await ask('changed')
    expect(await events(escalation.id)).toEqual(['escalation.opened', 'escalation.changed'])
    const [entry] = await execute<{ payload: string }>(
      databaseUrl,
      `SELECT payload FROM escalation_steps JOIN audit_payloads USING (stream, sequence)
       WHERE escalation_id = $1 ORDER BY sequence DESC LIMIT 1`,
      [escalation.id],
    )
    expect(JSON.parse(entry!.payload).body.changed).toMatchObject({
      queue: { from: 'csm', to: 'support' },
      reasons: { from: ['uncertain'], to: ['rule'] },
    })
  })

  it('withdraws the item when it needs nobody any more', async () => {
    await disputed('calm')
    const { escalation } = await ask('calm')
    await say('calm', 'pulse', 'healthy', 0.4, 'doubt')
    const after = await ask('calm')
    expect(after.recommendation.disposition).not.toBe('escalate')
    expect(await item(escalation.id)).toMatchObject({
      status: 'withdrawn',
      resolution: { resolution: 'withdrawn', reason: 'no_longer_needed' },
      tickAt: null,
    })
    expect(await events(escalation.id)).toEqual(['escalation.opened', 'escalation.withdrawn'])
    const again = await ask('calm', {
      signals: [{ id: 'sure', agent: 'pulse', claim: 'healthy', confidence: 0.9 }],
    })
    expect(again.escalation.id).not.toBe(escalation.id)
  })

  it('keeps the item while a proposal waits for it', async () => {
    await disputed('proposed')
    const proposal = { agent: 'renewal-copilot', action: 'send_expansion_email' }
    const { escalation } = await ask('proposed', { proposal })
    await say('proposed', 'pulse', 'healthy', 0.4, 'doubt')
    await ask('proposed')
    expect(await item(escalation.id)).toMatchObject({ status: 'open', asked: { proposal } })
    await ask('proposed', { proposal })
    expect(await item(escalation.id)).toMatchObject({ status: 'withdrawn' })
  })

  it('keeps nothing of a dry run', async () => {
    await disputed('dry')
    expect((await ask('dry', { dryRun: true })).escalation).toMatchObject({ id: null, queue: 'csm' })
    expect(await waiting('dry')).toEqual([])
  })
})

describe('samples', () => {
  it('are never merged or withdrawn, and keep the probability with which they were drawn', async () => {
    const sampled = { ...app, draw: () => 0.01 }
    await putAccount(app, admin, 'sampled', { facts })
    await say('sampled', 'pulse', 'healthy', 0.95)
    const body = async () =>
      JSON.parse((await adjudicate(sampled, admin, { account: 'sampled', decision: 'expansion-outreach' })).body)
    const [one, two] = [await body(), await body()]
    expect(one.recommendation.disposition).toBe('act_and_review')
    expect(one.escalation.id).not.toBe(two.escalation.id)
    await ask('sampled')
    expect(await waiting('sampled')).toMatchObject([
      { kind: 'sample', probability: 0.1, tickAt: null },
      { kind: 'sample', probability: 0.1 },
    ])
    expect(await events(one.escalation.id)).toEqual([])
  })
})

describe('what can not be evaluated', () => {
  it('opens one item for the rule, not for each account', async () => {
    for (const account of ['broken-1', 'broken-2', 'broken-3']) {
      await putAccount(app, admin, account, { facts: { arr: 1000, segment: 'broken' } })
    }
    const answers = await Promise.all(['broken-1', 'broken-2', 'broken-3'].map((account) => ask(account)))
    expect(answers.map(({ recommendation }) => recommendation.reasons[0])).toEqual(Array(3).fill('rule_error'))
    const ids = new Set(answers.map(({ escalation }) => escalation.id))
    expect(ids.size).toBe(1)
    const [id] = [...ids]
    expect(await item(id as string)).toMatchObject({ rule: 'expansion-outreach.broken', queue: 'ops', status: 'open' })
    expect((await ask('broken-2')).escalation.id).toBe(id)
    expect(await events(id as string)).toEqual(['escalation.opened'])
    expect(await waiting('broken-2')).toHaveLength((await item(id as string)).account === 'broken-2' ? 1 : 0)
  })
})

describe('an account that joins', () => {
  it('brings what waits about it, once', async () => {
    await disputed('crm:1')
    await disputed('crm:2')
    await disputed('whole')
    const [one, two] = [await ask('crm:1'), await ask('crm:2')]
    await putAccount(app, admin, 'merged', { facts, aliases: ['crm:1'] })
    expect(await item(one.escalation.id)).toMatchObject({ account: 'merged', status: 'open' })
    await putAccount(app, admin, 'merged', { aliases: ['crm:2'] })
    expect(await item(two.escalation.id)).toMatchObject({
      status: 'withdrawn',
      resolution: { reason: 'account_joined' },
    })
    const again = await ask('merged')
    expect(again.escalation.id).toBe(one.escalation.id)
    expect((await getAccount(app, 'crm:1')).escalations).toMatchObject([{ id: one.escalation.id }])
  })

  it('keeps of two items the more urgent, and asks again with all that is known', async () => {
    await disputed('calmer')
    await disputed('crm:angry')
    await say('crm:angry', 'churn-radar', 'angry_customer', 0.9)
    const [calm, angry] = [await ask('calmer'), await ask('crm:angry')]
    await putAccount(app, admin, 'calmer', { aliases: ['crm:angry'] })
    expect(await waiting('calmer')).toMatchObject([{ id: angry.escalation.id, queue: 'support', priority: 100 }])
    expect(await item(calm.escalation.id)).toMatchObject({
      status: 'withdrawn',
      resolution: { reason: 'account_joined', into: angry.escalation.id },
    })
    const pending = await execute(databaseUrl, `SELECT decision FROM pending_questions WHERE account_id = 'calmer'`)
    expect(pending).toContainEqual({ decision: 'expansion-outreach' })
    const reviewer = { reviewer: 'maria' }
    await expect(claimEscalation(app, admin, calm.escalation.id, reviewer)).rejects.toMatchObject({
      code: 'already_resolved',
      message: expect.stringContaining(`where \`${angry.escalation.id}\` goes on`),
    })
    const resolution = { resolution: 'override', action: 'wait', reason: 'agreed', ...reviewer } as const
    await resolveEscalation(app, admin, angry.escalation.id, resolution)
    expect(await getResolution(app, calm.id, 0, new AbortController().signal)).toMatchObject({
      escalation: angry.escalation.id,
      status: 'resolved',
      resolution: { action: 'wait', by: 'maria' },
    })
  })
})

describe('a resolution', () => {
  const proposal = { agent: 'renewal-copilot', action: 'send_expansion_email' }

  it('makes the answer of record that of the person, to whoever asks for it again', async () => {
    await disputed('recorded')
    const asked = await ask('recorded', { proposal })
    const resolution = { resolution: 'override', action: 'send_expansion_email', reason: 'knows_account' } as const
    await resolveEscalation(app, admin, asked.escalation.id, { ...resolution, reviewer: 'maria' })
    expect(await getAdjudication(app, asked.id)).toMatchObject({
      summary: expect.stringContaining('maria decided'),
      recommendation: { action: 'send_expansion_email', disposition: 'act', reasons: ['decided_by_person'] },
      proposal: { verdict: 'allow', reasons: ['decided_by_person'] },
      resolution: { action: 'send_expansion_email', recommended: 'wait', by: 'maria' },
      beliefs: asked.beliefs,
    })
    expect(await recompute(app, asked.id)).toEqual({ identical: true, differences: [] })
    expect(await ask('recorded', { proposal })).toMatchObject({
      recommendation: { action: 'send_expansion_email', disposition: 'act' },
      proposal: { verdict: 'allow' },
      escalation: null,
    })
  })
})

it('shows the item as it stands, where an older answer made it more urgent', async () => {
  await disputed('urgent')
  await say('urgent', 'churn-radar', 'angry_customer', 0.9)
  const first = await ask('urgent')
  pass(60_000)
  const second = await ask('urgent')
  expect(second.escalation).toEqual(first.escalation)
  const reminded = (await item(first.escalation.id)).remindAt
  expect(reminded).toBe(Math.floor(reminded!))
})

describe('a question that nobody asks', () => {
  const questions = () => execute<{ account_id: string }>(databaseUrl, 'SELECT * FROM pending_questions ORDER BY 1')
  const answers = (account: string) =>
    execute(databaseUrl, `SELECT id FROM adjudications WHERE account_id = $1 AND decision = 'watched'`, [account])

  it('is raised by what its decision watches for, and answered once', async () => {
    await execute(databaseUrl, 'DELETE FROM pending_questions')
    await disputed('watched')
    expect(await questions()).toMatchObject([{ account_id: 'watched', decision: 'watched' }])
    expect(await answerQuestion(app, 'watched', 'watched')).toBeNull()
    expect(await answers('watched')).toHaveLength(1)
    expect(await questions()).toEqual([])
    expect(await answerQuestion(app, 'watched', 'watched')).toBeNull()
    expect(await answers('watched')).toHaveLength(1)
  })

  it('waits a moment after an answer, so that many signals get few answers', async () => {
    await disputed('chatty')
    await answerQuestion(app, 'chatty', 'watched')
    await say('chatty', 'pulse', 'healthy', 0.8, 'more')
    const settled = (await answerQuestion(app, 'chatty', 'watched')) as number
    expect(settled).toBeGreaterThan(app.now())
    pass(settled - app.now())
    expect(await answerQuestion(app, 'chatty', 'watched')).toBeNull()
    expect(await answers('chatty')).toHaveLength(2)
  })

  it('is not asked again where somebody has asked since', async () => {
    await disputed('asked')
    await ask('asked', { decision: 'watched' })
    await answerQuestion(app, 'asked', 'watched')
    expect(await answers('asked')).toHaveLength(1)
  })
})

it('leaves a trail that holds, and answers that are recomputed to the last digit', async () => {
  expect(await verifyAudit(app, {})).toMatchObject({ ok: true })
  const ids = await execute<{ id: string }>(databaseUrl, 'SELECT id FROM adjudications')
  for (const { id } of ids) expect(await recompute(app, id)).toEqual({ identical: true, differences: [] })
})
