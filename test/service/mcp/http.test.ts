import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { LATEST_PROTOCOL_VERSION } from '@modelcontextprotocol/sdk/types.js'
import { describe, expect, it } from 'vitest'
import { revokeKey } from '../../../src/app/keys.ts'
import { dispatch } from '../../../src/http/dispatch.ts'
import { codeOf, connectOverHttp, copilotKey, createMcpServing, healthyAccount, SEND, said } from './serving.ts'

const test = await createMcpServing()
const key = await copilotKey(test)

interface Sent {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly path?: string
}

/** A request as no client would make it. */
async function send({ method = 'POST', headers = {}, body, path = '/mcp' }: Sent, url = test.url): Promise<Answered> {
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      accept: 'application/json, text/event-stream',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: text === '' ? null : JSON.parse(text) }
}

interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: any
}

const list = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }
const initialize = (protocolVersion: string) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion, capabilities: {}, clientInfo: { name: 'probe', version: '1' } },
})

describe('who may come in', () => {
  it('are those with a key', async () => {
    const wrong = await connectOverHttp(test.url, 'wrong').catch((error) => error)
    expect(wrong).toBeInstanceOf(StreamableHTTPError)
    expect(wrong.code).toBe(401)
    const none = await send({ headers: { authorization: '' }, body: list })
    expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    expect(none.body).toMatchObject({ code: 'unauthorized' })
  })

  it('are no pages of another origin', async () => {
    const foreign = await send({ headers: { origin: 'https://evil.example' }, body: list })
    expect(foreign.status).toBe(403)
    expect(foreign.body.detail).toMatch(/pages of `https:\/\/evil\.example` may not call this/)
    // A name that has been made to point at this machine is another origin, too.
    const rebound = await send({
      headers: { origin: 'http://evil.example:3000', host: 'evil.example:3000' },
      body: list,
    })
    expect(rebound.status).toBe(403)
    expect((await send({ headers: { origin: 'null' }, body: list })).status).toBe(403)
    expect((await send({ headers: { origin: test.app.publicUrl }, body: list })).status).toBe(200)
  })

  it('are no longer those whose key is revoked', async () => {
    const name = 'leaver'
    const mcp = await connectOverHttp(test.url, await copilotKey(test, name))
    expect((await mcp.call('list_escalations')).isError).toBeFalsy()
    await revokeKey(test.app, name)
    expect(await mcp.call('list_escalations').catch(({ code }) => code)).toBe(401)
  })

  it('keep their keys out of URLs', async () => {
    const inQuery = await send({ path: `/mcp?key=${key}`, headers: { authorization: '' }, body: list })
    expect(inQuery.status).toBe(401)
    expect((await send({ path: '/mcp?x=1', body: list })).status).toBe(400)
  })
})

describe('the protocol', () => {
  it('is the version that both speak', async () => {
    for (const version of [LATEST_PROTOCOL_VERSION, '2025-06-18', '2025-03-26', '2024-11-05']) {
      const { result } = (await send({ body: initialize(version) })).body
      expect(result).toMatchObject({ protocolVersion: version, serverInfo: { name: 'umpire', version: '1.2.3' } })
    }
    const { result } = (await send({ body: initialize('1999-01-01') })).body
    expect(result.protocolVersion).toBe(LATEST_PROTOCOL_VERSION)
    const unknown = await send({ headers: { 'mcp-protocol-version': '1999-01-01' }, body: list })
    expect(unknown.status).toBe(400)
    expect(unknown.body.error.message).toContain('Unsupported protocol version')
  })

  it('has no sessions: a message needs none before it, and gets no session to go on with', async () => {
    const answer = await send({ body: list })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    expect(answer.headers.has('mcp-session-id')).toBe(false)
    expect(answer.body.result.tools.length).toBeGreaterThan(5)
    const stray = await send({ headers: { 'mcp-session-id': 'of-another-process' }, body: list })
    expect(stray.status).toBe(200)
  })

  it('is spoken by POST alone', async () => {
    for (const method of ['GET', 'DELETE', 'PUT']) {
      const answer = await send({ method })
      expect([answer.status, answer.headers.get('allow')], method).toEqual([405, 'POST'])
    }
  })

  it('has notifications, which get no answer', async () => {
    const answer = await send({ body: { jsonrpc: '2.0', method: 'notifications/initialized' } })
    expect([answer.status, answer.text]).toEqual([202, ''])
  })

  it('hands no header of a message on to what a tool asks', async () => {
    await healthyAccount(test, 'acme')
    const body = { ...list, method: 'tools/call', params: { name: 'check_action', arguments: SEND } }
    const headers = { 'idempotency-key': 'once', 'x-forwarded-for': '192.0.2.1', 'ce-id': '1', 'ce-specversion': '1.0' }
    const first = (await send({ headers, body })).body.result.structuredContent
    const second = (await send({ headers, body })).body.result.structuredContent
    expect([first.verdict, second.verdict]).toEqual(['allow', 'allow'])
    expect(second.lease.id).not.toBe(first.lease.id)
  })

  it('is JSON-RPC, a message at a time', async () => {
    expect((await send({ body: '{"jsonrpc": ' })).status).toBe(400)
    expect((await send({ body: { hello: 'there' } })).status).toBe(400)
    expect((await send({ body: [list, { ...list, id: 2 }] })).status).toBe(400)
    expect((await send({})).status).toBe(400)
    expect((await send({ body: 'x', headers: { 'content-type': 'text/plain' } })).status).toBe(415)
    for (const method of ['tools/forget', 'constructor', 'toString', '__proto__']) {
      const unknown = await send({ body: { ...list, method } })
      expect([unknown.status, unknown.body.error?.code], method).toEqual([200, -32_601])
    }
    // Whoever can't read streams of events gets none.
    expect((await send({ headers: { accept: '*/*' }, body: list })).status).toBe(200)
  })

  it('has an end to its messages', async () => {
    const args = { ...SEND, payload: 'x'.repeat(1_100_000) }
    const large = { ...list, method: 'tools/call', params: { name: 'check_action', arguments: args } }
    const answer = await send({ body: large })
    expect([answer.status, codeOf(answer.body.result)]).toEqual([200, 'payload_too_large'])
    expect(said(answer.body.result)).toMatch(
      /more than 1 MiB; .*\nYou have no permission: do not act\. Mend the arguments/,
    )
    const headers = { authorization: `Bearer ${key}` }
    const body = { ...list, params: { x: 'x'.repeat(4_200_000) } }
    const endless = await dispatch(test.http, { method: 'POST', url: '/mcp', headers, body })
    expect(endless).toMatchObject({ status: 413, body: { code: 'payload_too_large' } })
  })

  it('takes what can not be kept as a mistake in a call, of which the model hears', async () => {
    const nested = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    const mistakes = [
      ['{"payload":"\\u0000"}', '`params.arguments.payload` has a NUL or half a surrogate pair in it'],
      ['{"payload":"\\ud83d"}', '`params.arguments.payload` has a NUL or half a surrogate pair in it'],
      ['{"payload":{"__proto__":{}}}', '`params.arguments.payload.__proto__` is a key that is not allowed anywhere'],
      ['{"__proto__":{"account":"acme"}}', '`params.arguments.__proto__` is a key that is not allowed anywhere'],
      ['{"payload":1e999}', '`params.arguments.payload` is beyond the range of a number'],
      [`{"payload":${nested}}`, '`params.arguments.payload` is nested deeper than 32 levels'],
      ['[1]', '`params.arguments` must be an object, not a list'],
    ]
    for (const [args, detail] of mistakes) {
      const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"check_action","arguments":${args}}}`
      const answer = await send({ body })
      expect([answer.status, answer.body.result?.isError, codeOf(answer.body.result)], args?.slice(0, 40)).toEqual([
        200,
        true,
        'invalid_request',
      ])
      expect(said(answer.body.result)).toBe(
        `invalid_request: ${detail}\nYou have no permission: do not act. Mend the arguments before you call again.`,
      )
    }
  })

  it('says in a sentence what is wrong with any other request', async () => {
    const wrong = async (method: string, params: string) =>
      (await send({ body: `{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}}` })).body.error
    const [uri, name] = ['`params.uri` must be a string, not `7`', '`params.name` is required']
    expect(await wrong('resources/read', '{"uri":7}')).toEqual({ code: -32_602, message: uri })
    expect(await wrong('prompts/get', '{}')).toEqual({ code: -32_602, message: name })
    const nul = '`params.x` has a NUL or half a surrogate pair in it'
    expect(await wrong('tools/list', '{"x":"\\u0000"}')).toEqual({ code: -32_602, message: nul })
  })
})

describe('the rate limit', async () => {
  const limited = await createMcpServing({ rateLimit: { max: 6, timeWindow: 60_000 } })
  const keyFor = (name: string) => limited.keyOf({ name, scopes: ['read'] })

  it('holds for messages, with when to come back', async () => {
    const key = await keyFor('eager')
    const from = { headers: { authorization: `Bearer ${key}` }, body: list }
    for (let i = 0; i < 6; i++) expect((await send(from, limited.url)).status).toBe(200)
    const refused = await send(from, limited.url)
    expect([refused.status, refused.body.code]).toEqual([429, 'rate_limited'])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    const tried = await connectOverHttp(limited.url, key).catch((error) => error)
    expect([tried.constructor, tried.code]).toEqual([StreamableHTTPError, 429])
  })

  it('is that of the API for what tools ask of it, and the model is told when to go on', async () => {
    const key = await keyFor('busy')
    for (let i = 0; i < 6; i++) await limited.call('GET', '/v1/ruleset', { key })
    const mcp = await connectOverHttp(limited.url, key)
    const refused = await mcp.call('list_escalations')
    expect([refused.isError, codeOf(refused)]).toEqual([true, 'rate_limited'])
    const { retryAfter } = (refused._meta as { problem: { retryAfter: number } }).problem
    expect(retryAfter).toBeGreaterThan(0)
    expect(said(refused)).toContain(`Wait ${retryAfter} s, then call again with the same arguments.`)
  })
})

describe('a service that goes', async () => {
  const going = await createMcpServing()

  it('still answers within itself what it has taken on', async () => {
    await going.http.close()
    const headers = { authorization: `Bearer ${going.admin}` }
    const answer = await dispatch(going.http, { method: 'POST', url: '/mcp', headers, body: list })
    expect(answer).toMatchObject({ status: 200, body: { id: 1, result: { tools: expect.any(Array) } } })
    const call = { ...list, method: 'tools/call', params: { name: 'list_escalations', arguments: {} } }
    const called = await dispatch(going.http, { method: 'POST', url: '/mcp', headers, body: call })
    expect(called.body).toMatchObject({ result: { structuredContent: { escalations: [], next: null } } })
  })
})
