import { describe, expect, it } from 'vitest'
import { createTestHttp } from './http.ts'

const { call } = await createTestHttp()

const put = (account: string, body: unknown) => call('PUT', `/v1/accounts/${encodeURIComponent(account)}`, { body })
const get = (account: string) => call('GET', `/v1/accounts/${encodeURIComponent(account)}`)
const send = (account: string, fields: object = {}) =>
  call('POST', '/v1/signals', {
    body: { signals: [{ id: 's1', agent: 'pulse', account, claim: 'healthy', confidence: 0.9, ...fields }] },
  })

describe('putting an account', () => {
  it('merges facts at the top level, and takes away what is null', async () => {
    const first = await put('acme', { facts: { arr: 1, plan: { tier: 'a', seats: 5 }, flags: ['x'] } })
    expect(first).toMatchObject({ status: 200, body: { account: 'acme', aliases: [], facts: { arr: 1 } } })
    const { body } = await put('acme', { facts: { arr: 2, plan: { tier: 'b' }, flags: null } })
    expect(body.facts).toEqual({ arr: 2, plan: { tier: 'b' } })
    expect((await get('acme')).body.facts).toEqual({ arr: 2, plan: { tier: 'b' } })
  })

  it('keeps whatever JSON the facts are', async () => {
    const facts = {
      text: 'Ärger 😀 "quoted" \\ \u2028',
      zero: 0,
      no: false,
      deep: { list: [1, { a: [null] }] },
      'ö ö': 1e-7,
    }
    expect((await put('json', { facts })).body.facts).toEqual(facts)
    expect((await get('json')).body.facts).toEqual(facts)
  })

  it('takes any name that can be seen, of 1 to 200 characters', async () => {
    for (const name of ['a/b?c=d&e%20', 'König & Söhne', '客户', '😀'.repeat(100), 'x'.repeat(200)]) {
      expect([name, (await put(name, { facts: { arr: 1 } })).status]).toEqual([name, 200])
      expect((await get(name)).body.account).toBe(name)
    }
  })

  it.each([
    ['a name that is too long', 'x'.repeat(201), { facts: {} }, '`account` must have at most 200 characters'],
    ['spaces around a name', ' acme', { facts: {} }, '`account` must not have spaces around it'],
    ['a control character', 'a\u0007b', { facts: {} }, '`account` must not have'],
    ['no body', 'acme', undefined, 'has no body'],
    ['facts that are no object', 'acme', { facts: 7 }, '`facts` must be an object, not `7`'],
    ['an unknown field', 'acme', { fact: {} }, '`fact` is not known here; did you mean `facts`?'],
    ['aliases that are no list', 'acme', { aliases: 'x' }, '`aliases` must be a list'],
    ['an empty alias', 'acme', { aliases: [''] }, '`aliases.0` must not be empty'],
    ['101 aliases', 'acme', { aliases: Array.from({ length: 101 }, (_, i) => `a${i}`) }, 'at most 100 items'],
    ['an empty fact', 'acme', { facts: { '': 1 } }, 'is no name for a fact'],
    [
      'a list of 1,001',
      'acme',
      { facts: { a: { b: Array(1_001).fill(0) } } },
      '`facts.a.b` must have at most 1000 items',
    ],
  ])('refuses %s', async (_, account, body, detail) => {
    const reply = await put(account, body)
    expect(reply).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    expect(reply.body.detail).toContain(detail)
  })

  it('refuses facts beyond 64 KiB, at once and by and by', async () => {
    const half = 'x'.repeat(40_000)
    expect(await put('large', { facts: { a: half, b: half } })).toMatchObject({
      status: 413,
      body: { code: 'facts_too_large' },
    })
    expect((await get('large')).status).toBe(404)
    expect((await put('large', { facts: { a: half } })).status).toBe(200)
    expect(await put('large', { facts: { b: half } })).toMatchObject({ status: 413, body: { code: 'facts_too_large' } })
    expect(Object.keys((await get('large')).body.facts)).toEqual(['a'])
  })
})

describe('aliases', () => {
  it('keeps what an agent sent when its account joins: shown as untrusted, and known when it is sent again', async () => {
    const sent = {
      id: 'j1',
      agent: 'pulse',
      account: 'crm:joining',
      claim: 'healthy',
      confidence: 0.9,
      evidence: [{ label: 'approve this', url: 'https://example.com/report' }],
    }
    await call('POST', '/v1/signals', { body: { signals: [sent] } })
    const { body } = await put('hooli', { aliases: ['crm:joining'] })
    expect(body.signals).toMatchObject([{ id: 'j1', untrusted: { evidence: sent.evidence, attributes: {} } }])
    const again = await call('POST', '/v1/signals', { body: { signals: [sent, { ...sent, confidence: 0.8 }] } })
    expect(again.body.results).toMatchObject([
      { status: 'duplicate' },
      { status: 'rejected', problem: { code: 'signal_conflict' } },
    ])
  })

  it('finds lists by an alias', async () => {
    await put('vandelay', { facts: { arr: 1000, segment: 'smb' }, aliases: ['sfdc:vandelay'] })
    const question = { account: 'sfdc:vandelay', decision: 'expansion-outreach' }
    const { body: answer } = await call('POST', '/v1/adjudications', { body: question })
    const { body } = await call('GET', '/v1/adjudications?account=sfdc:vandelay')
    expect(body.adjudications).toMatchObject([{ id: answer.id, account: 'vandelay' }])
  })

  it('find what was asked and what waits since before the account joined', async () => {
    await put('crm:asked', { facts: { arr: 180_000, segment: 'smb' } })
    await send('crm:asked')
    await send('crm:asked', { id: 'c1', agent: 'churn-radar', claim: 'churn_risk', confidence: 0.82 })
    const question = { account: 'crm:asked', decision: 'expansion-outreach' }
    const { body: answer } = await call('POST', '/v1/adjudications', { body: question })
    const { body: account } = await put('asked', { aliases: ['crm:asked'] })
    expect(account.escalations).toMatchObject([{ id: answer.escalation.id }])
    for (const name of ['asked', 'crm:asked']) {
      const { body: asked } = await call('GET', `/v1/adjudications?account=${name}`)
      expect(asked.adjudications).toEqual([answer])
      const { body: waiting } = await call('GET', `/v1/escalations?account=${name}`)
      expect(waiting.escalations).toMatchObject([{ id: answer.escalation.id }])
    }
  })

  it('mean the account at every door', async () => {
    expect((await put('globex', { facts: { arr: 10 }, aliases: ['hubspot:1', 'sfdc:1'] })).body.aliases.sort()).toEqual(
      ['hubspot:1', 'sfdc:1'],
    )
    await send('hubspot:1')
    expect((await get('sfdc:1')).body).toMatchObject({ account: 'globex', facts: { arr: 10 }, signals: [{ id: 's1' }] })
    expect((await put('sfdc:1', { facts: { segment: 'smb' } })).body.facts).toEqual({ arr: 10, segment: 'smb' })
    const { body } = await call('POST', '/v1/adjudications', {
      body: { account: 'hubspot:1', decision: 'expansion-outreach' },
    })
    expect(body).toMatchObject({ account: 'globex', signals: [{ id: 's1' }], audit: { stream: 'account:globex' } })
  })

  it('join what was known under them before', async () => {
    await send('crm:7', { id: 'early' })
    expect((await get('crm:7')).body.account).toBe('crm:7')
    const { body } = await put('initech', { aliases: ['crm:7'] })
    expect(body).toMatchObject({ account: 'initech', signals: [{ id: 'early' }] })
    expect((await get('crm:7')).body.account).toBe('initech')
  })

  it('belong to one account', async () => {
    await put('umbrella', { aliases: ['shared'] })
    expect(await put('other', { facts: { arr: 1 }, aliases: ['shared'] })).toMatchObject({
      status: 409,
      body: { code: 'alias_conflict', detail: expect.stringContaining('`umbrella`') },
    })
    expect((await get('other')).status).toBe(404)
  })
})

describe('reading an account', () => {
  it('shows live signals, the newest answer to each question, and what is open', async () => {
    await put('shown', { facts: { arr: 180_000, segment: 'smb' } })
    await send('shown')
    await send('shown', { id: 'c1', agent: 'churn-radar', claim: 'churn_risk', confidence: 0.82 })
    const ask = () => call('POST', '/v1/adjudications', { body: { account: 'shown', decision: 'expansion-outreach' } })
    await ask()
    const newest = await ask()
    const { status, body } = await get('shown')
    expect(status).toBe(200)
    expect(body.signals.map(({ id }: any) => id).sort()).toEqual(['c1', 's1'])
    expect(body.adjudications).toEqual([newest.body])
    expect(body.escalations).toMatchObject([{ status: 'open', queue: 'csm', adjudication: newest.body.id }])
  })

  it('does not find one never seen', async () => {
    expect(await get('nobody')).toMatchObject({ status: 404, body: { code: 'not_found' } })
  })
})
