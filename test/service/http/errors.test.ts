import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { createTestDatabase, execute } from '../database.ts'
import { listen } from '../deliveries/receiver.ts'
import { createTestHttp } from './http.ts'

describe('a problem document', async () => {
  const { call, http } = await createTestHttp()

  it('says what, where and for which request', async () => {
    const { status, body, headers } = await call('PUT', '/v1/accounts/acme', { body: { facts: 7, fact: 1 } })
    expect(status).toBe(400)
    expect(headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(body).toEqual({
      type: 'urn:umpire:problem:invalid_request',
      title: 'The request is not valid',
      status: 400,
      code: 'invalid_request',
      detail: '`facts` must be an object, not `7` (1 more in `errors`)',
      instance: expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/),
      errors: [
        { path: 'facts', message: 'must be an object, not `7`' },
        { path: 'fact', message: 'is not known here; did you mean `facts`?' },
      ],
    })
  })

  it('lists 50 errors at most', async () => {
    const body = Object.fromEntries(Array.from({ length: 80 }, (_, i) => [`f${i}`, 1]))
    const reply = await call('PUT', '/v1/accounts/acme', { body })
    expect(reply.body.errors).toHaveLength(50)
    expect(reply.body.detail).toContain('79 more')
  })

  it('repeats no more of what was sent than helps', async () => {
    const long = 'x'.repeat(100_000)
    const reply = await call('PUT', '/v1/accounts/acme', { body: { [long]: long, facts: long } })
    expect(reply.status).toBe(400)
    expect(reply.text.length).toBeLessThan(2_000)
  })

  it.each([
    ['GET', '/v1'],
    ['GET', '/v2/signals'],
    ['POST', '/v1/signal'],
    ['GET', '/v1/accounts'],
    ['GET', '/v1/accounts/a/b'],
    ['GET', '/v1/ruleset/'],
  ] as const)('is what %s %s gets: nothing is there', async (method, url) => {
    expect(await call(method, url)).toMatchObject({ status: 404, body: { code: 'not_found', detail: /`\// } })
  })

  it('does not repeat a long path', async () => {
    const long = 'x'.repeat(9_000)
    for (const [path, status] of [
      [`/v1/${long}`, 404],
      [`/v1/accounts/${long}`, 400],
      [`/v1/adjudications/${long}/recompute`, 400],
      [`/v1/ruleset?${long}`, 400],
    ] as const) {
      const reply = await call('GET', path)
      expect([path, reply.status]).toEqual([path, status])
      expect(reply.text.length).toBeLessThan(500)
    }
  })

  it.each([
    ['GET', '/v1/ruleset?x=1', '`x`'],
    ['GET', '/v1/agents?x=1', '`x`'],
    ['GET', '/v1/accounts/acme?y=', '`y`'],
    ['GET', '/v1/adjudications/01980a2e-7c1f-7d4b-9a55-2f6a4a4d1c11?foo=1', '`foo`'],
    ['POST', '/v1/signals?x=1', '`x`'],
    ['POST', '/v1/outcomes?x=1', '`x`'],
    ['POST', '/v1/adjudications?dryRun=true', '`dryRun`'],
    ['PUT', '/v1/accounts/acme?x=1', '`x`'],
    ['PATCH', '/v1/agents/pulse?x=1', '`x`'],
  ] as const)('refuses the query of %s %s', async (method, url, name) => {
    const bodies = { GET: undefined, POST: { signals: [] }, PUT: {}, PATCH: {} }
    const reply = await call(method, url, { body: bodies[method] })
    expect(reply).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    expect(reply.body.detail).toBe(`${name} is not known here`)
  })

  it.each([
    ['limit=abc', '`limit` must be a number, not `"abc"`'],
    ['limit=', '`limit` must be a number, not `""`'],
    ['limit=1.5', '`limit` must be a whole number, not `1.5`'],
    ['limit=0', '`limit` must be at least 1, not `0`'],
    ['limit=5&limit=6', '`limit` must be a number, not a list'],
  ])('says of ?%s what was sent', async (query, detail) => {
    expect(await call('GET', `/v1/agents?${query}`)).toMatchObject({ status: 400, body: { detail } })
  })

  it.each([
    ['GET', '/v1/signals', 'POST'],
    ['DELETE', '/v1/accounts/acme', 'GET, HEAD, PUT'],
    ['POST', '/v1/accounts/acme', 'GET, HEAD, PUT'],
    ['PUT', '/v1/adjudications', 'GET, HEAD, POST'],
    ['POST', '/healthz', 'GET, HEAD'],
  ] as const)('tells the methods that %s %s could have had', async (method, url, allowed) => {
    const response = await http.inject({ method, url })
    expect(response.statusCode).toBe(405)
    expect(response.headers.allow).toBe(allowed)
    expect(response.json()).toMatchObject({ status: 405, code: 'method_not_allowed' })
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json/)
  })

  it('answers a path that is badly encoded', async () => {
    const response = await http.inject('/v1/accounts/%E0%A4%A')
    expect(response.statusCode).toBe(400)
    expect(response.json()).toMatchObject({ code: 'invalid_request', detail: /percent-encode/ })
  })

  it('answers what is not even HTTP, and lives on', async () => {
    await http.listen({ port: 0, host: '127.0.0.1' })
    const { port } = http.server.address() as AddressInfo
    const garbage = await exchange(port, 'BLAH\r\n\r\n')
    expect(garbage).toMatch(/^HTTP\/1\.1 400 Bad Request\r\ncontent-type: application\/problem\+json\r\n/)
    expect(garbage).toContain('"code":"invalid_request"')
    const headers = await exchange(port, `GET /healthz HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`)
    expect(headers).toMatch(/^HTTP\/1\.1 431 /)
    expect(headers).toContain('"code":"headers_too_large"')
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200)
  })
})

describe('an error of ours', async () => {
  const { call, logged, databaseUrl } = await createTestHttp()

  it('is told without its insides, and logged under its instance without the data', async () => {
    await execute(databaseUrl, 'ALTER TABLE facts ADD CONSTRAINT broken CHECK (false) NOT VALID')
    const reply = await call('PUT', '/v1/accounts/acme', { body: { facts: { secret: 'TOP-SECRET-FACT' } } })
    await execute(databaseUrl, 'ALTER TABLE facts DROP CONSTRAINT broken')
    expect(reply).toMatchObject({ status: 500, body: { code: 'internal' } })
    expect(reply.text).not.toMatch(/constraint|broken|facts"|at .*\.ts/)
    const id = reply.body.instance.replace('urn:uuid:', '')
    const line = logged.find((entry) => entry.includes(id) && entry.includes('request failed'))
    expect(JSON.parse(line!)).toMatchObject({ level: 50, requestId: id, method: 'PUT', error: { code: '23514' } })
    expect(line).toContain('stack')
    expect(logged.join('')).not.toContain('TOP-SECRET-FACT')
  })
})

describe('the log', async () => {
  const { call, logged, admin } = await createTestHttp()

  it('has a line for each request, with neither keys, facts nor evidence', async () => {
    const evidence = [{ label: 'EVIDENCE-LABEL', url: 'https://evidence.example/URL' }]
    const signals = [{ id: 's1', agent: 'pulse', account: 'acme', claim: 'healthy', evidence }]
    await call('POST', '/v1/signals', { body: { signals } })
    await call('PUT', '/v1/accounts/acme', { body: { facts: { arr: 987654321 } } })
    await call('PUT', '/v1/accounts/acme', { body: { facts: 'FACT-IN-WORDS' } })
    await call('POST', '/v1/adjudications', { body: { account: 'acme', decision: 'expansion-outreach' } })
    const lines = logged.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request')
    expect(lines).toMatchObject([
      { level: 20, method: 'POST', route: '/v1/signals', status: 202, key: 'admin' },
      { method: 'PUT', route: '/v1/accounts/:account', status: 200 },
      { method: 'PUT', route: '/v1/accounts/:account', status: 400 },
      { method: 'POST', route: '/v1/adjudications', status: 201 },
    ])
    expect(lines[0]).toMatchObject({ requestId: expect.any(String), milliseconds: expect.any(Number) })
    expect(logged.join('')).not.toMatch(/EVIDENCE-LABEL|evidence\.example|987654321|FACT-IN-WORDS|ump_/)
    expect(logged.join('')).not.toContain(admin)
  })
})

describe('while the database is away', async () => {
  const { url } = await createTestDatabase()
  const proxy = await createProxy(new URL(url))
  const away = new URL(url)
  away.host = `127.0.0.1:${proxy.port}`
  const test = await createTestHttp({ databaseUrl: away.href })
  const { call, http, admin } = test
  const question = { account: 'acme', decision: 'expansion-outreach', facts: { arr: 1, segment: 'smb' } }

  it('says so, loses nothing that it acknowledged, and recovers by itself', async () => {
    const before = await call('POST', '/v1/adjudications', { body: question })
    expect(before.status).toBe(201)
    proxy.cut()
    for (const [method, path, body] of [
      ['POST', '/v1/adjudications', question],
      ['POST', '/v1/signals', { signals: [{ id: '1', agent: 'pulse', account: 'acme', claim: 'healthy' }] }],
      ['PUT', '/v1/accounts/acme', { facts: { arr: 2 } }],
      ['GET', '/v1/accounts/acme', undefined],
      ['GET', `/v1/adjudications/${before.body.id}`, undefined],
    ] as const) {
      const reply = await call(method, path, { body })
      expect([path, reply.status, reply.body.code]).toEqual([path, 503, 'unavailable'])
      expect(reply.headers['retry-after']).toBe('2')
    }
    const ready = await call('GET', '/readyz')
    expect(ready).toMatchObject({ status: 503, body: { code: 'unavailable', missing: [expect.any(String)] } })
    expect((await call('GET', '/healthz')).status).toBe(200)
    const idempotent = { body: question, headers: { 'idempotency-key': 'while away' } }
    expect((await call('POST', '/v1/adjudications', idempotent)).status).toBe(503)
    test.pass(2_000)
    const stranger = await http.inject({ url: '/v1/ruleset', headers: { authorization: `Bearer ${admin}` } })
    expect(stranger.statusCode).toBe(503)

    await proxy.restore()
    expect((await call('GET', `/v1/adjudications/${before.body.id}`)).body).toEqual(before.body)
    expect((await call('POST', '/v1/adjudications', idempotent)).status).toBe(201)
    expect((await call('GET', '/v1/audit/verify')).body).toMatchObject({ ok: true })
    expect((await call('GET', '/readyz')).status).toBe(200)
  })
})

/** Sends bytes and returns all that comes back until the other side closes. */
async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  // The rest of what we send may meet a closed door.
  socket.on('error', () => {})
  socket.write(bytes)
  await once(socket, 'close')
  return Buffer.concat(chunks).toString()
}

/** A way to the database that can be cut and restored. */
async function createProxy(target: URL) {
  const sockets = new Set<Socket>()
  const server = createServer((inner) => {
    const host = decodeURIComponent(target.hostname)
    const port = target.port || '5432'
    const outer = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(Number(port), host)
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from)
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  const port = await listen(server)
  const cut = () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  afterAll(cut)
  return {
    port,
    cut,
    async restore() {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
  }
}
