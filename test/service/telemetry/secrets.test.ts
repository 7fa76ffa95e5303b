import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import { beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, execute } from '../database.ts'
import { KEY, rulesDirectory, startService } from '../faults/process.ts'
import { startReceiver } from './receiver.ts'

const { url: DATABASE_URL } = await createTestDatabase()
const receiver = await startReceiver()
const service = await startService({
  ...receiver.env,
  DATABASE_URL,
  UMPIRE_RULES_DIR: await rulesDirectory(),
  LOG_LEVEL: 'trace',
  OTEL_LOG_LEVEL: 'verbose',
})

const SECRETS = [
  'FACT-VALUE',
  '987654321',
  'EVIDENCE-LABEL',
  'evidence.example',
  'ATTRIBUTE',
  'WRONG-KEY',
  'PAYLOAD',
  KEY,
]
const signal = {
  id: 's-1',
  agent: 'pulse',
  account: 'acme',
  claim: 'healthy',
  confidence: 0.9,
  evidence: [{ label: 'EVIDENCE-LABEL', url: 'https://evidence.example/' }],
  attributes: { 'ATTRIBUTE-NAME': 'ATTRIBUTE-VALUE' },
}
const facts = { arr: 987654321, segment: 'FACT-VALUE' }
const question = { account: 'acme', decision: 'expansion-outreach', facts }

/** What was answered, and the trace that it is in. */
async function send(method: string, path: string, body?: unknown, key = KEY) {
  const traceId = randomBytes(16).toString('hex')
  const response = await fetch(service.url + path, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      traceparent: `00-${traceId}-00000000000000aa-01`,
      'content-type': 'application/json',
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: response.status, text: await response.text(), traceId }
}

/** Sends the body once the service has begun to serve the headers. */
async function sendLate(body: string): Promise<number | undefined> {
  const traceparent = `00-${randomBytes(16).toString('hex')}-00000000000000aa-01`
  const headers = { authorization: `Bearer ${KEY}`, traceparent, 'content-type': 'application/json' }
  const request = http.request(`${service.url}/v1/adjudications`, {
    method: 'POST',
    headers: { ...headers, expect: '100-continue' },
  })
  request.flushHeaders()
  await once(request, 'continue')
  request.end(body)
  const [response] = await once(request, 'response')
  response.resume()
  return response.statusCode
}

/** Statements that fail as PostgreSQL's own do: with what was sent in their message, detail or context. */
async function failing<T>(body: string, run: () => Promise<T>): Promise<T> {
  await execute(
    DATABASE_URL,
    `CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body}; RETURN NEW; END $$;
     CREATE TRIGGER failing BEFORE INSERT ON audit_payloads FOR EACH ROW EXECUTE FUNCTION fail()`,
  )
  try {
    return await run()
  } finally {
    await execute(DATABASE_URL, 'DROP TRIGGER failing ON audit_payloads; DROP FUNCTION fail()')
  }
}

const failed: { traceId: string; code: string }[] = []

beforeAll(async () => {
  expect(await send('PUT', '/v1/accounts/acme', { facts })).toMatchObject({ status: 200 })
  expect(await send('POST', '/v1/signals', { signals: [signal] })).toMatchObject({ status: 202 })
  const again = await send('POST', '/v1/signals', { signals: [{ ...signal, confidence: 0.1 }] })
  expect(again.text).toContain('signal_conflict')
  expect(await send('POST', '/v1/adjudications', question)).toMatchObject({ status: 201 })
  const ruleError = await send('POST', '/v1/adjudications', { ...question, facts: { arr: 'FACT-VALUE' } })
  expect(ruleError.text).toContain('rule_error')

  const act = { account: 'beta', decision: 'expansion-outreach', action: 'send_expansion_email', agent: 'copilot' }
  await send('PUT', '/v1/accounts/beta', { facts: { arr: 180_000, segment: 'FACT-VALUE' } })
  await send('POST', '/v1/signals', { signals: [{ ...signal, account: 'beta' }] })
  for (const redeemed of [200, 409]) {
    const { lease } = JSON.parse((await send('POST', '/v1/checks', { ...act, payload: 'PAYLOAD' })).text)
    SECRETS.push(lease.token, lease.token.slice(4))
    const redemption = { token: lease.token, payloadHash: redeemed === 200 ? lease.payloadHash : null }
    expect((await send('POST', '/v1/leases/redeem', redemption)).status).toBe(redeemed)
    expect((await send('POST', '/v1/leases/redeem', { ...redemption, [lease.token]: 1 })).status).toBe(400)
    expect((await send('POST', '/v1/actions', { ...act, lease: lease.token })).status).toBe(201)
  }

  expect(await send('GET', '/v1/accounts/acme', undefined, 'WRONG-KEY')).toMatchObject({ status: 401 })
  const refused = [
    '{"account": FACT-VALUE',
    { ...question, facts: 'FACT-VALUE' },
    { ...question, proposal: { agent: 'renewal-copilot', action: 'FACT-VALUE' } },
    { ...question, 'FACT-VALUE': 1 },
    { ...question, signals: [{ ...signal, evidence: 'EVIDENCE-LABEL' }] },
    { ...question, signals: [{ ...signal, evidence: [{ label: 'EVIDENCE-LABEL', url: 'http://evidence.example/' }] }] },
  ]
  for (const body of refused) expect((await send('POST', '/v1/adjudications', body)).status).toBe(400)
  expect(await sendLate('{"account": FACT-VALUE')).toBe(400)
  expect(await sendLate(JSON.stringify(question))).toBe(201)

  const failures = [
    ['22P02', 'PERFORM NEW.payload::integer'],
    ['P0001', "RAISE EXCEPTION 'refused: %', NEW.payload USING DETAIL = NEW.payload, HINT = NEW.payload"],
    ['23514', "RAISE check_violation USING MESSAGE = 'a row is refused', DETAIL = NEW.payload"],
  ] as const
  for (const [code, body] of failures) {
    const { status, text, traceId } = await failing(body, () => send('POST', '/v1/adjudications', question))
    expect({ status, text }).toEqual({ status: 500, text: expect.not.stringContaining('FACT-VALUE') })
    failed.push({ code, traceId })
  }
  await execute(DATABASE_URL, 'ALTER TABLE escalations RENAME TO escalations_elsewhere')
  const { status, traceId } = await send('GET', '/v1/escalations?account=acme')
  expect(status).toBe(500)
  failed.push({ code: '42P01', traceId })

  service.child.kill('SIGTERM')
  expect(await service.exited).toBe(0)
})

/** The SDK greets on the console where `OTEL_LOG_LEVEL` is set. */
const lines = () =>
  service
    .output()
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))

describe('logs and telemetry', () => {
  it('hold no facts, evidence, attributes, payloads, tokens or keys, at whatever level', () => {
    const sent = receiver.deliveries.map(({ body }) => `${body}`).join('')
    expect(sent).toContain('url.path')
    for (const secret of SECRETS) {
      expect(service.output()).not.toContain(secret)
      expect(sent).not.toContain(secret)
    }
  })

  it('tell a line of a request by the id in its answer, and by its trace', () => {
    const about = lines().filter(({ msg }) => msg.startsWith('request'))
    expect(about.length).toBeGreaterThan(15)
    const spans = receiver.spans()
    const roots = new Set(spans.filter(({ kind }) => kind === 2).map(({ spanId }) => spanId))
    for (const { name, parentSpanId } of spans) {
      if (parentSpanId !== '00000000000000aa')
        expect({ name, isInTrace: roots.has(parentSpanId!) }).toEqual({ name, isInTrace: true })
    }
    for (const line of about) {
      expect(line.requestId).toMatch(/^[0-9a-f-]{36}$/)
      const span = spans.find(({ spanId }) => spanId === line.span_id)
      expect(span).toMatchObject({ traceId: line.trace_id, parentSpanId: '00000000000000aa' })
    }
  })

  it('tell what failed, by its kind', () => {
    for (const { code, traceId } of failed) {
      const line = lines().find(({ msg, trace_id }) => msg === 'request failed' && trace_id === traceId)
      expect(line.error).toMatchObject({ name: 'error', code, stack: expect.stringMatching(/^ {4}at /) })
      const spans = receiver.spans().filter((span) => span.traceId === traceId)
      expect(spans.filter(({ status }) => status === 2).map(({ attributes }) => attributes['error.type'])).toEqual(
        expect.arrayContaining([code, '500']),
      )
    }
    // Messages that quote no data are worth having.
    expect(lines().map(({ error }) => error?.message)).toEqual(
      expect.arrayContaining(['relation "escalations" does not exist', 'a row is refused']),
    )
  })
})
