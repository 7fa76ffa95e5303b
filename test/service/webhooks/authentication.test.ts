import { describe, expect, it } from 'vitest'
import { RULES } from '../app.ts'
import { execute } from '../database.ts'
import { createTestHttp, type TestHttp } from '../http/http.ts'
import { crmOf, environment, NEW, number, OLD, rules } from './crm.ts'
import { example, hubHeaders, hubspotHeaders, rulesFile, SECRETS, standardHeaders } from './senders.ts'

const MINUTE = 60_000

describe('a sender', async () => {
  const test = await createTestHttp({ rules, environment })
  const { http, app, databaseUrl, logged } = test
  const post = crmOf(test)
  const url = '/v1/webhooks/crm'
  const payload = JSON.stringify([number('signed', 'arr', '1'), { kind: 'other' }])
  const send = async (headers: Record<string, string>, body: string | Buffer) => {
    const reply = await http.inject({ method: 'POST', url, headers, payload: body })
    return { status: reply.statusCode, code: reply.json().code, headers: reply.headers }
  }
  const stored = async () => {
    const tables = ['audit_entries', 'facts', 'webhook_rejections', 'webhook_requests', 'webhook_facts']
    const counts = tables.map(
      (table) => `(SELECT count(*) FROM ${table} ${table === 'audit_entries' ? "WHERE stream LIKE 'account:%'" : ''})`,
    )
    const [row] = await execute<{ n: string }>(databaseUrl, `SELECT ${counts.join(' + ')} AS n`)
    return Number(row?.n)
  }

  it('that is not the source is refused, and nothing is stored', async () => {
    const good = standardHeaders(NEW, 'msg_x', app.now(), payload)
    const stale = standardHeaders(NEW, 'msg_x', app.now() - 6 * MINUTE, payload)
    const tries: [Record<string, string>, string][] = [
      [{}, payload],
      [{ authorization: `Bearer ${test.admin}` }, payload],
      [standardHeaders('whsec_c3RyYW5nZXJzdHJhbmdlcnN0cmFuZ2Vy', 'msg_x', app.now(), payload), payload],
      [good, payload.replace('"1"', '"2"')],
      [good, JSON.stringify(JSON.parse(payload), null, 1)],
      [good, payload.slice(0, -1)],
      [stale, payload],
      [{ ...good, 'webhook-signature': good['webhook-signature']!.replace('v1,', '') }, payload],
      [{ ...good, 'webhook-id': 'msg_y' }, payload],
    ]
    for (const [headers, body] of tries) {
      expect(await send(headers, body)).toMatchObject({ status: 401, code: 'sender_not_authenticated' })
    }
    expect(await stored()).toBe(0)
    const told = logged.filter((line) => line.includes('"msg":"refused what is not from its source"'))
    expect(told).toHaveLength(tries.length)
    expect(JSON.parse(told[3]!)).toMatchObject({
      level: 30,
      source: 'crm',
      reason: 'no signature of version 1 in `webhook-signature` is that of this body',
    })
    expect(await send(good, payload)).toMatchObject({ status: 202 })
  })

  it('that sends a request again is told that it had come', async () => {
    const before = await stored()
    expect(await post(payload, { id: 'msg_x' })).toMatchObject({
      status: 202,
      body: { duplicate: true, taken: 0, rejected: 0 },
    })
    expect(await stored()).toBe(before)
    test.pass(4 * MINUTE)
    expect(await post(payload, { id: 'msg_x' })).toMatchObject({ body: { duplicate: true } })
  })

  it('that sends a request ten times at once has it taken in once', async () => {
    const events = [
      { ...number('at-once', 'arr', '1'), aliases: 'crm:at-once' },
      { kind: 'signal', account: 'at-once', signal: { id: 's', claim: 'healthy', confidence: 0.9 } },
      { kind: 'other', name: 'at-once' },
    ]
    const posts = Array.from({ length: 10 }, () => post(events, { id: 'msg_at_once' }))
    expect(new Set((await Promise.all(posts)).map(({ status }) => status))).toEqual(new Set([202]))
    const { entries } = (await test.call('GET', '/v1/audit?stream=account:at-once')).body
    const kinds = entries.map(({ kind }: any) => kind).filter((kind: string) => kind !== 'adjudication')
    expect(kinds.sort()).toEqual(['alias', 'facts', 'signal'])
    const { rejected } = (await test.call('GET', '/v1/webhooks/rejected?source=crm')).body
    expect(rejected.filter(({ untrusted }: any) => untrusted.event.name === 'at-once')).toHaveLength(1)
  })

  it('may change its secret while it goes on sending', async () => {
    const posts = Array.from({ length: 40 }, (_, i) =>
      post([number('rotated', `n${i}`, String(i))], { secret: i % 2 === 0 ? NEW : OLD }),
    )
    expect((await Promise.all(posts)).map(({ status, body }) => [status, body.taken])).toEqual(Array(40).fill([202, 1]))
  })

  it('is known by what it says where it signs no time', async () => {
    const hub = async (body: string, delivery: string) => {
      const headers = hubHeaders(environment.HUB_SECRET, body, delivery)
      return (await http.inject({ method: 'POST', url: '/v1/webhooks/hub', headers, payload: body })).json()
    }
    const body = '{"account":"hub","n":1}'
    expect(await hub(body, 'one')).toMatchObject({ duplicate: false, taken: 1 })
    expect(await hub(body, 'one')).toMatchObject({ duplicate: true, taken: 0 })
    expect(await hub(body, 'two')).toMatchObject({ duplicate: true, taken: 0 })
    expect(await hub('{"account":"hub","n":2}', 'one')).toMatchObject({ duplicate: true })
    expect(await hub('{"account":"hub","n":2}', 'three')).toMatchObject({ duplicate: false, taken: 1 })
    test.pass(80 * 24 * 60 * MINUTE)
    expect(await hub(body, 'four')).toMatchObject({ duplicate: true })
  })

  it('finds no secret in a log', () => {
    for (const secret of Object.values(environment)) expect(logged.join('\n')).not.toContain(secret)
  })
})

describe('the limit', async () => {
  const test = await createTestHttp({ rules, environment, rateLimit: { max: 3, timeWindow: MINUTE } })
  const post = crmOf(test)

  it('of a source is its own, and tells when to come back', async () => {
    const hub = hubHeaders(environment.HUB_SECRET, '{}', 'one')
    for (let i = 0; i < 3; i++) expect((await post([])).status).toBe(202)
    const refused = await post([])
    expect(refused).toMatchObject({
      status: 429,
      body: { code: 'rate_limited', detail: expect.stringContaining('`crm`') },
    })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect(
      (await test.http.inject({ method: 'POST', url: '/v1/webhooks/hub', headers: hub, payload: '{}' })).statusCode,
    ).toBe(202)
  })
})

describe('requests that are not from their source', async () => {
  const test = await createTestHttp({ rules, environment })
  const post = crmOf(test)

  it('are told to wait when they are many, and hold up nobody', async () => {
    const wrong = async () =>
      (await test.http.inject({ method: 'POST', url: '/v1/webhooks/crm', payload: '{}' })).statusCode
    for (let i = 0; i < 60; i++) expect(await wrong()).toBe(401)
    expect(await wrong()).toBe(429)
    expect((await post([])).status).toBe(202)
    expect(await wrong()).toBe(429)
  })
})

describe('the URL with a secret in it', async () => {
  const test = await createTestHttp({ rules: { ...RULES, 'sources.yaml': rulesFile('sources.yaml') }, environment })
  const { http, logged, databaseUrl } = test
  const secret = SECRETS.SALESFORCE_PATH_SECRET
  const message = example('salesforce.xml')
  const post = async (payload: string, path = `/v1/webhooks/salesforce/${secret}`) => {
    const reply = await http.inject({ method: 'POST', url: path, headers: { 'content-type': 'text/xml' }, payload })
    return { status: reply.statusCode, text: reply.body }
  }
  const nothing = async () => {
    expect(await execute(databaseUrl, 'SELECT count(*) AS n FROM webhook_rejections')).toEqual([{ n: '0' }])
  }

  it('is refused with another secret, or the message of another organization', async () => {
    const other = message.replace('00D24000000ExamEAE', '00D99000000OtheEAE')
    expect((await post(message, '/v1/webhooks/salesforce/path-secret-of-others')).status).toBe(401)
    expect((await post(message, '/v1/webhooks/salesforce')).status).toBe(401)
    expect((await post(other)).status).toBe(401)
    await nothing()
  })

  it('is refused with a document type or an entity', async () => {
    const doctype = '<!DOCTYPE x [<!ENTITY xxe SYSTEM "file:///etc/passwd">]>'
    for (const bad of [
      message.replace('<soapenv', `${doctype}<soapenv`),
      message.replace('Acme GmbH', '&xxe;'),
      '<a>',
    ]) {
      expect((await post(bad)).status).toBe(400)
    }
    await nothing()
  })

  it('takes a message that comes again once', async () => {
    for (let i = 0; i < 2; i++)
      expect(await post(message)).toMatchObject({ status: 200, text: expect.stringContaining('<Ack>true') })
    const { signals } = (await test.call('GET', '/v1/accounts/salesforce:00124000005aBcDAAU')).body
    expect(signals).toHaveLength(1)
  })

  it('is in no log and no answer, however it is written', async () => {
    const paths = [
      `/v1/webhooks/salesforce/${secret}/`,
      `/v1/webhooks/salesforce/${secret}?x=1`,
      `/v1/webhooks/salesforce//${secret}`,
      `/V1/Webhooks/salesforce/${secret}`,
      `/v1/webhooks%2Fsalesforce%2F${secret}`,
      `/v1/webhooks/erp/${secret}`,
      `/v1/webhooks/salesforce/${secret}/%zz`,
      `/v1/webhooks/hubspot/${secret}`,
    ]
    const answers = await Promise.all(
      paths.flatMap((url) =>
        (['GET', 'POST', 'PUT'] as const).map((method) =>
          http.inject({ method, url, payload: '{}', headers: hubspotHeaders('', '{}', test.app.now()) }),
        ),
      ),
    )
    expect(answers.map(({ body }) => body).join('\n')).not.toContain(secret)
    await execute(databaseUrl, 'ALTER TABLE webhook_facts RENAME TO away')
    expect((await post(message)).status).toBe(500)
    await execute(databaseUrl, 'ALTER TABLE away RENAME TO webhook_facts')
    expect(logged.join('\n')).toContain('/v1/webhooks/salesforce/…')
    expect(logged.join('\n')).not.toContain(secret)
  })
})

describe('behind a proxy', async () => {
  const hubspot = { ...RULES, 'sources.yaml': rulesFile('sources.yaml') }
  const body = '[]'
  const ask = async (test: TestHttp, signedFor: string) => {
    const headers = hubspotHeaders(signedFor, body, test.app.now())
    return (await test.http.inject({ method: 'POST', url: '/v1/webhooks/hubspot', headers, payload: body })).statusCode
  }

  it('the URL that is signed begins as UMPIRE_PUBLIC_URL says, else as the request does', async () => {
    const own = await createTestHttp({ rules: hubspot, environment, calledAs: null })
    const proxied = await createTestHttp({ rules: hubspot, environment, calledAs: 'https://crm.example.com/umpire' })
    expect(await ask(own, 'http://localhost:80/v1/webhooks/hubspot')).toBe(202)
    expect(await ask(own, 'https://crm.example.com/umpire/v1/webhooks/hubspot')).toBe(401)
    expect(await ask(proxied, 'https://crm.example.com/umpire/v1/webhooks/hubspot')).toBe(202)
    expect(await ask(proxied, 'http://localhost:80/v1/webhooks/hubspot')).toBe(401)
  })
})
