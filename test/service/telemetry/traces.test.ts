import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { createTestDatabase } from '../database.ts'
import { KEY, rulesDirectory, startService } from '../faults/process.ts'
import { type ReceivedSpan, startReceiver } from './receiver.ts'

const SERVER = 2
const CLIENT = 3
const ERROR = 2

const { url: DATABASE_URL } = await createTestDatabase()
const receiver = await startReceiver()
const service = await startService({ ...receiver.env, DATABASE_URL, UMPIRE_RULES_DIR: await rulesDirectory() })

interface SendOptions {
  readonly sampled?: boolean
  readonly signal?: AbortSignal
}

/** A request in a trace of its own, of which the caller records everything or nothing. */
function send(method: string, path: string, body?: unknown, { sampled = true, signal }: SendOptions = {}) {
  const traceId = randomBytes(16).toString('hex')
  const callerId = randomBytes(8).toString('hex')
  const response = fetch(service.url + path, {
    method,
    headers: {
      authorization: `Bearer ${KEY}`,
      traceparent: `00-${traceId}-${callerId}-${sampled ? '01' : '00'}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(signal && { signal }),
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { traceId, callerId, response }
}

/** The whole trace: its server span ends last, and spans are sent in the order in which they end. */
async function traceOf(traceId: string): Promise<{ root: ReceivedSpan; spans: ReceivedSpan[] }> {
  const inTrace = () => receiver.spans().filter((span) => span.traceId === traceId)
  const root = await receiver.until(() => inTrace().find(({ kind }) => kind === SERVER))
  return { root, spans: inTrace().filter((span) => span !== root && span.spanId !== root.spanId) }
}

/** Statements come in between, such as the one that looks up a key. */
const stagesIn = (spans: readonly ReceivedSpan[]) => spans.map(({ name }) => name).filter((name) => name !== 'SELECT')

const question = (account: string) => ({ account, decision: 'expansion-outreach', facts: { arr: 1, segment: 'smb' } })

describe('a trace', () => {
  it('of a check has the look for an answer that still holds first', async () => {
    const check = { account: 'checked', decision: 'expansion-outreach', action: 'wait', agent: 'renewal-copilot' }
    const traces = []
    for (const facts of [{ arr: 1, segment: 'smb' }, null]) {
      if (facts) await send('PUT', '/v1/accounts/checked', { facts }).response
      const asked = send('POST', '/v1/checks', check)
      expect((await asked.response).status).toBe(200)
      traces.push(stagesIn((await traceOf(asked.traceId)).spans))
    }
    expect(traces).toEqual([['check', 'load', 'rules', 'belief', 'decide', 'commit'], ['check']])
  })

  it('goes on from the caller’s, through the stages of an adjudication', async () => {
    const asked = send('POST', '/v1/adjudications', question('acme'))
    expect((await asked.response).status).toBe(201)

    const { root, spans } = await traceOf(asked.traceId)
    expect(root).toMatchObject({
      name: 'POST /v1/adjudications',
      parentSpanId: asked.callerId,
      status: 0,
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/v1/adjudications',
        'url.path': '/v1/adjudications',
        'url.scheme': 'http',
        'http.response.status_code': 201,
      },
    })
    expect(stagesIn(spans)).toEqual(['load', 'rules', 'belief', 'decide', 'commit'])
    for (const span of spans) expect(span.parentSpanId).toBe(root.spanId)
    for (const name of ['load', 'commit']) {
      expect(spans.find((span) => span.name === name)).toMatchObject({
        kind: CLIENT,
        attributes: { 'db.system.name': 'postgresql', 'umpire.batch.requests': 1 },
      })
    }
  })

  it('does not call an error what its caller did wrong', async () => {
    const { traceId, response } = send('POST', '/v1/adjudications', '{ "account": ')
    expect((await response).status).toBe(400)
    const { root, spans } = await traceOf(traceId)
    expect(root).toMatchObject({ status: 0, attributes: { 'http.response.status_code': 400 } })
    expect(spans).toEqual([])
  })

  it('is one of its own where the caller names none, or nonsense', async () => {
    for (const traceparent of ['00-0-0-01', `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`]) {
      const path = `/v1/accounts/${randomBytes(8).toString('hex')}`
      await fetch(service.url + path, { headers: { authorization: `Bearer ${KEY}`, traceparent } })
      const root = await receiver.until(() => receiver.spans().find((span) => span.attributes['url.path'] === path))
      expect(root).toMatchObject({ name: 'GET /v1/accounts/:account', parentSpanId: undefined })
      expect(root.traceId).toMatch(/[1-9a-f]/)
    }
  })

  it('has the statements of other routes, without their parameters', async () => {
    const { traceId, response } = send('GET', '/v1/escalations?account=some-account')
    expect((await response).status).toBe(200)
    const { root, spans } = await traceOf(traceId)
    for (const span of spans) {
      expect(span).toMatchObject({ name: 'SELECT', kind: CLIENT, parentSpanId: root.spanId, status: 0 })
    }
    expect(spans.at(-1)!.attributes).toEqual({
      'db.system.name': 'postgresql',
      'db.operation.name': 'SELECT',
      'db.query.text': expect.stringMatching(/from "escalations" where .*"account_id" in \(\$\d+\)/s),
    })
  })

  it('is named by method where no route is', async () => {
    const { traceId, response } = send('GET', '/no/such/place?token=abc')
    expect((await response).status).toBe(404)
    const { root } = await traceOf(traceId)
    expect(root.name).toBe('GET')
    expect(root.attributes).not.toHaveProperty('http.route')
    expect(root.attributes['url.path']).toBe('/no/such/place')
  })

  it('shares load and commit with the requests served with it, and nothing else', async () => {
    const asked = Array.from({ length: 40 }, (_, i) => ({
      sampled: i % 2 === 0,
      ...send('POST', '/v1/adjudications', question(`shared-${i}`), { sampled: i % 2 === 0 }),
    }))
    for (const { response } of asked) expect((await response).status).toBe(201)
    const sizes: number[] = []
    for (const { traceId } of asked.filter(({ sampled }) => sampled)) {
      const { root, spans } = await traceOf(traceId)
      expect(stagesIn(spans)).toEqual(['load', 'rules', 'belief', 'decide', 'commit'])
      for (const span of spans) expect(span.parentSpanId).toBe(root.spanId)
      sizes.push(Number(spans.find(({ name }) => name === 'load')!.attributes['umpire.batch.requests']))
    }
    expect(Math.max(...sizes)).toBeGreaterThan(1)
    const unsampled = new Set(asked.filter(({ sampled }) => !sampled).map(({ traceId }) => traceId))
    expect(receiver.spans().filter(({ traceId }) => unsampled.has(traceId))).toEqual([])
  })

  it('ends where nobody waits for the answer any more', async () => {
    const locker = new pg.Client({ connectionString: DATABASE_URL })
    await locker.connect()
    await locker.query('BEGIN; LOCK TABLE escalations')
    const gone = new AbortController()
    const { traceId, response } = send('GET', '/v1/escalations', undefined, { signal: gone.signal })
    const isWaiting = `SELECT FROM pg_locks WHERE relation = 'escalations'::regclass AND NOT granted`
    while ((await locker.query(isWaiting)).rowCount === 0);
    gone.abort()
    await expect(response).rejects.toThrow(/aborted/)
    const { root } = await traceOf(traceId)
    expect(root).toMatchObject({ status: ERROR, attributes: { 'error.type': 'aborted' } })
    expect(root.attributes).not.toHaveProperty('http.response.status_code')
    await locker.end()
  })

  it('is not made for those who watch the service', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics']) await (await fetch(service.url + path)).text()
    const { traceId, response } = send('GET', '/v1/ruleset')
    await response
    await traceOf(traceId)
    const routes = new Set(receiver.spans().map(({ attributes }) => attributes['http.route']))
    for (const path of ['/healthz', '/readyz', '/metrics']) expect(routes).not.toContain(path)
    expect(receiver.spans().filter(({ kind, parentSpanId }) => kind === CLIENT && !parentSpanId)).toEqual([])
  })
})
