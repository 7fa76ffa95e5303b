import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { AuthScheme, Source } from '../../src/core/sources.ts'
import { authenticate, credentialsOf } from '../../src/webhooks/authenticate.ts'
import type { Posted } from '../../src/webhooks/schemes/scheme.ts'

const MINUTE = 60_000

function source(scheme: AuthScheme, other: Partial<Source> = {}): Source {
  return {
    name: 'crm',
    description: '',
    auth: { scheme, secretFrom: ['SECRET', 'OTHER'], deliveryHeader: 'x-github-delivery' },
    format: 'json',
    organizationFrom: null,
    agents: [],
    forEach: null,
    matchers: [],
    ...other,
  }
}

/** A request that is in order, as its sender has documented it. */
interface Vector {
  readonly scheme: AuthScheme
  readonly secret: string
  readonly now: number
  readonly posted: Posted
  readonly signature: string
}

const VECTORS: Readonly<Record<string, Vector>> = {
  // Of the reference libraries of Standard Webhooks.
  'Standard Webhooks': {
    scheme: 'standard-webhooks',
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    now: 1_614_265_330_000,
    signature: 'webhook-signature',
    posted: {
      method: 'POST',
      url: 'https://umpire.example.com/v1/webhooks/crm',
      headers: {
        'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
        'webhook-timestamp': '1614265330',
        'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
      },
      body: Buffer.from('{"test": 2432232314}'),
      pathSecret: null,
    },
  },
  // Of the tests of HubSpot's own client libraries.
  'HubSpot v3': {
    scheme: 'hubspot-v3',
    secret: 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy',
    now: 15_000_000,
    signature: 'x-hubspot-signature-v3',
    posted: {
      method: 'POST',
      url: 'https://www.example.com/webhook_uri',
      headers: {
        'x-hubspot-request-timestamp': '15000000',
        'x-hubspot-signature-v3': 'HPW73RUtKmcYoEDADG0s6MmGFWUzWJKAW07r8RDgcQw=',
      },
      body: Buffer.from("{'example_field':'example_value'}"),
      pathSecret: null,
    },
  },
  // Of GitHub's documentation, *Validating webhook deliveries*.
  'X-Hub-Signature-256': {
    scheme: 'hub-signature-256',
    secret: "It's a Secret to Everybody",
    now: 0,
    signature: 'x-hub-signature-256',
    posted: {
      method: 'POST',
      url: 'https://umpire.example.com/v1/webhooks/crm',
      headers: {
        'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
        'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
      },
      body: Buffer.from('Hello, World!'),
      pathSecret: null,
    },
  },
}

const check = ({ scheme, secret, now }: Vector, posted: Posted, secrets = [secret], at = now) =>
  authenticate(source(scheme), secrets, posted, at)

const withHeaders = (posted: Posted, headers: Posted['headers']): Posted => ({
  ...posted,
  headers: { ...posted.headers, ...headers },
})

describe.each(Object.entries(VECTORS))('a signature of %s', (_, vector) => {
  const { posted, signature, secret } = vector
  const signed = String(posted.headers[signature])
  const refuses = (changed: Posted) => expect(check(vector, changed)).toMatchObject({ ok: false })

  it('is taken as its sender documents it', () => {
    expect(check(vector, posted)).toMatchObject({ ok: true })
  })

  it('is refused with another secret, and taken with one of several', () => {
    expect(check(vector, posted, ['whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcg=='])).toMatchObject({ ok: false })
    expect(check(vector, posted, ['whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcg==', secret])).toMatchObject({ ok: true })
    expect(check(vector, posted, [])).toMatchObject({ ok: false })
  })

  it('is refused of a body that differs in any one byte, or is cut off', () => {
    for (let i = 0; i < posted.body.length; i++) {
      const body = Buffer.from(posted.body)
      body[i]! ^= 1
      refuses({ ...posted, body })
    }
    refuses({ ...posted, body: posted.body.subarray(1) })
    refuses({ ...posted, body: posted.body.subarray(0, -1) })
    refuses({ ...posted, body: Buffer.concat([posted.body, Buffer.from('\n')]) })
    refuses({ ...posted, body: Buffer.alloc(0) })
  })

  it('is refused cut off, in another encoding, empty, doubled or missing', () => {
    const last = signed.slice(0, -1)
    const encodings = [signed.toUpperCase(), signed.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')]
    const forms = [
      last,
      signed.slice(1),
      signed.slice(0, 12),
      `${signed}=`,
      `${signed}x`,
      '',
      'v1,',
      'sha256=',
      ...encodings,
    ]
    for (const form of forms) refuses(withHeaders(posted, { [signature]: form }))
    refuses(withHeaders(posted, { [signature]: undefined }))
    refuses(withHeaders(posted, { [signature]: [signed, signed] }))
    refuses({ ...posted, headers: {} })
  })

  it('is told wrong without its secret and without the right one', () => {
    const wrong = check(vector, withHeaders(posted, { [signature]: `${signed}x` }))
    expect(JSON.stringify(wrong)).not.toContain(secret)
    expect(JSON.stringify(wrong)).not.toContain(signed)
  })
})

describe.each(['Standard Webhooks', 'HubSpot v3'])('the time of %s', (name) => {
  const vector = VECTORS[name]!
  const { posted, now } = vector
  const timestamp = Object.keys(posted.headers).find((header) => header.endsWith('timestamp'))!

  it('is taken for five minutes, and as much ahead', () => {
    const at = (time: number) => check(vector, posted, [vector.secret], time).ok
    expect([at(now + 5 * MINUTE), at(now - 5 * MINUTE)]).toEqual([true, true])
    expect([at(now + 5 * MINUTE + 1), at(now - 5 * MINUTE - 1)]).toEqual([false, false])
  })

  it('is signed, and a number', () => {
    const written = String(posted.headers[timestamp])
    const forms = [
      String(Number(written) + 1),
      `${written}.0`,
      ` ${written}`,
      `+${written}`,
      '1e9',
      '',
      'NaN',
      '9'.repeat(40),
    ]
    for (const form of forms) {
      expect(check(vector, withHeaders(posted, { [timestamp]: form }))).toMatchObject({ ok: false })
    }
  })
})

describe('Standard Webhooks', () => {
  const vector = VECTORS['Standard Webhooks']!
  const { posted } = vector
  const signed = String(posted.headers['webhook-signature'])

  it('takes one of several signatures, of version 1 only', () => {
    const some = (text: string) => check(vector, withHeaders(posted, { 'webhook-signature': text })).ok
    expect(some(`v1,b3RoZXI= ${signed}`)).toBe(true)
    expect(some(`v1a,b3RoZXI= ${signed} v1,b3RoZXI=`)).toBe(true)
    expect(some(signed.replace('v1,', 'v2,'))).toBe(false)
    expect(some(`${'v1,b3RoZXI= '.repeat(10)}${signed}`)).toBe(false)
  })

  it('is known again by its id, which is signed', () => {
    expect(check(vector, posted)).toMatchObject({ once: [{ key: 'id:msg_p5jXN8AQM9LWM0D4loKWxJek' }] })
    expect(check(vector, withHeaders(posted, { 'webhook-id': 'msg_other' }))).toMatchObject({ ok: false })
    expect(check(vector, withHeaders(posted, { 'webhook-id': 'x'.repeat(201) }))).toMatchObject({ ok: false })
  })
})

describe('HubSpot v3', () => {
  const vector = VECTORS['HubSpot v3']!
  const { posted, secret } = vector
  const signedFor = (url: string, method = 'POST') =>
    createHmac('sha256', secret).update(`${method}${url}${posted.body}15000000`).digest('base64')

  it('covers method and URL', () => {
    expect(check(vector, { ...posted, method: 'PUT' })).toMatchObject({ ok: false })
    expect(check(vector, { ...posted, url: `${posted.url}?a=b` })).toMatchObject({ ok: false })
    expect(check(vector, { ...posted, url: 'https://www.example.org/webhook_uri' })).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/sent to https:\/\/www\.example\.org\/webhook_uri; .* UMPIRE_PUBLIC_URL/),
    })
  })

  it('decodes the escapes that HubSpot decodes, and no others', () => {
    const url = 'https://www.example.com/a%3Ab%2Fc%2fd%40e?f=%20g%2Bh%3D%3B'
    const decoded = 'https://www.example.com/a:b/c/d@e?f=%20g%2Bh%3D;'
    const headers = { 'x-hubspot-signature-v3': signedFor(decoded) }
    expect(check(vector, withHeaders({ ...posted, url }, headers))).toMatchObject({ ok: true })
  })
})

describe('X-Hub-Signature-256', () => {
  const vector = VECTORS['X-Hub-Signature-256']!
  const { posted } = vector

  it('is known again by the id of the delivery and, since that is not signed, by what it says', () => {
    const body = 'body:dffd6021bb2bd5b0af676290809ec3a53191dd81c7f70a4b28688a362182986f'
    const keys = (sent: Posted) => {
      const found = check(vector, sent)
      return found.ok ? found.once.map(({ key }) => key) : null
    }
    expect(keys(posted)).toEqual([body, 'id:72d3162e-cc78-11e3-81ab-4c9367dc0958'])
    expect(keys(withHeaders(posted, { 'x-github-delivery': 'another' }))).toEqual([body, 'id:another'])
    expect(keys(withHeaders(posted, { 'x-github-delivery': undefined }))).toEqual([body])
    expect(keys(withHeaders(posted, { 'x-github-delivery': 'a\u0000b' }))).toBeNull()
  })
})

describe('a shared secret', () => {
  const secret = 'kept-0123456789abcdef'
  const posted = { method: 'POST', url: '', headers: {}, body: Buffer.from('{}'), pathSecret: null }

  it('is taken as a bearer token', () => {
    const bearer = (authorization: string | undefined) =>
      authenticate(source('bearer'), [secret], { ...posted, headers: { authorization } }, 0)
    expect(bearer(`Bearer ${secret}`)).toEqual({ ok: true, once: [] })
    expect(bearer(`bearer  ${secret} `)).toMatchObject({ ok: true })
    for (const wrong of [
      undefined,
      '',
      secret,
      `Basic ${secret}`,
      `Bearer ${secret}x`,
      `Bearer ${secret.slice(1)}`,
      'Bearer ',
    ])
      expect(bearer(wrong)).toMatchObject({ ok: false })
  })

  it('is taken at the end of the URL', () => {
    const path = (pathSecret: string | null) =>
      authenticate(source('secret-path'), [secret], { ...posted, pathSecret }, 0)
    expect(path(secret)).toEqual({ ok: true, once: [] })
    for (const wrong of [null, '', `${secret}x`, secret.toUpperCase()]) expect(path(wrong)).toMatchObject({ ok: false })
  })
})

describe('what a source needs of the environment', () => {
  const SIGNING = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const needs = (scheme: AuthScheme, env: Record<string, string>, other: Partial<Source> = {}) =>
    credentialsOf(source(scheme, other), (name) => env[name])

  it('is one of its secrets', () => {
    expect(needs('bearer', { OTHER: 'kept-0123456789abcdef' })).toMatchObject({
      secrets: ['kept-0123456789abcdef'],
      missing: null,
      faults: [],
    })
    expect(needs('bearer', {})).toMatchObject({ missing: 'the variable `SECRET` or `OTHER` is not set' })
  })

  it('is a secret that is one, and its words do not repeat it', () => {
    expect(needs('bearer', { SECRET: 'short' })).toMatchObject({
      missing: 'the variable `SECRET` must have at least 16 characters',
    })
    expect(needs('standard-webhooks', { SECRET: 'not-a-signing-secret', OTHER: SIGNING })).toMatchObject({
      secrets: [SIGNING],
      missing: null,
      faults: ['the variable `SECRET` must be `whsec_` and the base64 of 24 to 64 random bytes'],
    })
    const faults: [AuthScheme, string, RegExp][] = [
      ['secret-path', 'with/a/slash/in/it', /^the variable `SECRET` must consist of letters/],
      ['secret-path', 's'.repeat(201), /^the variable `SECRET` must have at most 200 characters/],
      ['bearer', 'kept 0123456789abcdef', /^the variable `SECRET` must consist of printable ASCII characters/],
      ['bearer', 'gehütet-0123456789abcdef', /^the variable `SECRET` must consist of printable ASCII characters/],
      ['hubspot-v3', 'kept-0123456789abcdef\n', /^the variable `SECRET` has spaces or line breaks around it/],
      ['hub-signature-256', ' kept-0123456789abcdef', /^the variable `SECRET` has spaces or line breaks around it/],
    ]
    for (const [scheme, secret, reason] of faults) {
      const { missing } = needs(scheme, { SECRET: secret })
      expect(missing).toMatch(reason)
      expect(missing).not.toContain(secret.trim())
    }
  })

  it('is the id of an organization, for Salesforce', () => {
    const salesforce = { format: 'salesforce', organizationFrom: 'ORG' } as const
    const secret = { SECRET: 'kept-0123456789abcdef' }
    expect(needs('secret-path', secret, salesforce)).toMatchObject({ missing: 'the variable `ORG` is not set' })
    expect(needs('secret-path', { ...secret, ORG: 'acme' }, salesforce).missing).toMatch(/must be an id of 15 or 18/)
    expect(needs('secret-path', { ...secret, ORG: '00D24000000abcd' }, salesforce)).toMatchObject({
      missing: null,
      organization: '00D24000000abcd',
    })
  })
})
