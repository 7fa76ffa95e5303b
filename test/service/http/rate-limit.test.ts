import { Redis } from 'ioredis'
import { afterAll, describe, expect, it } from 'vitest'
import { createTestHttp } from './http.ts'

const { call, keyOf } = await createTestHttp({ rateLimit: { max: 5, timeWindow: 60_000 } })
const ask = (key?: string) => call('GET', '/v1/ruleset', { key })

describe('the rate limit', () => {
  it('is that of each key, whatever it asks for', async () => {
    const [one, other] = [await keyOf({ name: 'one' }), await keyOf({ name: 'other' })]
    for (let i = 0; i < 4; i++) expect((await ask(one)).status).toBe(200)
    expect((await call('GET', '/v1/agents', { key: one })).status).toBe(200)
    const refused = await ask(one)
    expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited', detail: /5 requests in a minute/ } })
    const wait = Number(refused.headers['retry-after'])
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThanOrEqual(60)
    expect((await ask(other)).status).toBe(200)
  })

  it('counts what is refused, too', async () => {
    const key = await keyOf({ name: 'refused' })
    for (let i = 0; i < 5; i++) expect((await call('PATCH', '/v1/agents/x', { key, body: {} })).status).toBe(403)
    expect((await ask(key)).status).toBe(429)
  })

  it('does not hold for admins', async () => {
    for (let i = 0; i < 20; i++) expect((await ask()).status).toBe(200)
  })

  it('is not what an idempotency key remembers', async () => {
    const key = await keyOf({ name: 'limited', scopes: ['signals:write'] })
    const signals = [{ id: 's', agent: 'pulse', account: 'x', claim: 'healthy' }]
    const send = (idempotencyKey: string) =>
      call('POST', '/v1/signals', { key, body: { signals }, headers: { 'idempotency-key': idempotencyKey } })
    for (let i = 0; i < 5; i++) expect((await send(`k${i}`)).status).toBe(202)
    expect((await send('k5')).status).toBe(429)
    expect((await send('k0')).status).toBe(429)
  })
})

describe('a Redis that does not answer', async () => {
  // Nothing listens on port 1.
  const redis = new Redis({ port: 1, lazyConnect: true, enableOfflineQueue: false, maxRetriesPerRequest: 1 })
  redis.on('error', () => {})
  afterAll(() => redis.disconnect())
  const { call, keyOf } = await createTestHttp({ redis, rateLimit: { max: 1, timeWindow: 60_000 } })

  it('limits nobody and stops nothing', async () => {
    const key = await keyOf({ name: 'unlimited' })
    for (let i = 0; i < 3; i++) expect((await call('GET', '/v1/ruleset', { key })).status).toBe(200)
    expect((await call('GET', '/v1/ruleset', { key: 'wrong' })).status).toBe(401)
  })
})
