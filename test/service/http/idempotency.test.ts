import { describe, expect, it } from 'vitest'
import { begin, sweepIdempotencyKeys } from '../../../src/app/idempotency.ts'
import { execute } from '../database.ts'
import { createTestHttp } from './http.ts'

const test = await createTestHttp()
const { app, call, keyOf, pass, databaseUrl } = test

const signal = { id: 's1', agent: 'pulse', account: 'acme', claim: 'healthy' }
const question = { account: 'acme', decision: 'expansion-outreach', facts: { arr: 1, segment: 'smb' } }
const post = (url: string, body: unknown, idempotencyKey: string, key?: string) =>
  call('POST', url, { body, headers: { 'idempotency-key': idempotencyKey }, key })
const rows = () => execute(databaseUrl, 'SELECT owner, key, status FROM idempotency_keys ORDER BY key')

describe('a POST sent again with its idempotency key', () => {
  it.each([
    ['signals', '/v1/signals', { signals: [signal] }, 202],
    ['a rejected signal', '/v1/signals', { signals: [{ ...signal, confidence: 2 }] }, 202],
    ['outcomes', '/v1/outcomes', { outcomes: [{ account: 'x' }] }, 202],
    ['a question', '/v1/adjudications', question, 201],
    ['a dry run', '/v1/adjudications', { ...question, dryRun: true }, 200],
    ['a question about nothing', '/v1/adjudications', { ...question, decision: 'nothing' }, 400],
  ])('gets the first answer: %s', async (what, url, body, status) => {
    const key = `again ${what}`
    const first = await post(url, body, key)
    expect(first.status).toBe(status)
    expect(first.headers['idempotent-replayed']).toBeUndefined()
    pass(5_000)
    const again = await post(url, body, key)
    expect(again).toMatchObject({ status, text: first.text })
    expect(again.headers['idempotent-replayed']).toBe('true')
    expect(again.headers['content-type']).toBe(first.headers['content-type'])
    expect(again.headers.location).toBe(first.headers.location)
  })

  it('is not done again', async () => {
    const count = async () => (await execute(databaseUrl, 'SELECT 1 FROM adjudications')).length
    const before = await count()
    await post('/v1/adjudications', question, 'once')
    await post('/v1/adjudications', question, 'once')
    expect(await count()).toBe(before + 1)
    await post('/v1/adjudications', question, 'once more')
    expect(await count()).toBe(before + 2)
  })

  it('is another request with another body, at another path or of another event', async () => {
    await post('/v1/adjudications', question, 'reused')
    for (const reply of [
      await post('/v1/adjudications', { ...question, account: 'other' }, 'reused'),
      await post('/v1/signals', question, 'reused'),
    ]) {
      expect(reply).toMatchObject({ status: 422, body: { code: 'idempotency_mismatch' } })
    }
    const event = (id: string) =>
      call('POST', '/v1/signals', {
        headers: {
          'idempotency-key': 'event',
          'ce-specversion': '1.0',
          'ce-id': id,
          'ce-source': 'pulse',
          'ce-subject': 'acme',
          'ce-type': 'umpire.signal.healthy',
        },
      })
    expect((await event('e1')).status).toBe(202)
    expect((await event('e1')).headers['idempotent-replayed']).toBe('true')
    expect((await event('e2')).status).toBe(422)
  })

  it('is told to wait while the first is running', async () => {
    const first = post('/v1/adjudications', question, 'both')
    const second = post('/v1/adjudications', question, 'both')
    const replies = await Promise.all([first, second])
    const [done, waits] = replies.sort((a, b) => a.status - b.status)
    expect(done!.status).toBe(201)
    // The second may also arrive when the first has just been answered.
    if (waits!.status === 201) {
      expect(waits!.text).toBe(done!.text)
    } else {
      expect(waits).toMatchObject({ status: 409, body: { code: 'idempotency_in_progress' } })
      expect(waits!.headers['retry-after']).toBe('1')
    }
  })

  it('is done again after a minute where the first one died with its process', async () => {
    await post('/v1/adjudications', question, 'died')
    await execute(databaseUrl, `UPDATE idempotency_keys SET status = NULL, body = NULL WHERE key = 'died'`)
    expect(await post('/v1/adjudications', question, 'died')).toMatchObject({
      status: 409,
      body: { code: 'idempotency_in_progress' },
    })
    pass(60_000)
    expect(await post('/v1/adjudications', { ...question, account: 'other' }, 'died')).toMatchObject({ status: 422 })
    expect((await post('/v1/adjudications', question, 'died')).status).toBe(201)
    expect((await post('/v1/adjudications', question, 'died')).headers['idempotent-replayed']).toBe('true')
  })

  it('belongs to the API key', async () => {
    const other = await keyOf({ name: 'other', scopes: ['adjudications:write', 'accounts:write'] })
    const mine = await post('/v1/adjudications', question, 'shared')
    const theirs = await post('/v1/adjudications', { ...question, account: 'theirs' }, 'shared', other)
    expect(theirs.status).toBe(201)
    expect(theirs.body.id).not.toBe(mine.body.id)
  })

  it('is forgotten after a day, and then swept away', async () => {
    const first = await post('/v1/adjudications', question, 'old')
    pass(24 * 3_600_000)
    const second = await post('/v1/adjudications', question, 'old')
    expect(second.body.id).not.toBe(first.body.id)
    await post('/v1/adjudications', question, 'older')
    pass(24 * 3_600_000)
    expect(await sweepIdempotencyKeys(app)).toBeGreaterThan(0)
    expect(await rows()).toEqual([])
  })
})

describe('an answer that is not remembered', () => {
  it.each([
    ['invalid', { account: 7 }, 400],
    ['malformed', '{', 400],
  ])('is that of a request that never ran: %s', async (key, body, status) => {
    expect((await post('/v1/adjudications', body, key)).status).toBe(status)
    expect((await rows()).filter((row) => row.key === key)).toEqual([])
    expect((await post('/v1/adjudications', question, key)).status).toBe(201)
  })

  it('is one that may be another the next time', async () => {
    await execute(databaseUrl, 'ALTER TABLE adjudications ADD CONSTRAINT broken CHECK (false) NOT VALID')
    expect((await post('/v1/adjudications', question, 'failed')).status).toBe(500)
    expect((await rows()).filter((row) => row.key === 'failed')).toEqual([])
    await execute(databaseUrl, 'ALTER TABLE adjudications DROP CONSTRAINT broken')
    const reply = await post('/v1/adjudications', question, 'failed')
    expect(reply.status).toBe(201)
    expect(reply.headers['idempotent-replayed']).toBeUndefined()
  })
})

describe('an idempotency key', () => {
  it.each(['', 'x'.repeat(201), 'a\u00e4b'])('has 1 to 200 printable characters: %j', async (key) => {
    expect(await post('/v1/signals', { signals: [signal] }, key)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', detail: expect.stringContaining('idempotency-key') },
    })
  })

  it('says nothing to a GET or a PUT', async () => {
    const headers = { 'idempotency-key': 'elsewhere' }
    await call('PUT', '/v1/accounts/acme', { body: { facts: { arr: 2 } }, headers })
    await call('PUT', '/v1/accounts/acme', { body: { facts: { arr: 3 } }, headers })
    expect((await call('GET', '/v1/accounts/acme', { headers })).body.facts.arr).toBe(3)
    expect((await rows()).filter(({ key }) => key === 'elsewhere')).toEqual([])
  })

  it('is held by one of many who take it at once', async () => {
    const hold = () => begin(app, { owner: 'race', key: 'race' }, Buffer.alloc(32))
    const taken = await Promise.allSettled(Array.from({ length: 8 }, hold))
    expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
})
