import { describe, expect, it } from 'vitest'
import { begin } from '../../../src/app/idempotency.ts'
import { type Go, redeemLease } from '../../../src/app/leases/redeem.ts'
import { createTestApp, START } from '../app.ts'
import { execute } from '../database.ts'
import { COPILOT, createCopilot, rulesWith, SEND } from './copilot.ts'

const HASH = 'a'.repeat(64)

describe('a lease', async () => {
  const { app, allowed, redeem, call, keyOf, signal, facts, pass } = await createCopilot()

  it('is redeemed once, for what was checked, and then is in the trail', async () => {
    const { lease, adjudication } = (await allowed({ payload: { subject: 'Hi' } })).body
    const done = await redeem(lease.token, lease.payloadHash)
    expect(done.status).toBe(200)
    expect(done.body).toEqual({
      verdict: 'go',
      lease: lease.id,
      ...SEND,
      payloadHash: lease.payloadHash,
      redeemedAt: new Date(START).toISOString(),
    })
    const again = await redeem(lease.token, lease.payloadHash)
    expect(again.status).toBe(409)
    expect(again.body).toMatchObject({
      code: 'lease_used',
      detail: `lease \`${lease.id}\` was redeemed at ${done.body.redeemedAt}, and is good for once; check again to act again`,
    })
    const trail = await call('GET', '/v1/audit?stream=account:acme')
    const entries = trail.body.entries.filter(({ kind }: any) => kind === 'lease.redeemed')
    expect(entries).toHaveLength(1)
    expect(entries[0].payload.body ?? entries[0].payload).toMatchObject({ lease: lease.id, adjudication })
  })

  it('is not for another payload, and stays good for the one that was checked', async () => {
    const { lease } = (await allowed({ payload: 1 })).body
    expect((await redeem(lease.token, HASH)).body).toMatchObject({ status: 409, code: 'payload_changed' })
    expect((await redeem(lease.token)).body.detail).toContain('say with `payloadHash` what is sent')
    expect((await redeem(lease.token, lease.payloadHash)).status).toBe(200)
    const bare = (await allowed()).body.lease
    expect((await redeem(bare.token, HASH)).body.code).toBe('payload_changed')
    expect((await redeem(bare.token, null)).status).toBe(200)
  })

  it('is over after its time', async () => {
    const { lease } = (await allowed()).body
    pass(10 * 60_000)
    const late = await redeem(lease.token)
    expect(late.body).toMatchObject({ status: 409, code: 'lease_expired' })
    expect(late.body.detail).toContain('PT10M after it was issued; check again')
  })

  it('is for the key that got it', async () => {
    const { lease } = (await allowed()).body
    const other = await keyOf({ name: 'other', scopes: ['adjudications:write'] })
    const stolen = await call('POST', '/v1/leases/redeem', { key: other, body: { token: lease.token } })
    expect(stolen.body).toMatchObject({
      status: 403,
      detail: `lease \`${lease.id}\` was issued to another key than \`other\`; check with this one`,
    })
    const reader = await keyOf({ name: 'reader', scopes: ['read'] })
    expect((await call('POST', '/v1/leases/redeem', { key: reader, body: { token: lease.token } })).status).toBe(403)
    expect((await redeem(lease.token)).status).toBe(200)
  })

  it('is not to be guessed', async () => {
    const { lease } = (await allowed()).body
    const bytes = Buffer.from(lease.token.slice(4), 'base64url')
    bytes[47]! ^= 1
    const forged = await redeem(`uml_${bytes.toString('base64url')}`)
    expect(forged.body).toMatchObject({ status: 404, detail: 'no lease has this token; check again to get one' })
    expect((await redeem(`uml_${'A'.repeat(64)}`)).status).toBe(404)
    for (const token of ['', 'uml_short', lease.token.slice(4)]) {
      expect((await redeem(token)).body).toMatchObject({ status: 400, errors: [{ path: 'token' }] })
    }
    expect((await redeem(lease.token, 'not a hash')).body.errors[0].path).toBe('payloadHash')
    expect(JSON.stringify((await redeem(lease.token.slice(0, -1))).body)).not.toContain(lease.token.slice(4, -1))
  })

  it('under an idempotency key says go again', async () => {
    const { lease } = (await allowed()).body
    const header = { 'idempotency-key': 'r1' }
    const first = await redeem(lease.token, null, header)
    expect((await redeem(lease.token, null, header)).body).toEqual(first.body)
  })

  it('has its answer kept in the commit that uses it up', async () => {
    const { lease } = (await allowed()).body
    const again = {
      owner: 'copilot',
      key: 'r2',
      as: (go: Go) => ({ status: 200, headers: {}, body: JSON.stringify(go) }),
    }
    const request = Buffer.from('r2')
    expect(await begin(app, again, request)).toBeNull()
    // The process ends here, before it has answered.
    const go = await redeemLease(app, COPILOT, { token: lease.token }, again)
    expect(await begin(app, again, request)).toEqual(again.as(go))
  })

  it('goes on where what has come does not change the answer', async () => {
    const { lease } = (await allowed()).body
    await signal('pulse', 'healthy', 0.92)
    await facts({ segment: 'smb' })
    expect((await redeem(lease.token)).status).toBe(200)
  })

  it.each([
    ['a person decides', 180_000, /^a person decides now: .*churn-radar \(98 % churn risk, today\) outweighs/],
    ['it is denied', 18_000, /^it is denied now: churn-radar \(98 % churn risk, today\) outweighs/],
  ])('is refused once %s since a signal has come', async (_what, arr, why) => {
    const account = `c${arr}`
    await facts({ arr, segment: 'mid' }, account)
    await signal('pulse', 'healthy', 0.9, { account })
    const { lease } = (await allowed({ account })).body
    await signal('churn-radar', 'churn_risk', 0.98, { account })
    const refused = await redeem(lease.token)
    expect(refused.body).toMatchObject({ status: 409, code: 'lease_revoked' })
    const detail: string = refused.body.detail
    expect(detail.startsWith(`lease \`${lease.id}\` was revoked: `)).toBe(true)
    expect(detail.endsWith('; check again before you act')).toBe(true)
    expect(detail.slice(detail.indexOf('revoked: ') + 9)).toMatch(why)
    expect((await redeem(lease.token)).body.detail).toBe(detail)
    const { body } = await call('GET', `/v1/audit?stream=account:${account}`)
    expect(body.entries.at(-1).kind).toBe('lease.revoked')
  })

  it('is refused once a signal that only a rule had seen has expired', async () => {
    const consented = rulesWith([
      'rules:\n',
      `rules:
  - id: no-consent
    when: '!signals.exists(s, s.claim == "consent")'
    then: { veto: [send_expansion_email], because: They have not agreed to hear from us }
`,
    ])
    const other = await createCopilot({ rules: consented })
    await other.signal('pulse', 'consent', 1, { expiresAt: '2026-11-23T09:05:00Z' })
    const { lease } = (await other.allowed()).body
    other.pass(5 * 60_000)
    expect((await other.check()).body).toMatchObject({ verdict: 'deny', cached: false })
    expect((await other.redeem(lease.token)).body.detail).toContain('They have not agreed to hear from us')
  })

  it('is refused once a fact vetoes it', async () => {
    const { lease } = (await allowed()).body
    await facts({ flags: ['procurement_dispute'] })
    expect((await redeem(lease.token)).body.detail).toContain('Pushing expansion in a dispute costs the relationship')
    await facts({ flags: [] })
    expect((await redeem(lease.token)).body.code).toBe('lease_revoked')
  })
})

describe('ten who redeem at once', async () => {
  const { allowed, databaseUrl, app: first, call } = await createCopilot()
  // Each has a desk of its own, as other processes have.
  const others = await Promise.all(Array.from({ length: 9 }, () => createTestApp({ databaseUrl })))

  it('are told to go once', async () => {
    const { lease } = (await allowed()).body
    const redeemed = await Promise.allSettled(
      [first, ...others.map(({ app }) => app)].map((app) => redeemLease(app, COPILOT, { token: lease.token })),
    )
    const goes = redeemed.filter(({ status }) => status === 'fulfilled')
    expect(goes).toHaveLength(1)
    const codes = redeemed.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []))
    expect(codes).toEqual(Array(9).fill('lease_used'))
    const rows = await execute<{ kind: string }>(
      databaseUrl,
      `SELECT kind FROM audit_entries WHERE kind LIKE 'lease.%'`,
    )
    expect(rows).toEqual([{ kind: 'lease.redeemed' }])
    expect((await call('GET', '/v1/audit/verify')).body.ok).toBe(true)
  })
})

describe('cooldowns', async () => {
  const rules = {
    ...rulesWith(['tags: [customer_facing]', 'tags: [customer_facing]\n    cooldown: P1D']),
    '_all.yaml': 'cooldowns: { customer_facing: PT12H }\nrules: []\n',
    'webinar.yaml': `
decision: webinar
states: { keen: { prior: 0.6 }, cold: { prior: 0.4 } }
actions:
  invite: { autonomy: autonomous, tags: [customer_facing], loss: { keen: 0, cold: 1 } }
  leave: { autonomy: autonomous, loss: { keen: 5, cold: 0 } }
review: { cost: 40, queue: csm }
`,
  }
  const { allowed, check, redeem, call, facts, signal, pass } = await createCopilot({ rules })
  const INVITE = { decision: 'webinar', action: 'invite' }

  it('count what was redeemed, not what was allowed', async () => {
    await allowed()
    expect((await check()).body.verdict).toBe('allow')
  })

  it('keep an action and its tag from being done again, and end leases on them', async () => {
    const [email, second, invitation] = [await allowed(), await allowed(), await allowed(INVITE)]
    expect((await redeem(email.body.lease.token)).status).toBe(200)
    const again = await check()
    expect(again.body).toMatchObject({ verdict: 'deny', doInstead: 'wait', cached: false })
    expect(again.body.because).toBe('Send expansion email was done today; it is not done again before 24 November.')
    expect((await redeem(second.body.lease.token)).body.detail).toContain(
      'it is denied now: Send expansion email was done',
    )
    expect((await redeem(invitation.body.lease.token)).body.detail).toContain('nothing customer facing is done again')
    const answer = (await call('GET', `/v1/adjudications/${again.body.adjudication}`)).body
    expect(answer.rules.map(({ id }: any) => id)).toEqual([
      'cooldown:send_expansion_email',
      'cooldown:#customer_facing',
    ])
    const recomputed = await call('POST', `/v1/adjudications/${again.body.adjudication}/recompute`)
    expect(recomputed.body).toEqual({ identical: true, differences: [] })
  })

  it('hold for plain questions, too', async () => {
    const { account, decision } = SEND
    const { body } = await call('POST', '/v1/adjudications', { body: { account, decision } })
    expect(body.recommendation.action).toBe('wait')
  })

  it('are over after their time', async () => {
    pass(12 * 3_600_000)
    expect((await check(INVITE)).body.verdict).toBe('allow')
    expect((await check()).body.verdict).toBe('deny')
    pass(12 * 3_600_000)
    expect((await check()).body.verdict).toBe('allow')
  })

  it('go over to the account that another joins', async () => {
    await facts({ arr: 180_000, segment: 'mid' }, 'crm:9')
    await signal('pulse', 'healthy', 0.9, { account: 'crm:9' })
    const [done, open] = [await allowed({ account: 'crm:9' }), await allowed({ account: 'crm:9', ...INVITE })]
    await redeem(done.body.lease.token)
    await call('PUT', '/v1/accounts/nine', { body: { facts: { arr: 180_000 }, aliases: ['crm:9'] } })
    const { body } = await check({ account: 'nine' })
    expect(body).toMatchObject({ verdict: 'deny', doInstead: 'wait' })
    const recomputed = await call('POST', `/v1/adjudications/${body.adjudication}/recompute`)
    expect(recomputed.body).toEqual({ identical: true, differences: [] })
    expect((await redeem(open.body.lease.token)).body.code).toBe('lease_revoked')
    expect((await call('GET', '/v1/audit/verify')).body.ok).toBe(true)
  })
})
