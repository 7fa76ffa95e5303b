import { describe, expect, it } from 'vitest'
import { MINUTE, REVIEW_RULES } from '../escalations/reviewing.ts'
import { createTestHttp } from './http.ts'

const { call, keyOf, pass } = await createTestHttp({ rules: REVIEW_RULES })
const maria = await keyOf({ name: 'maria', principal: 'person', scopes: ['escalations:review', 'read'] })
const ben = await keyOf({ name: 'ben', principal: 'person', scopes: ['escalations:review'] })
const NOBODY = '01980a2e-7c1f-7d4b-9a55-2f6a4a4d1c11'

const signals = [
  { id: 'c1', agent: 'churn-radar', claim: 'churn_risk', confidence: 0.82 },
  { id: 'h1', agent: 'pulse', claim: 'healthy', confidence: 0.9 },
]
async function open(account: string, queue = 'csm'): Promise<string> {
  const facts = { arr: 180_000, segment: 'smb' }
  const { body } = await call('POST', '/v1/adjudications', {
    body: { account, decision: `of-${queue}`, facts, signals },
  })
  return body.escalation.id
}
const post = (id: string, step: string, body?: object, key = maria, headers = {}) =>
  call('POST', `/v1/escalations/${id}/${step}`, { key, headers, ...(body && { body }) })
const next = (queue: string, key = maria) => call('POST', `/v1/queues/${queue}/claim-next`, { key })
const UPHOLD = { resolution: 'uphold', reason: 'agreed' }

describe('an escalation', () => {
  it('is claimed, worked on and resolved, and shows all of it', async () => {
    const id = await open('worked')
    expect(await post(id, 'claim')).toMatchObject({ status: 200, body: { id, status: 'claimed', claimedBy: 'maria' } })
    expect(await post(id, 'claim', {}, ben)).toMatchObject({
      status: 409,
      body: { code: 'already_claimed', detail: expect.stringMatching(/`maria` holds .+ until 20.+Z/) },
    })
    expect(await post(id, 'comment', { comment: 'Two\nlines' }, ben)).toMatchObject({ status: 200 })
    expect(await post(id, 'reassign', { assignee: 'maria' })).toMatchObject({
      body: { assignee: 'maria', claimedBy: 'maria' },
    })
    expect(await post(id, 'release')).toMatchObject({ body: { status: 'open', claimedBy: null } })
    expect(await post(id, 'release')).toMatchObject({ status: 409, body: { code: 'not_claimed' } })
    const answer = { resolution: 'override', action: 'send_expansion_email', reason: 'knows_account' }
    expect(await post(id, 'resolve', { ...answer, state: 'healthy', wrongSignals: ['c1'] })).toMatchObject({
      status: 200,
      body: { status: 'resolved', resolution: { by: 'maria', action: 'send_expansion_email', recommended: 'wait' } },
    })
    expect(await post(id, 'resolve', UPHOLD, ben)).toMatchObject({ status: 409, body: { code: 'already_resolved' } })
    const { body } = await call('GET', `/v1/escalations/${id}`, { key: maria })
    expect(body.history.map(({ kind, by }: any) => `${kind} ${by}`)).toEqual([
      'opened admin',
      'claimed maria',
      'commented ben',
      'reassigned maria',
      'released maria',
      'resolved maria',
    ])
    expect(body.decide.reasons).toMatchObject({ agreed: 'The recommendation is right' })
    expect(body.adjudicationDetail.resolution).toMatchObject({ by: 'maria' })
  })

  it('is claimed once for a request that is sent twice', async () => {
    const id = await open('again')
    const key = { 'idempotency-key': 'claim-again' }
    const first = await post(id, 'claim', {}, maria, key)
    pass(MINUTE)
    const second = await post(id, 'claim', {}, maria, key)
    expect(second.headers['idempotent-replayed']).toBe('true')
    expect(second.body).toEqual(first.body)
  })

  it('comes next to whoever asks for one', async () => {
    const id = await open('next', 'loop')
    expect(await next('loop')).toMatchObject({ status: 200, body: { escalation: { id, claimedBy: 'maria' } } })
    expect(await next('loop', ben)).toMatchObject({ status: 200, body: { escalation: null } })
    const forOther = await call('POST', '/v1/queues/loop/claim-next', { body: { reviewer: 'ada' } })
    expect(forOther).toMatchObject({ status: 200, body: { escalation: null } })
  })

  it('is resolved with many others, each on its own', async () => {
    const ids = [await open('bulk-1'), NOBODY, await open('bulk-2'), 'nonsense']
    const bulk = (body: object) => call('POST', '/v1/escalations/bulk', { key: maria, body })
    expect(await bulk({ ids, resolution: 'dismiss', reason: 'stale' })).toMatchObject({
      status: 200,
      body: {
        results: [
          { id: ids[0], status: 'resolved' },
          { id: NOBODY, status: 'rejected', problem: { code: 'not_found' } },
          { id: ids[2], status: 'resolved' },
          { id: 'nonsense', status: 'rejected', problem: { code: 'not_found', detail: 'no escalation `nonsense`' } },
        ],
      },
    })
    for (const wrong of [[], Array(101).fill(NOBODY), [NOBODY, NOBODY]]) {
      const reply = await bulk({ ids: wrong, resolution: 'dismiss', reason: 'stale' })
      expect(reply).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    }
    expect(await bulk({ ids, resolution: 'override', reason: 'stale' })).toMatchObject({ status: 400 })
  })

  it('hides its recommendation in a blind queue', async () => {
    const id = await open('blind', 'blind')
    const { status, body } = await call('GET', `/v1/escalations/${id}`, { key: maria })
    expect([status, body.blind, body.recommended]).toEqual([200, true, null])
    expect(body.adjudicationDetail).toMatchObject({ recommendation: null, beliefs: null })
    const door = await call('GET', `/v1/adjudications/${body.adjudication}`, { key: maria })
    expect([door.status, door.body.detail]).toEqual([403, expect.stringContaining('queue `blind` is blind')])
    const listed = await call('GET', `/v1/adjudications?account=blind`, { key: maria })
    expect(listed.body.adjudications).toEqual([])
    const account = await call('GET', `/v1/accounts/blind`, { key: maria })
    expect(account.body.adjudications).toEqual([])
    const unseen = await post(id, 'resolve', UPHOLD)
    expect([unseen.status, unseen.body.detail]).toEqual([400, expect.stringContaining('queue `blind` is blind')])
    await post(id, 'resolve', { ...UPHOLD, resolution: 'override', action: 'wait' })
    const shown = await call('GET', `/v1/escalations/${id}`, { key: maria })
    expect(shown.body).toMatchObject({
      blind: false,
      recommended: 'wait',
      adjudicationDetail: { regret: expect.any(Number) },
    })
  })

  it('is listed for whom it is assigned to', async () => {
    const id = await open('assigned')
    await post(id, 'reassign', { assignee: 'ada' })
    const { body } = await call('GET', '/v1/escalations?assignee=ada')
    expect(body.escalations).toMatchObject([{ id, assignee: 'ada' }])
  })
})

describe('a step', () => {
  it.each<[string, string, object | undefined, number, string]>([
    ['an unknown item', 'claim', undefined, 404, 'not_found'],
    ['an unknown field', 'claim', { by: 'maria' }, 400, 'invalid_request'],
    ['no comment', 'comment', {}, 400, 'invalid_request'],
    ['an empty comment', 'comment', { comment: '' }, 400, 'invalid_request'],
    ['a comment that hides something', 'comment', { comment: 'a\u202eb' }, 400, 'invalid_request'],
    ['nobody assigned', 'reassign', {}, 400, 'invalid_request'],
    ['no reason', 'resolve', { resolution: 'uphold' }, 400, 'invalid_request'],
    ['an unknown reason', 'resolve', { ...UPHOLD, reason: 'so' }, 400, 'unknown_reason'],
    ['a signal named twice', 'resolve', { ...UPHOLD, wrongSignals: ['c1', 'c1'] }, 400, 'invalid_request'],
    ['an adjudication that is no name', 'resolve', { ...UPHOLD, adjudication: 'a\u202eb' }, 400, 'invalid_request'],
    ['an unknown resolution', 'resolve', { ...UPHOLD, resolution: 'agree' }, 400, 'invalid_request'],
  ])('is refused for %s', async (_what, step, body, status, code) => {
    expect(await post(NOBODY, step, body)).toMatchObject({ status, body: { code } })
  })

  it('is refused for an id that can’t be one', async () => {
    expect(await post('nonsense', 'claim')).toMatchObject({ status: 404, body: { code: 'not_found' } })
  })

  it('needs a person who may review, or an admin who names one', async () => {
    const id = await open('who')
    const reader = await keyOf({ name: 'reader', principal: 'person', scopes: ['read'] })
    const service = await keyOf({ name: 'crm', scopes: ['read', 'signals:write'] })
    const agent = await keyOf({ name: 'bot', principal: 'agent', agents: ['pulse'], scopes: ['signals:write'] })
    for (const key of [reader, service, agent]) {
      expect(await post(id, 'claim', undefined, key)).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    }
    expect(await call('POST', `/v1/escalations/${id}/claim`)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', detail: 'an admin key acts for a person: name them as `reviewer`' },
    })
    expect(await call('POST', `/v1/escalations/${id}/claim`, { body: { reviewer: 'ada' } })).toMatchObject({
      status: 200,
      body: { claimedBy: 'ada' },
    })
    expect(await post(id, 'claim', { reviewer: 'ada' })).toMatchObject({ status: 403 })
  })
})
