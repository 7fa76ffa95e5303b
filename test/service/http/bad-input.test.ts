import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { RULES } from '../app.ts'
import { execute } from '../database.ts'
import { createTestHttp } from './http.ts'

const { call, http, admin, databaseUrl } = await createTestHttp()

const put = (body: string | Buffer, headers: Record<string, string> = {}) =>
  call('PUT', '/v1/accounts/acme', { body, headers })
const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`

describe('a body that is no JSON', () => {
  it.each([
    '{',
    '{"facts":{"a":1}',
    '[1,]',
    "{'facts':{}}",
    'facts',
    '{"facts":{"a":NaN}}',
    '{"facts":{"a":Infinity}}',
    '\u0000',
  ])('is refused: %s', async (body) => {
    expect(await put(body)).toMatchObject({ status: 400, body: { code: 'invalid_json', status: 400 } })
  })

  it('is refused where it is not UTF-8', async () => {
    const latin1 = Buffer.from('{"facts":{"name":"K\u00f6nig"}}', 'latin1')
    expect(await put(latin1)).toMatchObject({ status: 400, body: { code: 'invalid_json', detail: /UTF-8/ } })
  })
})

describe('JSON that nobody can keep', () => {
  it.each([
    ['NUL in a string', '{"facts":{"a":"x\\u0000y"}}', '`facts.a`'],
    ['NUL in a list', '{"facts":{"a":[1,"\\u0000"]}}', '`facts.a.1`'],
    ['NUL in a key', '{"facts":{"a\\u0000":1}}', '`facts`'],
    ['half a pair', '{"facts":{"a":"\\ud83d"}}', '`facts.a`'],
    ['the other half', '{"facts":{"a":"\\ude00 x"}}', '`facts.a`'],
    ['a pair the wrong way round', '{"facts":{"a":"\\ude00\\ud83d"}}', '`facts.a`'],
    ['half a pair in a key', '{"facts":{"\\ud83d":1}}', '`facts`'],
    ['a prototype', '{"facts":{"__proto__":{"admin":true}}}', '`facts.__proto__`'],
    ['a prototype, escaped', '{"facts":{"\\u005f_proto__":{"admin":true}}}', '`facts.__proto__`'],
    ['a constructor', '{"facts":{"a":{"constructor":{"prototype":{}}}}}', '`facts.a.constructor`'],
    ['a prototype at the top', '{"__proto__":{"facts":{}}}', '`__proto__`'],
    ['a number beyond numbers', '{"facts":{"a":1e999}}', '`facts.a`'],
    ['33 levels', `{"facts":${nested(32)}}`, 'nested deeper than 32 levels'],
    ['100,000 levels', `{"facts":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`, 'nested deeper than 32 levels'],
  ])('is refused: %s', async (_, body, detail) => {
    const reply = await put(body)
    expect(reply).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [expect.any(Object)] } })
    expect(reply.body.detail).toContain(detail)
    expect((await call('GET', '/v1/accounts/acme')).status).toBe(404)
  })

  it('is not what only looks like it', async () => {
    const facts = {
      pair: '\ud83d\ude00',
      escaped: '\\u0000',
      words: 'the constructor of __proto__',
      deep: JSON.parse(nested(29)),
    }
    const body = JSON.stringify({ facts }).replace('\ud83d\ude00', '\\ud83d\\ude00')
    const reply = await call('PUT', '/v1/accounts/fine', { body })
    expect(reply.status).toBe(200)
    expect(reply.body.facts).toEqual(facts)
  })

  it('leaves objects as they are', async () => {
    await put('{"facts":{"__proto__":{"polluted":true}}}')
    await call('POST', '/v1/signals', { body: '{"signals":[{"__proto__":{"polluted":true}}]}' })
    expect(({} as { polluted?: true }).polluted).toBeUndefined()
  })
})

describe('a body of the wrong kind', () => {
  it('is too large beyond 1 MiB', async () => {
    const body = JSON.stringify({ facts: { text: 'x'.repeat(1024 * 1024) } })
    const reply = await put(body)
    expect(reply).toMatchObject({ status: 413, body: { code: 'payload_too_large', detail: /1 MiB/ } })
  })

  it('is too large beyond 32 MiB where it holds rules', async () => {
    const upload = (mebibytes: number) => {
      const text = `# ${'x'.repeat(250_000)}\n`
      const count = Math.ceil((mebibytes * 1024 * 1024) / text.length)
      const files = Object.fromEntries(Array.from({ length: count }, (_, i) => [`rules-${i}.yaml`, text]))
      return call('POST', '/v1/rulesets', { body: { files: { ...RULES, ...files } } })
    }
    expect(await upload(2)).toMatchObject({ status: 422, body: { code: 'invalid_ruleset' } })
    expect(await upload(33)).toMatchObject({ status: 413, body: { code: 'payload_too_large', detail: /32 MiB/ } })
  })

  it('is too large beyond 1 MiB, where its length was not told either', async () => {
    const address = await http.listen({ port: 0, host: '127.0.0.1' })
    const reply = await fetch(`${address}/v1/accounts/acme`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
      body: new Blob(['"', 'x'.repeat(1024 * 1024), '"']).stream(),
      duplex: 'half',
    })
    expect(reply.status).toBe(413)
    expect(await reply.json()).toMatchObject({ code: 'payload_too_large' })
  })

  it.each([
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'nonsense',
  ])('is not supported: %s', async (type) => {
    expect(await put('{"facts":{}}', { 'content-type': type })).toMatchObject({
      status: 415,
      body: { code: 'unsupported_media_type', detail: /application\/json/ },
    })
  })

  it('is fine with parameters', async () => {
    const reply = await call('PUT', '/v1/accounts/typed', {
      body: '{"facts":{}}',
      headers: { 'content-type': 'application/json; charset=utf-8' },
    })
    expect(reply.status).toBe(200)
  })

  it('is not read where it is compressed', async () => {
    const reply = await put(gzipSync('{"facts":{}}'), { 'content-encoding': 'gzip' })
    expect(reply).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } })
    expect(reply.body.detail).toContain('`content-encoding: gzip`')
    const plain = { body: '{}', headers: { 'content-encoding': 'identity' } }
    expect((await call('PUT', '/v1/accounts/plain', plain)).status).toBe(200)
  })

  it.each([
    ['PUT', '/v1/accounts/acme', '', 'the request has no body; send JSON'],
    ['POST', '/v1/signals', '', 'the request has no body; send JSON'],
    ['POST', '/v1/signals', 'null', 'the body must not be `null`'],
    ['POST', '/v1/signals', '7', 'the request must be an object, not `7`'],
    ['POST', '/v1/signals', '"0.5"', 'the request must be an object, not `"0.5"`'],
    ['POST', '/v1/signals', '[]', 'the request must be an object, not a list'],
    ['PUT', '/v1/accounts/acme', '\uFEFF{}', 'the body begins with a byte order mark (U+FEFF); send it without'],
  ] as const)('is named: %s %s %s', async (method, url, body, detail) => {
    expect(await call(method, url, { body })).toMatchObject({ status: 400, body: { detail } })
  })

  it('says of a field of the wrong type that, and nothing else', async () => {
    const { body } = await call('POST', '/v1/adjudications', { body: '{"account":[],"decision":{}}' })
    expect(body.errors).toEqual([
      { path: 'account', message: 'must be a string, not a list' },
      { path: 'decision', message: 'must be a string' },
    ])
  })

  it.each(['null', '[]', '7', '"x"', 'true', ''])('is no object: %s', async (body) => {
    expect(await put(body)).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
  })
})

describe('whatever was sent', () => {
  it('has left nothing that the schema of the database or the trail would not hold', async () => {
    expect((await call('GET', '/v1/audit/verify')).body).toMatchObject({ ok: true })
    expect(await execute(databaseUrl, `SELECT 1 FROM facts WHERE account_id = 'acme'`)).toEqual([])
    expect((await call('GET', '/readyz')).status).toBe(200)
  })
})
