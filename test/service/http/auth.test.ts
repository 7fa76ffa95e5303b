import { describe, expect, it } from 'vitest'
import { listKeys, revokeKey } from '../../../src/app/keys.ts'
import { execute } from '../database.ts'
import { createTestHttp } from './http.ts'

const test = await createTestHttp()
const { app, http, call, keyOf, pass } = test

describe('a request without a valid key', () => {
  it.each([
    ['none', {}],
    ['another scheme', { authorization: 'Basic dXNlcjpwYXNz' }],
    ['nothing after the scheme', { authorization: 'Bearer ' }],
    ['two words after the scheme', { authorization: 'Bearer ump_a ump_b' }],
    ['one that nobody has', { authorization: `Bearer ump_${'A'.repeat(43)}` }],
  ])('is refused: %s', async (_, headers) => {
    const reply = await call('GET', '/v1/ruleset', { key: '', headers })
    expect(reply).toMatchObject({ status: 401, body: { code: 'unauthorized', status: 401 } })
    expect(reply.headers['www-authenticate']).toBe('Bearer')
  })

  it('is served where none is needed', async () => {
    for (const url of ['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs/']) {
      expect([url, (await http.inject(url)).statusCode]).toEqual([url, 200])
    }
  })

  it('takes the scheme in any case', async () => {
    const reply = await call('GET', '/v1/ruleset', { key: '', headers: { authorization: `bearer ${test.admin}` } })
    expect(reply.status).toBe(200)
  })
})

describe('scopes', () => {
  const routes = [
    ['signals:write', 'POST', '/v1/signals', { signals: [{ id: 's', agent: 'a', account: 'x', claim: 'c' }] }],
    ['accounts:write', 'PUT', '/v1/accounts/scoped', { facts: { arr: 1 } }],
    [
      'adjudications:write',
      'POST',
      '/v1/adjudications',
      { account: 'x', decision: 'expansion-outreach', dryRun: true },
    ],
    [
      'outcomes:write',
      'POST',
      '/v1/outcomes',
      { outcomes: [{ account: 'x', decision: 'd', state: 's', observedAt: '2026-11-20T09:00:00Z', source: 'b' }] },
    ],
    ['read', 'GET', '/v1/adjudications', undefined],
    ['read', 'GET', '/v1/escalations', undefined],
    ['read', 'GET', '/v1/queues', undefined],
    ['read', 'GET', '/v1/agents', undefined],
    ['read', 'GET', '/v1/agents/pulse', undefined],
    ['read', 'GET', '/v1/ruleset', undefined],
    ['read', 'GET', '/v1/audit?stream=keys', undefined],
    ['read', 'GET', '/v1/audit/verify', undefined],
  ] as const

  it.each(routes)('%s opens %s %s, and nothing else does', async (scope, method, url, body) => {
    const others = (
      ['signals:write', 'accounts:write', 'adjudications:write', 'outcomes:write', 'read'] as const
    ).filter((other) => other !== scope)
    const id = `${scope} ${method} ${url}`.replace(/\W+/g, '-')
    const right = await call(method, url, { key: await keyOf({ name: `right-${id}`, scopes: [scope] }), body })
    expect(right.status).toBeLessThan(300)
    const wrong = await call(method, url, { key: await keyOf({ name: `wrong-${id}`, scopes: others }), body })
    expect(wrong).toMatchObject({ status: 403, body: { code: 'forbidden', detail: expect.stringContaining(scope) } })
    expect((await call(method, url, { body })).status).toBeLessThan(300)
  })

  it('lets admins alone change agents', async () => {
    const key = await keyOf({ name: 'no-admin', scopes: ['signals:write', 'accounts:write', 'read'] })
    const patch = { body: { trust: 0.5 } }
    expect((await call('PATCH', '/v1/agents/pulse', { ...patch, key })).status).toBe(403)
    expect((await call('PATCH', '/v1/agents/pulse', patch)).status).toBe(200)
  })
})

describe('the key that asks', async () => {
  const { call, keyOf } = await createTestHttp()

  it('is told whose it is and what it may do, whatever that is', async () => {
    const key = await keyOf({ name: 'maria', principal: 'person', scopes: ['escalations:review'] })
    expect((await call('GET', '/v1/key', { key })).body).toEqual({
      name: 'maria',
      principal: 'person',
      scopes: ['escalations:review'],
      agents: null,
    })
    expect((await call('GET', '/v1/key')).body).toMatchObject({
      name: 'admin',
      principal: 'service',
      scopes: ['admin'],
    })
    const agent = await keyOf({ name: 'radar', principal: 'agent', scopes: ['signals:write'], agents: ['churn-radar'] })
    expect((await call('GET', '/v1/key', { key: agent })).body).toMatchObject({ agents: ['churn-radar'] })
  })
})

describe('a key of an agent', async () => {
  const { call, keyOf, pass, databaseUrl } = await createTestHttp()
  const copilot = await keyOf({
    name: 'copilot',
    principal: 'agent',
    scopes: ['signals:write', 'adjudications:write', 'read'],
    agents: ['renewal-copilot'],
  })
  const question = { account: 'bound', decision: 'expansion-outreach' }

  it('sends signals as that agent only', async () => {
    const signals = ['renewal-copilot', 'pulse'].map((agent) => ({
      id: 'b1',
      agent,
      account: 'bound',
      claim: 'healthy',
    }))
    const { status, body } = await call('POST', '/v1/signals', { key: copilot, body: { signals } })
    expect(status).toBe(202)
    expect(body.results).toMatchObject([
      { status: 'accepted' },
      { status: 'rejected', problem: { code: 'agent_not_allowed' } },
    ])
  })

  it('proposes as that agent only', async () => {
    const propose = (agent: string) => ({ ...question, proposal: { agent, action: 'wait' } })
    expect((await call('POST', '/v1/adjudications', { key: copilot, body: propose('renewal-copilot') })).status).toBe(
      201,
    )
    const other = await call('POST', '/v1/adjudications', { key: copilot, body: propose('pulse') })
    expect(other).toMatchObject({ status: 403, body: { code: 'agent_not_allowed' } })
  })

  it('brings neither facts nor the signals of another agent into a question', async () => {
    const facts = await call('POST', '/v1/adjudications', { key: copilot, body: { ...question, facts: { arr: 1 } } })
    expect(facts).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    const signals = [{ id: 'b2', agent: 'pulse', claim: 'healthy' }]
    const foreign = await call('POST', '/v1/adjudications', { key: copilot, body: { ...question, signals } })
    expect(foreign).toMatchObject({ status: 403, body: { code: 'agent_not_allowed' } })
  })

  it('never sends facts or outcomes and never administers, whatever its scopes say', async () => {
    await execute(
      databaseUrl,
      `UPDATE api_keys SET scopes = '{admin,accounts:write,outcomes:write,signals:write,read}' WHERE name = 'copilot'`,
    )
    pass(2_000)
    expect((await call('PUT', '/v1/accounts/bound', { key: copilot, body: { facts: {} } })).status).toBe(403)
    expect((await call('POST', '/v1/outcomes', { key: copilot, body: { outcomes: [] } })).status).toBe(403)
    expect((await call('PATCH', '/v1/agents/pulse', { key: copilot, body: { trust: 1 } })).status).toBe(403)
  })
})

describe('making keys', () => {
  it.each([
    ['an agent without its agent', { principal: 'agent', agents: null }, 'exactly one agent'],
    ['an agent with two', { principal: 'agent', agents: ['a', 'b'] }, 'exactly one agent'],
    ['a person with agents', { principal: 'person', agents: ['a'] }, "can't name agents"],
    ['a service with an empty list', { agents: [] }, 'lists no agent'],
    ['an odd agent', { agents: ['a\u202Eb'] }, "no agent's name"],
    ['no scope', { scopes: [] }, 'at least one scope'],
    [
      'an agent that may send facts',
      { principal: 'agent', agents: ['a'], scopes: ['accounts:write'] },
      '`accounts:write`',
    ],
    ['an agent that administers', { principal: 'agent', agents: ['a'], scopes: ['admin'] }, '`admin`'],
    ['an odd name', { name: 'no spaces' }, 'key name'],
  ] as const)('refuses %s', async (_, key, words) => {
    const before = await listKeys(app)
    await expect(keyOf({ name: 'refused', ...key } as never)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining(words),
    })
    expect(await listKeys(app)).toEqual(before)
  })

  it('keeps no token, and never uses a name twice', async () => {
    const token = await keyOf({ name: 'once' })
    expect(token).toMatch(/^ump_[\w-]{43}$/)
    const stored = await execute(test.databaseUrl, 'SELECT * FROM api_keys')
    const trail = await execute(test.databaseUrl, 'SELECT payload FROM audit_payloads')
    expect(JSON.stringify([stored, trail])).not.toContain(token)
    await revokeKey(app, 'once')
    await expect(keyOf({ name: 'once' })).rejects.toMatchObject({ code: 'key_conflict' })
  })

  it('is an entry of the audit trail, and so is revoking', async () => {
    await keyOf({ name: 'trailed' })
    await revokeKey(app, 'trailed')
    const { body } = await call('GET', '/v1/audit?stream=keys&limit=200')
    expect(body.entries.slice(-2)).toMatchObject([
      {
        kind: 'key.created',
        payload: { body: { name: 'trailed', principal: 'service', scopes: ['read'], agents: null } },
      },
      { kind: 'key.revoked', payload: { body: { name: 'trailed' } } },
    ])
    expect((await call('GET', '/v1/audit/verify?stream=keys')).body).toMatchObject({ ok: true })
  })
})

describe('a revoked key', () => {
  it('is refused at once by the process that revoked it', async () => {
    const key = await keyOf({ name: 'leaver' })
    expect((await call('GET', '/v1/ruleset', { key })).status).toBe(200)
    await revokeKey(app, 'leaver')
    expect((await call('GET', '/v1/ruleset', { key })).status).toBe(401)
    await expect(revokeKey(app, 'leaver')).rejects.toMatchObject({ code: 'not_found' })
  })

  it('is refused within two seconds by every other', async () => {
    const key = await keyOf({ name: 'elsewhere' })
    expect((await call('GET', '/v1/ruleset', { key })).status).toBe(200)
    await execute(test.databaseUrl, `UPDATE api_keys SET revoked_at = now() WHERE name = 'elsewhere'`)
    expect((await call('GET', '/v1/ruleset', { key })).status).toBe(200)
    pass(2_000)
    expect((await call('GET', '/v1/ruleset', { key })).status).toBe(401)
  })
})

describe('trying wrong keys', async () => {
  const { call, keyOf } = await createTestHttp()
  const wrong = () => call('GET', '/v1/ruleset', { key: `ump_${Math.random()}` })

  it('ends after sixty in a minute, for keys that were never seen in use', async () => {
    const known = await keyOf({ name: 'known' })
    const fresh = await keyOf({ name: 'fresh' })
    expect((await call('GET', '/v1/ruleset', { key: known })).status).toBe(200)
    for (let i = 0; i < 60; i++) expect((await wrong()).status).toBe(401)
    const refused = await wrong()
    expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited' } })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect((await call('GET', '/v1/ruleset', { key: fresh })).status).toBe(429)
    expect((await call('GET', '/v1/ruleset', { key: known })).status).toBe(200)
  })
})
