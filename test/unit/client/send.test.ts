import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { type Client, createClient, UmpireError } from '../../../src/client/index.ts'
import { createSend } from '../../../src/client/send.ts'
import { type ClientOptions, readSettings } from '../../../src/client/settings.ts'
import { freePort } from '../../service/ports.ts'
import { answer, drip, problem, reset, resetMidway, stall, stallMidway, startScriptedServer } from './server.ts'

const server = await startScriptedServer()
const KEY = 'umk_secret'
const REPORT = { account: 'acme', decision: 'expansion-outreach', action: 'send', agent: 'copilot' }
const REPORTED = { id: '1', ...REPORT, at: '2026-11-20T09:00:00.000Z', lease: null, followed: false }

const clientOf = (options: Partial<ClientOptions> = {}): Client =>
  createClient({ url: server.url, key: KEY, timeoutMs: 20_000, ...options })

/** @returns what the call throws */
async function failureOf(call: Promise<unknown>): Promise<UmpireError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof UmpireError) return error
  throw new Error('no UmpireError was thrown', { cause: error })
}

describe('a request', () => {
  it('carries key, body and an idempotency key, and gives what is answered', async () => {
    server.script(answer(201, REPORTED))
    expect(await clientOf().reportAction(REPORT)).toEqual(REPORTED)
    const [{ method, url, headers, body } = {}] = server.requests
    expect([method, url, JSON.parse(body ?? '')]).toEqual(['POST', '/v1/actions', REPORT])
    expect(headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      'content-type': 'application/json',
      'idempotency-key': expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
  })

  it('has its names and filters in the URL, whatever they are', async () => {
    server.script(answer(200, {}))
    const client = clientOf({ url: `${server.url}/umpire/` })
    await client.getUptake('a/b?c#d %2F ü', { since: '2026-11-20T09:00:00+01:00' })
    await client.putAccount('hubspot:4711', { facts: {} })
    await client.listEscalations({ limit: 5 })
    await client.listEscalations()
    await client.getResolution('1', { waitMs: 1_500 })
    expect(server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /umpire/v1/agents/a%2Fb%3Fc%23d%20%252F%20%C3%BC/uptake?since=2026-11-20T09%3A00%3A00%2B01%3A00',
      'PUT /umpire/v1/accounts/hubspot%3A4711',
      'GET /umpire/v1/escalations?limit=5',
      'GET /umpire/v1/escalations',
      'GET /umpire/v1/adjudications/1/resolution?wait=PT1.5S',
    ])
    expect(server.requests.every(({ headers }) => headers['idempotency-key'] === undefined)).toBe(true)
  })

  it.each(['', '.', '..'])('is not made for `%s`, which would be another URL', async (name) => {
    server.script(answer(200, {}))
    await expect(clientOf().putAccount(name, { facts: {} })).rejects.toThrow(TypeError)
    expect(server.requests).toEqual([])
  })

  it('is not made with what is no JSON, or no header', async () => {
    server.script(answer(200, {}))
    const adjudicate = clientOf().adjudicate({ account: 'acme', decision: 'd', facts: { arr: 1n } })
    await expect(adjudicate).rejects.toThrow(TypeError)
    await expect(clientOf().reportAction(REPORT, { idempotencyKey: 'a\nb' })).rejects.toThrow(TypeError)
    await expect(clientOf().reportAction(REPORT, { timeoutMs: 0 })).rejects.toThrow('`timeoutMs`')
    expect(server.requests).toEqual([])
  })
})

describe('a try that fails', () => {
  it.each([
    ['the connection breaks off', reset],
    ['it breaks off midway', resetMidway],
    ['429', problem(429, 'rate_limited')],
    ['502 of a proxy', answer(502, '<h1>Bad gateway</h1>')],
    ['503', problem(503, 'unavailable')],
    ['504 of a proxy', answer(504, '')],
    ['the first try is still at work', problem(409, 'idempotency_in_progress')],
    ['half of an answer', answer(200, '{"id": "1", "acc')],
  ])('is followed by another with the same key: %s', async (_what, turn) => {
    server.script(turn, turn, answer(201, REPORTED))
    expect(await clientOf().reportAction(REPORT)).toEqual(REPORTED)
    const keys = server.requests.map(({ headers }) => headers['idempotency-key'])
    expect([keys.length, new Set(keys).size]).toEqual([3, 1])
    expect(new Set(server.requests.map(({ body }) => body)).size).toBe(1)
  })

  it('carries the key that the caller gives, and each request one of its own otherwise', async () => {
    server.script(reset, answer(201, REPORTED))
    await clientOf().reportAction(REPORT, { idempotencyKey: 'order 66' })
    await clientOf().reportAction(REPORT)
    await clientOf().reportAction(REPORT)
    const keys = server.requests.map(({ headers }) => headers['idempotency-key'])
    expect(keys.slice(0, 2)).toEqual(['order 66', 'order 66'])
    expect(new Set(keys).size).toBe(3)
  })

  it.each([
    [400, 'invalid_request'],
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [404, 'not_found'],
    [409, 'lease_used'],
    [413, 'payload_too_large'],
    [422, 'idempotency_mismatch'],
    [500, 'internal'],
  ])('is the last where another would fare no better: %s %s', async (status, code) => {
    server.script(problem(status, code))
    const { message, ...failure } = await failureOf(clientOf().reportAction(REPORT))
    expect(failure).toMatchObject({ name: 'UmpireError', status, code, title: `The title of ${code}` })
    expect([message, failure.instance, server.requests.length]).toEqual([`the detail of ${code}`, 'urn:uuid:1', 1])
  })

  it('is the last after as many as the caller wants', async () => {
    for (const retries of [0, 1, 4]) {
      server.script(problem(503, 'overloaded'))
      expect(await failureOf(clientOf({ retries }).reportAction(REPORT))).toMatchObject({ code: 'overloaded' })
      expect(server.requests).toHaveLength(retries + 1)
    }
  })

  it('has all that is wrong with a request', async () => {
    const errors = [{ path: 'account', message: 'is required' }]
    server.script(answer(400, { code: 'invalid_request', title: 'T', status: 400, detail: 'D', instance: 'I', errors }))
    expect((await failureOf(clientOf().reportAction(REPORT))).errors).toEqual(errors)
  })

  it.each([
    ['a page', answer(404, '<h1>Not found</h1>'), '404', 'set `url` to where Umpire is'],
    ['JSON of another service', answer(403, { message: 'no' }), '403', 'set `url` to where Umpire is'],
    [
      'a redirect',
      answer(308, '', { location: 'https://other.example/' }),
      '308',
      'it leads to `https://other.example/`',
    ],
  ])('is the last where what answers is no Umpire: %s', async (_what, turn, status, advice) => {
    server.script(turn)
    const failure = await failureOf(clientOf().reportAction(REPORT))
    expect(failure).toMatchObject({ code: 'not_umpire', status: Number(status), isUnavailable: false })
    expect(failure.message).toContain(`\`${server.url}\` answers ${status}, as no Umpire does; `)
    expect(failure.message).toContain(advice)
    expect(server.requests).toHaveLength(1)
  })

  it('says why nobody answers', async () => {
    server.script(reset)
    expect((await failureOf(clientOf({ retries: 0 }).reportAction(REPORT))).message).toContain('(ECONNRESET)')
    const url = `http://127.0.0.1:${await freePort()}`
    const refused = clientOf({ url, retries: 1 })
    expect(await failureOf(refused.reportAction(REPORT))).toMatchObject({
      code: 'unreachable',
      status: null,
      message: `no service answers at \`${url}\` (ECONNREFUSED); see that it runs, and that it can be reached`,
    })
  })

  it('tells nobody the key', async () => {
    for (const turn of [
      reset,
      problem(401, 'unauthorized'),
      answer(404, '<h1/>'),
      answer(302, '', { location: '/x' }),
    ]) {
      server.script(turn)
      const failure = await failureOf(clientOf({ retries: 0 }).reportAction(REPORT))
      expect(failure.message + JSON.stringify(failure) + failure.stack).not.toContain(KEY)
    }
  })
})

describe('the pause before another try', () => {
  it('is drawn for each', async () => {
    server.script(reset, reset, reset, answer(201, REPORTED))
    let draws = 0
    const send = createSend(readSettings({ url: server.url, key: KEY }), () => {
      draws++
      return 0
    })
    await send('reportAction', { body: REPORT })
    expect(draws).toBe(3)
  })

  it('is not begun where no time would be left: the answer is what the service said', async () => {
    server.script(problem(429, 'rate_limited', { 'retry-after': '60' }))
    const failure = await failureOf(clientOf({ timeoutMs: 30_000 }).reportAction(REPORT))
    expect(failure).toMatchObject({ code: 'rate_limited', status: 429, retryAfterMs: 60_000 })
    expect(server.requests).toHaveLength(1)
  })
})

describe('the time that a request may take', () => {
  it.each([
    ['nothing is answered', [stall]],
    ['half is answered', [stallMidway]],
    ['an answer drips', [drip]],
    ['the second try stalls', [reset, stall]],
  ])('is up, whatever goes on then: %s', async (_what, turns) => {
    server.script(...turns)
    expect(await failureOf(clientOf().reportAction(REPORT, { timeoutMs: 300 }))).toMatchObject({
      code: 'timed_out',
      status: null,
      isUnavailable: true,
    })
  })

  it('is said, with what went wrong before', async () => {
    server.script(problem(503, 'overloaded'), stall)
    const failure = await failureOf(clientOf().reportAction(REPORT, { timeoutMs: 1_500 }))
    expect(failure).toMatchObject({ code: 'timed_out', status: null, cause: { code: 'overloaded' } })
    expect(failure.message).toBe(
      `\`${server.url}\` did not answer within 1500 ms; the try before failed: the detail of overloaded`,
    )
  })

  it('is up for a `fetch` too that can not be called off', async () => {
    const deaf = clientOf({ timeoutMs: 20, fetch: () => new Promise<never>(() => {}) })
    expect(await failureOf(deaf.reportAction(REPORT))).toMatchObject({ code: 'timed_out' })
  })

  it('does not begin with the wait for a person', async () => {
    server.script((response) => setTimeout(() => answer(200, { status: 'open' })(response, server.requests[0]!), 200))
    const client = clientOf({ timeoutMs: 100 })
    expect(await client.getResolution('1', { waitMs: 10_000 })).toEqual({ status: 'open' })
    expect(await failureOf(client.getResolution('1'))).toMatchObject({ code: 'timed_out' })
  })
})

describe('a caller who wants no more', () => {
  const REASON = new Error('the user closed the window')

  it.each([
    ['before it begins', answer(201, REPORTED), () => AbortSignal.abort(REASON), 0],
    ['while it is under way', stall, () => soonAborted(), 2],
    ['while the next try is waited for', problem(503, 'unavailable', { 'retry-after': '10' }), () => soonAborted(), 2],
  ])('gets their own reason: %s', async (_when, turn, signal, requests) => {
    server.script(turn)
    await expect(clientOf().reportAction(REPORT, { signal: signal() })).rejects.toBe(REASON)
    await expect(clientOf().check(REPORT, { signal: signal() })).rejects.toBe(REASON)
    expect(server.requests).toHaveLength(requests)
  })

  function soonAborted(): AbortSignal {
    const caller = new AbortController()
    setTimeout(() => caller.abort(REASON), 50)
    return caller.signal
  }

  it('leaves nothing behind on a signal that outlives the request', async () => {
    server.script(answer(201, REPORTED))
    const { signal } = new AbortController()
    await clientOf().reportAction(REPORT, { signal })
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
