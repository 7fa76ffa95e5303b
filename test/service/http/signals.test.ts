import { describe, expect, it } from 'vitest'
import { START } from '../app.ts'
import { createTestHttp } from './http.ts'

const { call, metricsText, keyOf, pass } = await createTestHttp()

const signal = (fields: object = {}) => ({ id: 's1', agent: 'pulse', account: 'acme', claim: 'healthy', ...fields })
const send = (...signals: unknown[]) => call('POST', '/v1/signals', { body: { signals } })
const ahead = (milliseconds: number) => new Date(START + milliseconds).toISOString()

/** Live signals of an account, as the API shows them. */
async function live(account: string): Promise<readonly any[]> {
  const { status, body } = await call('GET', `/v1/accounts/${account}`)
  return status === 404 ? [] : body.signals
}

describe('sending signals', () => {
  it('takes each in, in the order given, with everything it may have', async () => {
    const full = signal({
      id: 'full',
      agentVersion: '3.2.0',
      confidence: 0.82,
      observedAt: '2026-11-20T10:00:00+01:00',
      expiresAt: '2026-12-20T09:00:00Z',
      recommends: 'save_play',
      evidence: [{ label: 'Logins down 60 %', url: 'https://bi.example.com/acme' }, { label: 'Ärger über Preise' }],
      attributes: { model: { name: 'gbm', version: 7 } },
    })
    const { status, body, headers } = await send(
      full,
      signal({ id: 'bare', claim: 'expansion_ready', expiresAt: null }),
    )
    expect(status).toBe(202)
    expect(headers['content-type']).toBe('application/json; charset=utf-8')
    expect(body).toEqual({
      results: [
        { id: 'full', agent: 'pulse', status: 'accepted' },
        { id: 'bare', agent: 'pulse', status: 'accepted' },
      ],
    })
    expect(await live('acme')).toMatchObject([
      { id: 'bare', confidence: null, observedAt: ahead(0), expiresAt: null },
      { id: 'full', confidence: 0.82, observedAt: '2026-11-20T09:00:00.000Z', expiresAt: '2026-12-20T09:00:00.000Z' },
    ])
  })

  it('takes the same one in once, compared as sent', async () => {
    const sent = signal({ account: 'twice', confidence: 0.5 })
    expect((await send(sent)).body.results[0].status).toBe('accepted')
    pass(1_000)
    expect((await send(sent)).body.results[0].status).toBe('duplicate')
    const { body } = await send(signal({ account: 'twice', confidence: 0.6 }))
    expect(body.results[0]).toMatchObject({ status: 'rejected', problem: { code: 'signal_conflict' } })
    expect(await live('twice')).toMatchObject([{ confidence: 0.5 }])
  })

  it('turns a score into a confidence where the agent has a scale, and refuses it elsewhere', async () => {
    const { body } = await send(
      signal({ account: 'scored', score: 50 }),
      signal({ account: 'scored', agent: 'churn-radar', score: 50 }),
    )
    expect(body.results).toMatchObject([
      { status: 'accepted' },
      { agent: 'churn-radar', status: 'rejected', problem: { code: 'score_without_scale' } },
    ])
  })

  it('needs the scope but no knowledge of the agent', async () => {
    const key = await keyOf({ name: 'crm', scopes: ['signals:write'] })
    const { body } = await call('POST', '/v1/signals', {
      key,
      body: { signals: [signal({ agent: 'never heard of', account: 'open' })] },
    })
    expect(body.results[0].status).toBe('accepted')
    expect((await call('GET', '/v1/agents/never%20heard%20of')).body).toMatchObject({ mode: 'shadow', trust: 0.5 })
  })
})

describe('a bad signal', () => {
  const bad: readonly (readonly [what: string, fields: object, detail: string])[] = [
    ['no account', { account: undefined }, '`account` is required'],
    ['no claim', { claim: undefined }, '`claim` is required'],
    ['an empty id', { id: '' }, '`id` must not be empty'],
    ['an id of another type', { id: 7 }, '`id` must be a string, not `7`'],
    ['an id that is too long', { id: 'x'.repeat(201) }, '`id` must have at most 200 characters'],
    ['spaces around the agent', { agent: ' pulse' }, '`agent` must not have spaces around it'],
    ['a control character in the claim', { claim: 'a\tb' }, '`claim` must not have spaces'],
    ['a character that turns text around', { account: 'a\u202Eb' }, '`account` must not have spaces'],
    ['a confidence above 1', { confidence: 1.5 }, '`confidence` must be at most 1, not `1.5`'],
    ['a confidence below 0', { confidence: -0.1 }, '`confidence` must be at least 0, not `-0.1`'],
    ['a confidence in words', { confidence: 'high' }, '`confidence` must be a number, not `"high"`'],
    ['confidence null', { confidence: null }, '`confidence` must be a number, not `null`'],
    ['confidence and score', { confidence: 0.5, score: 50 }, "`score` can't be given beside `confidence`"],
    ['an unknown field', { confidense: 0.5 }, '`confidense` is not known here; did you mean `confidence`?'],
    ['no time', { observedAt: 'yesterday' }, '`observedAt` must be an RFC 3339 time'],
    ['a time without an offset', { observedAt: '2026-11-20T09:00:00' }, '`observedAt` must be an RFC 3339 time'],
    ['a date', { observedAt: '2026-11-20' }, '`observedAt` must be an RFC 3339 time'],
    ['a day that is not', { observedAt: '2026-02-30T09:00:00Z' }, '`observedAt` must be an RFC 3339 time'],
    ['a year that nobody lived in', { observedAt: '0000-01-01T00:00:00Z' }, '`observedAt` must be an RFC 3339 time'],
    [
      'a time more than 5 minutes ahead',
      { observedAt: ahead(3_600_000) },
      '`observedAt` must be at most 5 minutes ahead',
    ],
    ['an end before its beginning', { observedAt: ahead(-1000), expiresAt: ahead(-2000) }, '`expiresAt` must be after'],
    ['an end before now', { expiresAt: ahead(-2000) }, '`expiresAt` must be after'],
    ['a long recommendation', { recommends: 'x'.repeat(101) }, '`recommends` must have at most 100 characters'],
    ['21 pieces of evidence', { evidence: Array(21).fill({ label: 'x' }) }, '`evidence` must have at most 20 items'],
    ['evidence without a label', { evidence: [{}] }, '`evidence.0.label` is required'],
    ['a long label', { evidence: [{ label: 'x'.repeat(201) }] }, '`evidence.0.label` must have at most 200 characters'],
    ['a label with a line break', { evidence: [{ label: 'a\nb' }] }, '`evidence.0.label` must not have control'],
    ['a label that turns around', { evidence: [{ label: 'a\u2066b' }] }, '`evidence.0.label` must not have control'],
    ['an http URL', { evidence: [{ label: 'x', url: 'http://x.example' }] }, '`evidence.0.url` must be an https URL'],
    ['a script', { evidence: [{ label: 'x', url: 'javascript:alert(1)' }] }, '`evidence.0.url` must be an https URL'],
    ['attributes beyond 8 KiB', { attributes: { a: 'x'.repeat(8192) } }, '`attributes` must have at most 8 KiB'],
    ['attributes in a list', { attributes: [] }, '`attributes` must be an object'],
  ]

  it.each(bad)('is rejected alone: %s', async (what, fields, detail) => {
    const account = `bad ${what}`.trim()
    const { status, body } = await send(
      signal({ id: 'before', account }),
      { ...signal({ account }), ...fields },
      signal({ id: 'after', account, claim: 'expansion_ready' }),
    )
    expect(status).toBe(202)
    expect(body.results.map((result: any) => result.status)).toEqual(['accepted', 'rejected', 'accepted'])
    expect(body.results[1].problem.code).toBe('invalid_request')
    expect(body.results[1].problem.detail).toContain(detail)
    expect((await live(encodeURIComponent(account))).map(({ id }) => id)).toEqual(['after', 'before'])
  })

  it.each([null, 'signal', 7, [], {}])('is rejected whatever it is: %j', async (item) => {
    const { status, body } = await send(item)
    expect(status).toBe(202)
    expect(body.results).toMatchObject([
      { id: null, agent: null, status: 'rejected', problem: { code: 'invalid_request' } },
    ])
  })

  it('is told everything that is wrong with it', async () => {
    const { body } = await send({ id: 'many', agent: 'pulse', confidence: 2, claims: 'x' })
    const { detail } = body.results[0].problem
    expect(detail).toContain('`confidence`')
    expect(detail).toContain('`account` is required')
    expect(detail).toContain('`claims` is not known here; did you mean `claim`?')
  })

  it('may lie 5 minutes ahead and no more', async () => {
    const { body } = await send(
      signal({ id: 'in time', account: 'ahead', observedAt: ahead(5 * 60_000) }),
      signal({ id: 'too far', account: 'ahead', observedAt: ahead(5 * 60_000 + 2_000) }),
    )
    expect(body.results.map((result: any) => result.status)).toEqual(['accepted', 'rejected'])
  })
})

describe('a batch', () => {
  it('has 1 to 1,000 signals', async () => {
    expect(await send()).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [{ path: 'signals', message: 'must have at least 1 item' }] },
    })
    const many = Array.from({ length: 1_001 }, (_, i) => signal({ id: `m${i}`, account: 'many' }))
    expect(await send(...many)).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'signals', message: 'must have at most 1,000 items' }] },
    })
    expect(await live('many')).toEqual([])
    const { status, body } = await send(...many.slice(0, 1_000))
    expect(status).toBe(202)
    expect(body.results.map((result: any) => result.id)).toEqual(many.slice(0, 1_000).map(({ id }) => id))
  })

  it('counts what is rejected for its form', async () => {
    const rejected = async () =>
      Number(/umpire_signals_total\{status="rejected"\} (\d+)/.exec(await metricsText())?.[1] ?? 0)
    const before = await rejected()
    const reply = await call('POST', '/v1/signals', { body: { signals: [{}, { id: 7 }, 7] } })
    expect(reply.body.results).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }, { status: 'rejected' }])
    expect(await rejected()).toBe(before + 3)
  })

  it.each([[{}], [{ signals: {} }], [{ signals: [], other: 1 }], [[]], ['"x"'], ['null'], ['']])(
    'has the list under `signals`: %j',
    async (body) => {
      expect(await call('POST', '/v1/signals', { body })).toMatchObject({
        status: 400,
        body: { code: 'invalid_request' },
      })
    },
  )
})
