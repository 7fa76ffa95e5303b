import { describe, expect, it } from 'vitest'
import { verifyAudit } from '../../../src/app/audit.ts'
import { claimEscalation, commentOnEscalation } from '../../../src/app/escalations/claims.ts'
import { getEscalation, listEscalations } from '../../../src/app/escalations/reading.ts'
import { type ResolutionRequest, resolveEach, resolveEscalation } from '../../../src/app/escalations/resolve.ts'
import { getAdjudication } from '../../../src/app/history.ts'
import { createTestApp } from '../app.ts'
import { execute } from '../database.ts'
import { admin, ben, createCases, MINUTE, maria, REVIEW_RULES } from './reviewing.ts'

const { app, databaseUrl, pass } = await createTestApp({ rules: REVIEW_RULES })
const { say, ask, open, steps, body, events } = createCases(app, databaseUrl)

const UPHOLD = { resolution: 'uphold', reason: 'agreed' } as const
const SEND = { resolution: 'override', action: 'send_expansion_email', reason: 'knows_account' } as const
const DISMISS = { resolution: 'dismiss', reason: 'stale' } as const
const resolve = (id: string, request: ResolutionRequest, by = maria) => resolveEscalation(app, by, id, request)
const rulings = (account: string) =>
  execute<{ ruling: string }>(databaseUrl, 'SELECT * FROM rulings WHERE account_id = $1', [account])
const outcomes = (account: string) =>
  execute(databaseUrl, 'SELECT state, source, sequence FROM outcomes WHERE account_id = $1', [account])
const agreements = (escalation: string) =>
  execute(
    databaseUrl,
    'SELECT agent, claim, agrees, basis, reason FROM agreements WHERE escalation_id = $1 ORDER BY agent',
    [escalation],
  )

describe('a resolution', () => {
  it('upholds what is recommended, and that stands', async () => {
    const id = await open('upheld')
    const view = await resolve(id, { ...UPHOLD, comment: 'Right' })
    expect(view).toMatchObject({
      status: 'resolved',
      closedAt: new Date(app.now()).toISOString(),
      resolution: {
        resolution: 'uphold',
        action: 'wait',
        recommended: 'wait',
        reason: 'agreed',
        comment: 'Right',
        by: 'maria',
        state: null,
        wrongSignals: [],
      },
    })
    expect(await events(id)).toEqual(['escalation.opened', 'escalation.resolved'])
    const again = await ask('upheld')
    expect(again).toMatchObject({
      recommendation: { action: 'wait', disposition: 'act' },
      escalation: null,
      ruling: { by: 'maria', action: 'wait' },
    })
    expect(await getAdjudication(app, view.adjudication)).toMatchObject({ resolution: { by: 'maria' } })
  })

  it('overrides it with another action, and that stands', async () => {
    const id = await open('overridden')
    expect(await resolve(id, SEND)).toMatchObject({
      resolution: { resolution: 'override', action: 'send_expansion_email', recommended: 'wait' },
    })
    const { ruling, resolution } = await body(id, 'resolved')
    expect(resolution).toEqual({
      ...SEND,
      recommended: 'wait',
      state: null,
      wrongSignals: [],
      comment: null,
    })
    const [stored] = await rulings('overridden')
    expect(JSON.parse(stored!.ruling)).toEqual(ruling)
    expect(ruling).toMatchObject({ action: 'send_expansion_email', by: 'maria', at: app.now() })
    expect((await ask('overridden')).recommendation).toMatchObject({
      action: 'send_expansion_email',
      disposition: 'act',
      reasons: expect.arrayContaining(['decided_by_person']),
    })
  })

  it('that dismisses decides nothing', async () => {
    const id = await open('dismissed')
    expect(await resolve(id, DISMISS)).toMatchObject({ resolution: { action: null, recommended: 'wait' } })
    expect(await rulings('dismissed')).toEqual([])
    expect(await agreements(id)).toEqual([])
    expect((await ask('dismissed')).escalation).toMatchObject({ id: expect.not.stringContaining(id) })
  })

  it('with a state is an outcome, and tells who was right', async () => {
    const id = await open('outcome')
    await resolve(id, { ...SEND, state: 'healthy', wrongSignals: ['churn-radar-churn_risk'] })
    const [outcome] = await outcomes('outcome')
    expect(outcome).toMatchObject({ state: 'healthy', source: 'reviewer:maria' })
    expect(await agreements(id)).toEqual([
      { agent: 'churn-radar', claim: 'churn_risk', agrees: false, basis: 'named', reason: 'knows_account' },
      { agent: 'pulse', claim: 'healthy', agrees: true, basis: 'state', reason: 'knows_account' },
    ])
    const { entries } = { entries: await steps(id) }
    expect(entries).toEqual(['adjudication', 'resolved'])
    expect(await verifyAudit(app, { stream: 'account:outcome' })).toMatchObject({ ok: true })
  })

  it('without one tells by its action', async () => {
    const id = await open('by-action')
    await resolve(id, UPHOLD)
    expect(await agreements(id)).toMatchObject([
      { agent: 'churn-radar', agrees: true, basis: 'action' },
      { agent: 'pulse', agrees: false, basis: 'action' },
    ])
  })

  it('comes without a claim, or from who holds it', async () => {
    const id = await open('claimed')
    await claimEscalation(app, maria, id, {})
    await expect(resolve(id, UPHOLD, ben)).rejects.toMatchObject({ code: 'already_claimed' })
    expect(await resolve(id, UPHOLD)).toMatchObject({ status: 'resolved', claimedBy: null, claimedUntil: null })
  })

  it('comes once', async () => {
    const id = await open('once')
    const results = await Promise.allSettled([resolve(id, UPHOLD), resolve(id, SEND, ben)])
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await expect(resolve(id, DISMISS)).rejects.toMatchObject({
      code: 'already_resolved',
      message: expect.stringMatching(/^escalation `.+` was resolved by `(maria|ben)` at 2026-/),
    })
    await expect(commentOnEscalation(app, ben, id, { comment: 'late' })).rejects.toMatchObject({
      code: 'already_resolved',
    })
    expect(await steps(id)).toEqual(['adjudication', 'resolved'])
  })

  it('is of the newest answer, or refused to who has looked at an older one', async () => {
    const id = await open('changed')
    const { adjudication } = await getEscalation(app, id)
    await say('changed', 'pulse', 'healthy', 0.97, 'newer')
    const newer = await ask('changed')
    expect(newer.escalation.id).toBe(id)
    await expect(resolve(id, { ...UPHOLD, adjudication })).rejects.toMatchObject({
      code: 'escalation_changed',
      message: expect.stringContaining(`it is about adjudication \`${newer.id}\` now; look again`),
    })
    const { action } = newer.recommendation
    expect(await resolve(id, { ...UPHOLD, adjudication: newer.id })).toMatchObject({ resolution: { action } })
  })

  it('of a sample leaves what has been decided since', async () => {
    await say('sampled', 'pulse', 'healthy', 0.9)
    const { escalation: sample } = await ask('sampled', 'csm', { facts: { arr: 180_000, segment: 'smb' } })
    expect(sample.kind).toBe('sample')
    pass(MINUTE)
    await resolve(await open('sampled'), { ...UPHOLD })
    pass(MINUTE)
    await resolve(sample.id, { ...SEND })
    const [stored] = await rulings('sampled')
    expect(JSON.parse(stored!.ruling)).toMatchObject({ action: 'wait' })
    expect((await body(sample.id, 'resolved')).ruling).toBeUndefined()
    const samples = await listEscalations(app, { account: 'sampled', kind: 'sample' }, { limit: 9 })
    expect(samples.items).toMatchObject([{ id: sample.id, kind: 'sample', probability: 1, status: 'resolved' }])
    const decisions = await listEscalations(app, { account: 'sampled' }, { limit: 9 })
    expect(decisions.items.map(({ kind }) => kind)).toEqual(['decision'])
  })

  it.each<[string, Partial<ResolutionRequest>, string, string]>([
    ['a reason that nobody declared', { reason: 'because' }, 'unknown_reason', '`agreed`, `knows_account`, `stale`'],
    ['an action with uphold', { action: 'wait' }, 'invalid_request', '`action` goes with `override`'],
    ['override without an action', { resolution: 'override' }, 'invalid_request', '`override` needs an `action`'],
    [
      'an unknown action',
      { resolution: 'override', action: 'call' },
      'unknown_action',
      '`of-csm` has no action `call`',
    ],
    ['an unknown state', { state: 'lost' }, 'unknown_state', 'it has `healthy`, `at_risk`'],
    ['a signal that was not heard', { wrongSignals: ['x'] }, 'invalid_request', 'heard no signal `x`'],
  ])('is refused with %s', async (what, request, code, words) => {
    const id = await open(`refused ${what}`)
    await expect(resolve(id, { ...UPHOLD, ...request })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    })
    expect(await steps(id)).toEqual(['adjudication'])
  })

  it('can’t uphold where nothing is permitted', async () => {
    const id = await open('nothing', 'csm', { arr: 180_000 })
    await execute(databaseUrl, `UPDATE escalations SET adjudication_id = $2 WHERE id = $1`, [
      id,
      (await ask('nothing', 'csm', { facts: { arr: -1 } })).id,
    ])
    await expect(resolve(id, UPHOLD)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('nothing to uphold; `override` with one of'),
    })
  })

  it('can only dismiss what could not be evaluated', async () => {
    await open('broken', 'csm', { segment: 'broken' })
    const { items } = await listEscalations(app, { queue: 'ops' }, { limit: 9 })
    const item = items.find(({ rule }) => rule === 'of-csm.broken')!
    expect(await getEscalation(app, item.id)).toMatchObject({
      account: 'broken',
      error: expect.stringContaining('missing'),
      history: [{ kind: 'opened', by: 'umpire' }],
    })
    await claimEscalation(app, maria, item.id, {})
    await expect(resolve(item.id, UPHOLD)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('could not be evaluated, and there is nothing to decide'),
    })
    expect(await resolve(item.id, DISMISS)).toMatchObject({ status: 'resolved', rule: 'of-csm.broken' })
    expect(await verifyAudit(app, { stream: 'rule:of-csm.broken' })).toMatchObject({ ok: true, entries: 3 })
  })

  it('dismisses what has been erased', async () => {
    const id = await open('erased')
    await execute(
      databaseUrl,
      `UPDATE audit_payloads SET salt = NULL, payload = NULL WHERE stream = 'account:erased'`,
    ).catch(() => execute(databaseUrl, `DELETE FROM audit_payloads WHERE stream = 'account:erased'`))
    await expect(resolve(id, UPHOLD)).rejects.toMatchObject({ code: 'redacted' })
    expect(await getEscalation(app, id)).toMatchObject({
      adjudicationDetail: null,
      decide: { actions: ['send_expansion_email', 'wait'], states: ['healthy', 'at_risk'] },
      history: [{ kind: 'erased', by: null }],
    })
    expect(await resolve(id, DISMISS)).toMatchObject({ status: 'resolved' })
  })
})

describe('many at once', () => {
  it('are resolved one by one, in the order given', async () => {
    const ids = [await open('bulk-1'), await open('bulk-2'), app.newId(), await open('bulk-3')]
    await claimEscalation(app, ben, ids[1]!, {})
    const results = await resolveEach(app, maria, ids, UPHOLD)
    expect(results).toMatchObject([
      { id: ids[0], status: 'resolved' },
      { id: ids[1], status: 'rejected', problem: { code: 'already_claimed' } },
      { id: ids[2], status: 'rejected', problem: { code: 'not_found' } },
      { id: ids[3], status: 'resolved' },
    ])
    expect(results[0]).not.toHaveProperty('problem')
    expect(await rulings('bulk-3')).toHaveLength(1)
  })

  it('are refused as a whole for what is wrong with the answer', async () => {
    const id = await open('bulk-4')
    await expect(resolveEach(app, maria, [id], { ...UPHOLD, reason: 'x' })).rejects.toMatchObject({
      code: 'unknown_reason',
    })
    await expect(resolveEach(app, admin, [id], UPHOLD)).rejects.toMatchObject({ code: 'invalid_request' })
    expect(await steps(id)).toEqual(['adjudication'])
  })

  it('of one account all count', async () => {
    const ids = [await open('bulk-one'), await open('bulk-one', 'auto'), await open('bulk-one', 'named')]
    const results = await resolveEach(app, maria, ids, DISMISS)
    expect(results.map(({ status }) => status)).toEqual(['resolved', 'resolved', 'resolved'])
    expect(await verifyAudit(app, { stream: 'account:bulk-one' })).toMatchObject({ ok: true })
  })
})

describe('a blind queue', () => {
  it('hides the recommendation until the reviewer has given theirs', async () => {
    const id = await open('blind', 'blind')
    await say('blind', 'churn-radar', 'churn_risk', 0.97, 'sure')
    await ask('blind', 'blind')
    const hidden = await getEscalation(app, id)
    expect(hidden).toMatchObject({
      blind: true,
      regret: null,
      recommended: null,
      reasons: null,
      adjudicationDetail: {
        summary: null,
        recommendation: null,
        beliefs: null,
        expectedLoss: null,
        regret: null,
        conflict: null,
        flips: null,
        rules: [],
      },
      accountDetail: { adjudications: [], escalations: [{ id, recommended: null }] },
      decide: { actions: ['send_expansion_email', 'wait'], states: ['healthy', 'at_risk'] },
    })
    expect(hidden.adjudicationDetail!.signals[0]).toEqual({
      id: 'sure',
      agent: 'churn-radar',
      claim: 'churn_risk',
      confidence: 0.97,
      ageHours: 0,
    })
    const { items } = await listEscalations(app, { queue: 'blind' }, { limit: 9 })
    expect(items).toMatchObject([{ id, regret: null, recommended: null }])
    expect(await claimEscalation(app, maria, id, {})).toMatchObject({ recommended: null })

    expect(await resolve(id, SEND)).toMatchObject({
      blind: false,
      recommended: 'wait',
      resolution: { action: 'send_expansion_email', recommended: 'wait' },
    })
    expect(await getEscalation(app, id)).toMatchObject({
      adjudicationDetail: { beliefs: { healthy: expect.any(Number) } },
      accountDetail: { adjudications: [{ decision: 'of-blind' }] },
    })
  })
})
