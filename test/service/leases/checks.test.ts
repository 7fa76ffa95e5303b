import { describe, expect, it } from 'vitest'
import { execute } from '../database.ts'
import { createCopilot, rulesWith, SEND } from './copilot.ts'

describe('a check', async () => {
  const { check, call, admin, keyOf, signal, facts, databaseUrl, logged } = await createCopilot()

  it('says the verdict first, and gives a lease with an allow', async () => {
    const { status, body, text } = await check({ payload: { subject: 'More seats?' } })
    expect(status).toBe(200)
    expect(text.startsWith('{"verdict":"allow"')).toBe(true)
    expect(body).toEqual({
      verdict: 'allow',
      doInstead: null,
      because: expect.stringMatching(/^pulse \(90 % healthy, today\) points that way.*\.$/),
      adjudication: expect.any(String),
      escalation: null,
      lease: {
        id: expect.any(String),
        token: expect.stringMatching(/^uml_[A-Za-z0-9_-]{64}$/),
        expiresAt: '2026-11-23T09:10:00.000Z',
        payloadHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      cached: false,
    })
    const stored = await call('GET', `/v1/adjudications/${body.adjudication}`)
    expect(stored.body.proposal).toMatchObject({ agent: 'renewal-copilot', verdict: 'allow' })
  })

  it('knows a payload whatever the order of its keys', async () => {
    const [one, other] = [await check({ payload: { a: 1, b: [2] } }), await check({ payload: { b: [2], a: 1 } })]
    const third = await check({ payload: { a: 1, b: [3] } })
    expect(one.body.lease.payloadHash).toBe(other.body.lease.payloadHash)
    expect(one.body.lease.payloadHash).not.toBe(third.body.lease.payloadHash)
    expect((await check({ payload: null })).body.lease.payloadHash).toMatch(/^[0-9a-f]{64}$/)
    expect((await check()).body.lease.payloadHash).toBeNull()
  })

  it('keeps no token, neither in the database nor in the log', async () => {
    const { body } = await check()
    const secret = body.lease.token.slice(4)
    const rows = await execute<{ all: string }>(
      databaseUrl,
      `SELECT coalesce(string_agg(l::text, ''), '') || (SELECT coalesce(string_agg(payload, ''), '') FROM audit_payloads) AS all
       FROM leases l`,
    )
    expect(rows[0]!.all).not.toContain(secret)
    expect(rows[0]!.all).not.toContain(Buffer.from(secret, 'base64url').toString('hex'))
    expect(logged.join('')).not.toContain(secret)
  })

  it('answers again what it answered, as long as nothing has come', async () => {
    const first = await check()
    const again = await check()
    expect(again.body).toMatchObject({ verdict: 'allow', cached: true, adjudication: first.body.adjudication })
    expect(again.body.because).toBe(first.body.because)
    expect(again.body.lease.token).not.toBe(first.body.lease.token)
    // An alias is the same account, and another payload the same question.
    await call('PUT', '/v1/accounts/acme', { body: { aliases: ['hubspot:1'] } })
    expect((await check({ account: 'hubspot:1', payload: 7 })).body).toMatchObject({ cached: true })
  })

  it.each([
    ['a signal', () => signal('pulse', 'healthy', 0.91)],
    ['a fact', () => facts({ segment: 'smb' })],
    ['what an admin says of an agent', () => call('PATCH', '/v1/agents/pulse', { body: { trust: 0.99 } })],
  ])('is answered anew once %s has come', async (_what, come) => {
    await check()
    expect((await check()).body.cached).toBe(true)
    await come()
    expect((await check()).body).toMatchObject({ verdict: 'allow', cached: false })
    expect((await check()).body.cached).toBe(true)
  })

  it('tells what to do instead, and what people are asked, and both again', async () => {
    await call('PUT', '/v1/accounts/beta', { body: { facts: { arr: 180_000, segment: 'mid' } } })
    await signal('churn-radar', 'churn_risk', 0.82, { account: 'beta' })
    const denied = await check({ account: 'beta' })
    expect(denied.body).toMatchObject({
      verdict: 'deny',
      doInstead: 'wait',
      lease: null,
      escalation: null,
      cached: false,
    })
    expect(denied.body.because).toMatch(/^churn-radar \(82 % churn risk, today\) points that way/)
    expect((await check({ account: 'beta' })).body).toEqual({ ...denied.body, cached: true })

    await signal('pulse', 'healthy', 0.9, { account: 'beta' })
    const asked = await check({ account: 'beta' })
    const escalation = { id: expect.any(String), queue: 'csm', dueAt: '2026-11-23T17:00:00.000Z' }
    expect(asked.body).toMatchObject({ verdict: 'ask', doInstead: null, lease: null, escalation, cached: false })
    expect((await check({ account: 'beta' })).body).toEqual({ ...asked.body, cached: true })
  })

  it('asks people again once nobody looks at it any more', async () => {
    const { body } = await check({ account: 'beta' })
    await call('POST', `/v1/escalations/${body.escalation.id}/resolve`, {
      body: { resolution: 'dismiss', reason: 'not_needed', reviewer: 'maria' },
    })
    const again = await check({ account: 'beta' })
    expect(again.body).toMatchObject({ verdict: 'ask', cached: false })
    expect(again.body.escalation.id).not.toBe(body.escalation.id)
  })

  it('is for keys that may ask, and speak for the agent', async () => {
    const reader = await keyOf({ name: 'reader', scopes: ['read'] })
    expect((await call('POST', '/v1/checks', { key: reader, body: SEND })).body.code).toBe('forbidden')
    expect((await check({ agent: 'churn-radar' })).body).toMatchObject({
      code: 'agent_not_allowed',
      detail: 'key `copilot` does not speak for agent `churn-radar`',
    })
    expect((await call('POST', '/v1/checks', { key: admin, body: SEND })).status).toBe(200)
  })

  it.each([
    [{ decision: 'renewal' }, 400, 'unknown_decision'],
    [{ action: 'call' }, 400, 'unknown_action'],
    [{ account: '' }, 400, 'invalid_request'],
    [{ note: 'x' }, 400, 'invalid_request'],
    [{ payload: 'x'.repeat(64 * 1024) }, 413, 'payload_too_large'],
  ])('refuses what makes no sense: %#', async (fields, status, code) => {
    const reply = await check(fields)
    expect([reply.status, reply.body.code]).toEqual([status, code])
  })

  it('tells what operators wrote, but for characters that no sentence has', async () => {
    const because = '"One\\x1ftwo\\x1e\\nthree"'
    const rules = rulesWith(['because: Pushing expansion in a dispute costs the relationship', `because: ${because}`])
    const odd = await createCopilot({ rules })
    await odd.facts({ flags: ['procurement_dispute'] })
    expect((await odd.check()).body.because).toContain('One two three')
    expect((await odd.check()).body.cached).toBe(true)
  })

  it('of an account never seen is answered from the priors', async () => {
    const { body } = await check({ account: 'new' })
    expect(body.verdict).toBe('ask')
    expect(body.because).toMatch(/could not be evaluated/)
  })
})

describe('a check under an idempotency key', async () => {
  const { check, redeem, call, admin, databaseUrl } = await createCopilot()

  it.each(['asked in full', 'answered before'])('gets the same lease again, %s', async (_how) => {
    const header = { 'idempotency-key': `k-${_how}` }
    const first = await check({ payload: 1 }, header)
    expect(first.body.cached).toBe(_how === 'answered before')
    const again = await check({ payload: 1 }, header)
    expect(again.headers['idempotent-replayed']).toBe('true')
    expect(again.body).toEqual(first.body)
    const stored = await execute<{ body: string }>(databaseUrl, `SELECT body FROM idempotency_keys WHERE key = $1`, [
      header['idempotency-key'],
    ])
    expect(stored[0]!.body).toContain('"token":""')
    expect((await redeem(again.body.lease.token, first.body.lease.payloadHash)).body.verdict).toBe('go')
  })

  it('belongs to the API key', async () => {
    const header = { 'idempotency-key': 'shared' }
    const [mine, theirs] = [
      await check({}, header),
      await call('POST', '/v1/checks', { key: admin, headers: header, body: SEND }),
    ]
    expect(theirs.body.lease.token).not.toBe(mine.body.lease.token)
    expect((await check({ payload: 2 }, header)).body.code).toBe('idempotency_mismatch')
  })
})

describe('samples', async () => {
  const copilot = await createCopilot()
  const { app, check } = copilot
  let draw = 0.5
  Object.assign(app, { draw: () => draw })

  it('are drawn of each allow, and asked in full', async () => {
    const first = await check()
    expect((await check()).body.cached).toBe(true)
    draw = 0.09
    const sampled = await check()
    expect(sampled.body).toMatchObject({ verdict: 'allow', cached: false, escalation: null })
    expect(sampled.body.because).toMatch(/; csm reviews it afterwards\.$/)
    const items = await copilot.call('GET', '/v1/escalations?kind=sample')
    expect(items.body.escalations).toHaveLength(1)
    expect(items.body.escalations[0]).toMatchObject({ adjudication: sampled.body.adjudication, probability: 0.1 })
    draw = 0.1
    const { adjudication, because } = first.body
    expect((await check()).body).toMatchObject({ cached: true, adjudication, because })
  })

  it('are no answers to give again: nobody looks at the next one', async () => {
    await copilot.signal('pulse', 'healthy', 0.91)
    draw = 0.09
    expect((await check()).body.because).toMatch(/reviews it afterwards/)
    draw = 0.1
    const next = await check()
    expect(next.body).toMatchObject({ verdict: 'allow', cached: false })
    expect(next.body.because).not.toMatch(/reviews/)
    expect((await check()).body).toMatchObject({ cached: true, because: next.body.because })
  })
})

describe('an answer that was given before', async () => {
  const rules = rulesWith(['review: {', 'validFor: PT20M\nlease: PT5M\nreview: {'])
  const { check, pass } = await createCopilot({ rules })

  it('is used while it is valid, each time with the whole time of a lease', async () => {
    const first = await check()
    expect(first.body.lease.expiresAt).toBe('2026-11-23T09:05:00.000Z')
    pass(19 * 60_000)
    expect((await check()).body).toMatchObject({ cached: true, lease: { expiresAt: '2026-11-23T09:24:00.000Z' } })
    pass(60_000)
    expect((await check()).body.cached).toBe(false)
    expect((await check()).body.cached).toBe(true)
  })
})
