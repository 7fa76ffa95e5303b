import { describe, expect, it } from 'vitest'
import { loadRuleset } from '../../../src/core/rules/load.ts'
import { RULES, START } from '../app.ts'
import { execute } from '../database.ts'
import { createTestHttp } from '../http/http.ts'
import { hubHeaders, hubspotHeaders, rulesFile, SECRETS, standardHeaders } from './senders.ts'

const MINUTE = 60_000

/** A CRM that sends numbers, some of which are none. */
const sources = (facts: string) => `sources:
  crm:
    auth: { scheme: standard-webhooks, secretFrom: [NEW_SECRET, OLD_SECRET] }
    agents: [pulse]
    matchers:
      - name: number
        match: { kind: number }
        account: account
        aliases: aliases
        at: at
        facts: '${facts}'
      - name: signal
        match: { kind: signal }
        account: account
        at: at
        signals: signal
      - name: slow
        match: { kind: slow }
        account: account
        facts: '{ "n": $match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/) }'
      - name: news
        match: { kind: news }
        ignore: true
  hub:
    auth: { scheme: hub-signature-256, secretFrom: HUB_SECRET }
    matchers: [{ name: any, account: account, facts: '{ "n": n }' }]
`
const STRICT = '{ name: $number(value) }'
const LENIENT = '{ name: value = "many" ? 1000 : $number(value) }'

const NEW = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const OLD = 'whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcg=='
const environment = {
  ...SECRETS,
  NEW_SECRET: NEW,
  OLD_SECRET: OLD,
  HUB_SECRET: "It's a Secret to Everybody",
}
const rules = { ...RULES, 'sources.yaml': sources(STRICT) }

type TestHttp = Awaited<ReturnType<typeof createTestHttp>>

let sent = 0

/** Posts as the CRM does. */
function crmOf({ http, app }: TestHttp) {
  return async (payload: unknown, { secret = NEW, id = `msg_${++sent}` }: { secret?: string; id?: string } = {}) => {
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
    const headers = { 'content-type': 'application/json', ...standardHeaders(secret, id, app.now(), text) }
    const reply = await http.inject({ method: 'POST', url: '/v1/webhooks/crm', headers, payload: text })
    return { status: reply.statusCode, body: reply.json(), headers: reply.headers }
  }
}

const number = (account: string, name: string, value: unknown, at?: number) => ({
  kind: 'number',
  account,
  name,
  value,
  at,
})

describe('a webhook', async () => {
  const test = await createTestHttp({ rules, environment })
  const { http, call, app, databaseUrl } = test
  const post = crmOf(test)
  const factsOf = async (account: string) => (await call('GET', `/v1/accounts/${account}`)).body.facts
  const rejected = async () => (await call('GET', '/v1/webhooks/rejected?limit=200')).body.rejected

  it('takes what it can from a batch, and keeps the rest with the reason', async () => {
    const bad = number('batch-2', 'arr', 'many')
    const other = { kind: 'other', account: 'batch-4' }
    const events = [number('batch-1', 'arr', '1'), bad, number('batch-3', 'arr', '3'), other, { kind: 'news' }]
    expect(await post(events)).toMatchObject({
      status: 202,
      body: { source: 'crm', duplicate: false, taken: 2, ignored: 1, rejected: 2 },
    })
    expect([await factsOf('batch-1'), await factsOf('batch-3')]).toEqual([{ arr: 1 }, { arr: 3 }])
    expect((await call('GET', '/v1/accounts/batch-2')).status).toBe(404)
    const [noMatcher, noNumber] = await rejected()
    expect(noMatcher).toMatchObject({
      source: 'crm',
      matcher: null,
      account: null,
      reason: 'no matcher fits; add one, with `ignore: true` if such events are not wanted',
      untrusted: { event: other },
    })
    expect(noNumber).toMatchObject({
      matcher: 'number',
      whole: false,
      times: 1,
      reason: expect.stringMatching(/^`facts`: unable to cast value to a number: `many`/),
      untrusted: { event: { kind: 'number', value: 'many' } },
    })
    await post([bad])
    expect((await rejected()).map(({ times }: { times: number }) => times)).toEqual([1, 2])
  })

  it('keeps what is no JSON whole, and answers as if it had been taken', async () => {
    const before = (await rejected()).length
    for (const text of ['{"kind": "num', '', '"\\u0000"', '{"__proto__": {}}', 'null']) {
      expect(await post(text)).toMatchObject({ status: 202, body: { taken: 0, rejected: 1 } })
    }
    const kept = (await rejected()).slice(0, -before)
    expect(kept.map(({ whole, reason }: any) => [whole, reason])).toEqual([
      [true, 'the body must not be `null`'],
      [true, '`__proto__` is a key that is not allowed anywhere'],
      [true, 'the body has a NUL or half a surrogate pair in it'],
      [true, 'the body is empty'],
      [true, expect.stringMatching(/^the body is not valid JSON: /)],
    ])
    expect(await post('"'.repeat(3).concat('\0'))).toMatchObject({ status: 202 })
  })

  it('says what is wrong with what its expressions make', async () => {
    const cases: [object, RegExp][] = [
      [number('', 'n', '1'), /^`account` must not be empty/],
      [{ kind: 'number', name: 'n', value: '1' }, /^`account` is required/],
      [number('crm:', 'n', '1'), /^`account` must have an id behind its colon/],
      [{ ...number('odd', 'n', '1'), aliases: ['crm:1', 'crm:'] }, /^`aliases\.1` must have an id behind its colon/],
      [number('odd', 'constructor', '1'), /^what the event becomes is not safe to keep: `facts\.constructor`/],
      [number('odd', 'n', '1', 1_795_165_198), /^`at` must be in milliseconds, and `1795165198` looks like seconds/],
      [number('odd', 'n', '1', START + 6 * MINUTE), /^`at` must be at most 5 minutes ahead of now/],
      [{ kind: 'number', account: 'odd', name: 'n' }, /^its expressions come to nothing/],
      [
        { kind: 'signal', account: 'odd', signal: { claim: 'healthy', confidence: 1.5 } },
        /^`signals\.0\.confidence` must be at most 1/,
      ],
      [
        { kind: 'signal', account: 'odd', signal: { claim: 'healthy', account: 'other' } },
        /^`signals\.0\.account` is not known here/,
      ],
      [{ kind: 'signal', account: 'odd', signal: 'healthy' }, /^`signals\.0` must be an object/],
      [
        { kind: 'signal', account: 'odd', signal: { agent: 'churn-radar', claim: 'churn_risk' } },
        /^`signals\.0\.agent` must be one that the source speaks for, not `churn-radar`; list it under `agents`$/,
      ],
    ]
    for (const [event, reason] of cases) {
      expect(await post([event])).toMatchObject({ status: 202, body: { taken: 0, rejected: 1 } })
      const [newest] = await rejected()
      expect(newest.reason).toMatch(reason)
    }
    expect((await call('GET', '/v1/accounts/odd')).status).toBe(404)
  })

  it('ends an expression that does not end, and takes the others', async () => {
    const events = [number('ends-1', 'n', '1'), { kind: 'slow', account: 'ends-2' }, number('ends-3', 'n', '3')]
    expect(await post(events)).toMatchObject({ status: 202, body: { taken: 2, rejected: 1 } })
    const [newest] = await rejected()
    expect(newest).toMatchObject({ reason: expect.stringMatching(/did not end within 2000 ms, and were ended$/) })
    expect([await factsOf('ends-1'), await factsOf('ends-3')]).toEqual([{ n: 1 }, { n: 3 }])
  })

  it('gives signals that say no id one that is the same when the event comes again', async () => {
    const event = {
      kind: 'signal',
      account: 'again',
      at: START - MINUTE,
      signal: { claim: 'healthy', confidence: 0.9 },
    }
    for (let i = 0; i < 2; i++) expect(await post([event])).toMatchObject({ body: { taken: 1, rejected: 0 } })
    const { signals } = (await call('GET', '/v1/accounts/again')).body
    expect(signals).toEqual([
      expect.objectContaining({ agent: 'pulse', claim: 'healthy', observedAt: '2026-11-23T08:59:00.000Z' }),
    ])
  })

  it('lets nothing that is older take the place of what is newer, whichever comes first', async () => {
    await post([number('late', 'arr', '2', START - 1_000), number('late', 'arr', '1', START - 2_000)])
    expect(await factsOf('late')).toEqual({ arr: 2 })
    await post([number('late', 'arr', '0', START - 3_000), number('late', 'seats', '5', START - 3_000)])
    expect(await factsOf('late')).toEqual({ arr: 2, seats: 5 })
    const values = Array.from({ length: 20 }, (_, i) => number('race', 'arr', String(i), START - 20_000 + i))
    await Promise.all(values.map((value) => post([value])))
    expect(await factsOf('race')).toEqual({ arr: 19 })
  })

  it('makes external ids aliases, and tells of those that belong to others', async () => {
    expect(await post([{ ...number('own', 'n', '1'), aliases: ['crm:1', 'crm:2'] }])).toMatchObject({
      body: { taken: 1 },
    })
    expect((await call('GET', '/v1/accounts/crm:2')).body.account).toBe('own')
    const events = [{ ...number('stranger', 'n', '2'), aliases: 'crm:1' }, number('stranger', 'm', '3')]
    expect(await post(events)).toMatchObject({ body: { taken: 1, rejected: 1 } })
    expect(await factsOf('stranger')).toEqual({ m: 3 })
    const [newest] = await rejected()
    expect(newest).toMatchObject({ account: 'stranger', reason: '`crm:1` is an alias of `own` already' })
  })

  it('takes up to a thousand events', async () => {
    const many = (count: number) => Array.from({ length: count }, () => ({ kind: 'news' }))
    expect(await post(many(1_000))).toMatchObject({ body: { ignored: 1_000 } })
    expect(await post(many(1_001))).toMatchObject({ body: { ignored: 0, rejected: 1 } })
    expect(await post([])).toMatchObject({ status: 202, body: { taken: 0, ignored: 0, rejected: 0 } })
  })

  it('is not there under another name, and has no other methods', async () => {
    expect(await call('POST', '/v1/webhooks/erp', { body: {} })).toMatchObject({
      status: 404,
      body: { code: 'not_found', detail: 'no source `erp`; sources.yaml declares who may post' },
    })
    expect((await call('PUT', '/v1/webhooks/crm', { body: {} })).status).toBe(405)
  })

  it('refuses 50 MB before it is read', async () => {
    const reply = await http.inject({
      method: 'POST',
      url: '/v1/webhooks/crm',
      headers: { 'content-type': 'application/json' },
      payload: Buffer.alloc(50 * 1024 * 1024, ' '),
    })
    expect(reply.statusCode).toBe(413)
    expect(reply.json()).toMatchObject({ code: 'payload_too_large' })
  })

  it('refuses what is compressed', async () => {
    const headers = { ...standardHeaders(NEW, 'msg_gzip', app.now(), '[]'), 'content-encoding': 'gzip' }
    const reply = await http.inject({ method: 'POST', url: '/v1/webhooks/crm', headers, payload: '[]' })
    expect(reply.statusCode).toBe(415)
  })

  it('forgets with time what could not be taken in, and what came before', async () => {
    const { sweepWebhooks } = await import('../../../src/webhooks/rejected.ts')
    expect(await sweepWebhooks(app)).toBe(0)
    test.pass(91 * 24 * 60 * MINUTE)
    await sweepWebhooks(app)
    const rows = 'SELECT (SELECT count(*) FROM webhook_rejections) + (SELECT count(*) FROM webhook_requests) AS n'
    expect(await execute(databaseUrl, rows)).toEqual([{ n: '0' }])
  })
})

describe('a sender', async () => {
  const test = await createTestHttp({ rules: { ...rules, 'sources.yaml': sources(STRICT) }, environment })
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

describe('what could not be taken in', async () => {
  const test = await createTestHttp({ rules, environment })
  const { app, call } = test
  const post = crmOf(test)
  const replay = (id: string, key?: string) => call('POST', `/v1/webhooks/rejected/${id}/replay`, { key })

  /** Answers with rules in which the source knows what to do. */
  function mend() {
    const files = { ...rules, 'sources.yaml': sources(LENIENT) }
    const { ruleset } = loadRuleset(Object.entries(files).map(([path, text]) => ({ path, text })))
    app.rules.follow(app.rules.activation, ruleset!)
  }

  it('is taken in by a replay, once the source is mended', async () => {
    const events = ['a', 'b', 'c'].map((name) => number(`replay-${name}`, 'arr', 'many', START - MINUTE))
    await post([...events, { kind: 'other' }])
    const { rejected } = (await call('GET', '/v1/webhooks/rejected?source=crm')).body
    const one = rejected.find(({ untrusted }: any) => untrusted.event.account === 'replay-a')

    expect(await replay(one.id)).toMatchObject({ status: 200, body: { taken: 0, rejected: 1 } })
    const reader = await test.keyOf({ name: 'reader', scopes: ['read'] })
    expect((await replay(one.id, reader)).status).toBe(403)
    expect((await call('GET', '/v1/webhooks/rejected', { key: reader })).status).toBe(403)

    mend()
    expect(await replay(one.id)).toMatchObject({ status: 200, body: { taken: 1, rejected: 0 } })
    expect((await replay(one.id)).status).toBe(404)
    expect((await call('GET', '/v1/accounts/replay-a')).body.facts).toEqual({ arr: 1_000 })

    const all = await call('POST', '/v1/webhooks/rejected/replay', { body: { source: 'crm' } })
    expect(all).toMatchObject({ status: 200, body: { taken: 2, ignored: 0, rejected: 1, next: null } })
    const left = (await call('GET', '/v1/webhooks/rejected')).body.rejected
    expect(left).toMatchObject([{ matcher: null, times: 1, untrusted: { event: { kind: 'other' } } }])
    expect((await call('POST', '/v1/webhooks/rejected/replay', { body: { source: 'erp' } })).status).toBe(404)
  })

  it('is as old as when it came first', async () => {
    await post([{ kind: 'signal', account: 'aged', signal: { claim: 'healthy', confidence: 'high' } }])
    const [row] = (await call('GET', '/v1/webhooks/rejected')).body.rejected
    test.pass(60 * MINUTE)
    expect(row.firstAt).toBe(new Date(START).toISOString())
    await execute(
      test.databaseUrl,
      `UPDATE webhook_rejections SET event = replace(event, '"high"', '0.5') WHERE id = $1`,
      [row.id],
    )
    expect((await replay(row.id)).body).toMatchObject({ taken: 1 })
    const { signals } = (await call('GET', '/v1/accounts/aged')).body
    expect(signals).toMatchObject([{ observedAt: new Date(START).toISOString() }])
  })
})

describe('the URL with a secret in it', async () => {
  const test = await createTestHttp({ rules: { ...RULES, 'sources.yaml': rulesFile('sources.yaml') }, environment })
  const { http, logged, databaseUrl } = test
  const secret = SECRETS.SALESFORCE_PATH_SECRET
  const { example } = await import('./senders.ts')
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
