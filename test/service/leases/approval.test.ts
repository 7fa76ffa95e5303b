import { describe, expect, it } from 'vitest'
import { sweepLeases } from '../../../src/app/leases/uptake.ts'
import { createTestApp } from '../app.ts'
import { execute } from '../database.ts'
import { createCopilot } from './copilot.ts'

describe("a person's approval", async () => {
  const { check, allowed, redeem, call, keyOf, signal, facts, databaseUrl } = await createCopilot()
  const maria = await keyOf({ name: 'maria', principal: 'person', scopes: ['escalations:review', 'read'] })
  const MAIL = { subject: 'More seats?', to: 'kim@acme.example' }

  /** An account about which agents disagree. */
  async function disputed(account: string): Promise<string> {
    await facts({ arr: 180_000, segment: 'mid' }, account)
    await signal('pulse', 'healthy', 0.9, { account })
    await signal('churn-radar', 'churn_risk', 0.82, { account })
    return account
  }
  const resolve = (id: string, body: object = {}) =>
    call('POST', `/v1/escalations/${id}/resolve`, {
      key: maria,
      body: { resolution: 'override', action: 'send_expansion_email', reason: 'knows_account', ...body },
    })

  it('is of the payload that they were shown', async () => {
    const account = await disputed('a1')
    const asked = (await check({ account, payload: MAIL })).body
    expect(asked.verdict).toBe('ask')
    const item = (await call('GET', `/v1/escalations/${asked.escalation.id}`, { key: maria })).body
    expect(item.untrusted).toEqual({
      agent: 'renewal-copilot',
      payload: MAIL,
      payloadHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect((await resolve(asked.escalation.id)).status).toBe(200)

    const other = (await check({ account, payload: { ...MAIL, subject: 'Buy now!' } })).body
    expect(other).toMatchObject({ verdict: 'ask', lease: null, cached: false })
    expect(other.escalation.id).not.toBe(asked.escalation.id)
    expect((await check({ account })).body.verdict).toBe('ask')

    const { body } = await allowed({ account, payload: MAIL })
    expect(body.because).toBe('maria allowed this one today.')
    expect(body.lease.payloadHash).toBe(item.untrusted.payloadHash)
    expect((await redeem(body.lease.token, body.lease.payloadHash)).status).toBe(200)
  })

  it('is given again from what was answered, for that payload only', async () => {
    const account = await disputed('a2')
    const { escalation } = (await check({ account, payload: MAIL })).body
    await resolve(escalation.id)
    await allowed({ account, payload: MAIL })
    expect((await check({ account, payload: MAIL })).body).toMatchObject({ verdict: 'allow', cached: true })
    expect((await check({ account, payload: 'another' })).body).toMatchObject({ verdict: 'ask', cached: false })
  })

  it('is of no payload where none was shown', async () => {
    const account = await disputed('a3')
    const { escalation } = (await check({ account })).body
    expect((await call('GET', `/v1/escalations/${escalation.id}`)).body.untrusted).toBeNull()
    await resolve(escalation.id)
    expect((await check({ account, payload: MAIL })).body.verdict).toBe('ask')
    expect((await check({ account })).body.verdict).toBe('allow')
  })

  it('is of what they have looked at, not of what the agent changed it to meanwhile', async () => {
    const account = await disputed('a4')
    const first = (await check({ account, payload: MAIL })).body
    const second = (await check({ account, payload: 'Buy now!' })).body
    expect(second).toMatchObject({ verdict: 'ask', cached: false, escalation: { id: first.escalation.id } })
    const blindly = await resolve(first.escalation.id)
    expect(blindly.body).toMatchObject({ status: 409, code: 'escalation_changed' })
    expect(blindly.body.detail).toContain('look again, and name it as `adjudication`')
    const late = await resolve(first.escalation.id, { adjudication: first.adjudication })
    expect(late.body.code).toBe('escalation_changed')
    expect((await resolve(first.escalation.id, { adjudication: second.adjudication })).status).toBe(200)
    expect((await check({ account, payload: MAIL })).body.verdict).toBe('ask')
    expect((await check({ account, payload: 'Buy now!' })).body.verdict).toBe('allow')
  })

  it('is of what an agent showed, though another has proposed the same since', async () => {
    const account = await disputed('a12')
    const { escalation } = (await check({ account, payload: MAIL })).body
    const proposal = { agent: 'other-copilot', action: 'send_expansion_email' }
    const { body } = await call('POST', '/v1/adjudications', {
      body: { account, decision: 'expansion-outreach', proposal },
    })
    expect(body.escalation.id).toBe(escalation.id)
    await resolve(escalation.id, { adjudication: body.id })
    expect((await check({ account, payload: 'Buy now!' })).body.verdict).toBe('ask')
    expect((await check({ account, payload: MAIL })).body.verdict).toBe('allow')
  })

  it('stands for everybody where no agent had checked', async () => {
    const account = await disputed('a5')
    const proposal = { agent: 'renewal-copilot', action: 'send_expansion_email' }
    const { body } = await call('POST', '/v1/adjudications', {
      body: { account, decision: 'expansion-outreach', proposal },
    })
    await resolve(body.escalation.id)
    expect((await check({ account, payload: MAIL })).body.verdict).toBe('allow')
  })

  it('of another action denies what the agent wanted, whatever it would send', async () => {
    const account = await disputed('a6')
    const { escalation } = (await check({ account, payload: MAIL })).body
    await resolve(escalation.id, { action: 'wait' })
    expect((await check({ account, payload: MAIL })).body).toMatchObject({ verdict: 'deny', doInstead: 'wait' })
    expect((await check({ account, payload: 1 })).body).toMatchObject({ verdict: 'deny', cached: true })
  })

  it('is recomputed as it was, also where it was put aside', async () => {
    const account = await disputed('a7')
    const { escalation } = (await check({ account, payload: MAIL })).body
    await resolve(escalation.id)
    for (const payload of [MAIL, 'another']) {
      const { adjudication } = (await check({ account, payload })).body
      const { body } = await call('POST', `/v1/adjudications/${adjudication}/recompute`)
      expect(body).toEqual({ identical: true, differences: [] })
    }
  })

  it('is good for one lease: with another one people are asked again', async () => {
    const account = await disputed('a10')
    const { escalation } = (await check({ account, payload: MAIL })).body
    await resolve(escalation.id)
    const [first, second] = [await allowed({ account, payload: MAIL }), await allowed({ account, payload: MAIL })]
    const { token, payloadHash } = first.body.lease
    expect((await redeem(token, payloadHash)).status).toBe(200)
    const refused = await redeem(second.body.lease.token, payloadHash)
    expect(refused.body.code).toBe('lease_revoked')
    expect(refused.body.detail).toContain('a person decides now')
    const again = (await check({ account, payload: MAIL })).body
    expect(again).toMatchObject({ verdict: 'ask', lease: null, cached: false })
    expect(again.escalation.id).not.toBe(escalation.id)

    // They may allow the same once more, and what they decided stands for whoever only asks.
    await resolve(again.escalation.id)
    expect((await allowed({ account, payload: MAIL })).body.lease.payloadHash).toBe(payloadHash)
    const { body } = await call('POST', '/v1/adjudications', { body: { account, decision: 'expansion-outreach' } })
    expect(body.recommendation).toMatchObject({ action: 'send_expansion_email', reasons: ['decided_by_person'] })
    const recomputed = await call('POST', `/v1/adjudications/${body.id}/recompute`)
    expect(recomputed.body).toEqual({ identical: true, differences: [] })
  })

  it('that is spent goes over to the account that another joins, and is still recomputed', async () => {
    const account = await disputed('crm:11')
    const { escalation } = (await check({ account, payload: MAIL })).body
    await resolve(escalation.id)
    const { lease } = (await allowed({ account, payload: MAIL })).body
    await redeem(lease.token, lease.payloadHash)
    const plain = (await call('POST', '/v1/adjudications', { body: { account, decision: 'expansion-outreach' } })).body
    expect(plain.recommendation.reasons).toEqual(['decided_by_person'])
    expect((await call('POST', `/v1/adjudications/${plain.id}/recompute`)).body.identical).toBe(true)
    await call('PUT', '/v1/accounts/eleven', { body: { facts: { arr: 180_000 }, aliases: [account] } })
    expect((await check({ account: 'eleven', payload: MAIL })).body.verdict).toBe('ask')
    expect((await call('GET', '/v1/audit/verify')).body).toMatchObject({ ok: true })
  })

  it('does not hold up a lease on which a person then decides otherwise', async () => {
    const account = await disputed('a8')
    const { escalation } = (await check({ account, payload: MAIL })).body
    await resolve(escalation.id)
    const { lease } = (await allowed({ account, payload: MAIL })).body
    const again = (await check({ account, payload: 'another' })).body
    await resolve(again.escalation.id, { action: 'wait' })
    const refused = await redeem(lease.token, lease.payloadHash)
    expect(refused.body.code).toBe('lease_revoked')
    expect(refused.body.detail).toContain('maria decided so today')
  })

  it('shows the payload for as long as somebody may have to decide, and 90 days', async () => {
    const account = await disputed('a9')
    const waiting = (await check({ account, payload: MAIL })).body.escalation.id
    const shown = async () =>
      (await execute<{ id: string }>(databaseUrl, 'SELECT escalation_id AS id FROM escalation_payloads')).map(
        ({ id }) => id,
      )
    expect((await shown()).length).toBeGreaterThan(1)
    const late = await createTestApp({ databaseUrl })
    late.pass(91 * 86_400_000)
    await sweepLeases(late.app)
    const left = await shown()
    expect(left).toContain(waiting)
    const open = await execute<{ id: string }>(
      databaseUrl,
      `SELECT id FROM escalations WHERE status IN ('open', 'claimed')`,
    )
    expect(open.map(({ id }) => id)).toEqual(expect.arrayContaining(left))
    expect(await execute(databaseUrl, 'SELECT FROM standing_verdicts')).toEqual([])
  })
})
