import { describe, expect, it } from 'vitest'
import { BEYOND_RANGE } from '../../../src/http/parse-json.ts'
import { START } from '../app.ts'
import { execute } from '../database.ts'
import { createTestHttp } from '../http/http.ts'
import { crmOf, environment, number, rules } from './crm.ts'

const MINUTE = 60_000

describe('a webhook', async () => {
  const test = await createTestHttp({ rules, environment })
  const { call, app, databaseUrl } = test
  const post = crmOf(test)
  const factsOf = async (account: string) => (await call('GET', `/v1/accounts/${account}`)).body.facts
  const rejected = async () => (await call('GET', '/v1/webhooks/rejected?limit=200')).body.rejected

  it('takes what it can from a batch, and keeps the rest with the reason', async () => {
    const bad = number('batch-2', 'arr', 'many')
    const other = { kind: 'other', account: 'batch-4' }
    const events = [number('batch-1', 'arr', '1'), bad, number('batch-3', 'arr', '3'), other, { kind: 'news' }]
    expect(await post(events)).toMatchObject({
      status: 202,
      body: { source: 'crm', duplicate: false, taken: 2, ignored: 1, rejected: 2 },
    })
    expect([await factsOf('batch-1'), await factsOf('batch-3')]).toEqual([{ arr: 1 }, { arr: 3 }])
    expect((await call('GET', '/v1/accounts/batch-2')).status).toBe(404)
    const [noMatcher, noNumber] = await rejected()
    expect(noMatcher).toMatchObject({
      source: 'crm',
      matcher: null,
      account: null,
      reason: 'no matcher fits; add one, with `ignore: true` if such events are not wanted',
      untrusted: { event: other },
    })
    expect(noNumber).toMatchObject({
      matcher: 'number',
      whole: false,
      times: 1,
      account: 'batch-2',
      reason: expect.stringMatching(/^`facts`: unable to cast value to a number: `many`/),
      untrusted: { event: { kind: 'number', value: 'many' } },
    })
    await post([bad])
    expect((await rejected()).map(({ times }: { times: number }) => times)).toEqual([1, 2])
  })

  it('keeps what is no JSON whole, and answers as if it had been taken', async () => {
    const before = (await rejected()).length
    const deep = `${'['.repeat(1_001)}${']'.repeat(1_001)}`
    for (const text of ['{"kind": "num', '', deep, 'null']) {
      expect(await post(text)).toMatchObject({ status: 202, body: { taken: 0, rejected: 1 } })
    }
    const kept = (await rejected()).slice(0, -before)
    expect(kept.map(({ whole, reason }: any) => [whole, reason])).toEqual([
      [true, 'the body must not be `null`'],
      [true, 'the body is nested deeper than 1,000 levels'],
      [true, 'the body is empty'],
      [true, expect.stringMatching(/^the body is not valid JSON: /)],
    ])
    expect(await post('"'.repeat(3).concat('\0'))).toMatchObject({ status: 202 })
  })

  it('keeps of a batch no more than the events that are not safe to keep as they are', async () => {
    const unsafe: [string, RegExp][] = [
      ['{"value":"a\\u0000b"}', /^`value` has a NUL or half a surrogate pair in it$/],
      ['{"value":"cut off \\ud83d"}', /^`value` has a NUL/],
      ['{"value":1e400}', /^`value` is beyond the range of a number$/],
      ['{"value":{"__proto__":{}}}', /^`value.__proto__` is a key that is not allowed anywhere$/],
      [`${'['.repeat(900)}${']'.repeat(900)}`, /^`0.0.0` is nested deeper than 32 levels$/],
      ['"\\u0000"', /^the event has a NUL/],
      ['-1e400', /^the event is beyond the range of a number$/],
    ]
    for (const [event, reason] of unsafe) {
      const before = (await rejected()).length
      const sound = JSON.stringify(number('sound', 'n', '1'))
      expect(await post(`[${sound},${event}]`)).toMatchObject({ status: 202, body: { taken: 1, rejected: 1 } })
      const [newest, ...others] = await rejected()
      expect(others).toHaveLength(before)
      expect(newest).toMatchObject({
        whole: false,
        matcher: null,
        account: null,
        reason: expect.stringMatching(reason),
        // A text, which whatever reads JSON can read.
        untrusted: { event: event.replace(/-?1e400/, JSON.stringify(BEYOND_RANGE)) },
      })
      expect(await call('POST', `/v1/webhooks/rejected/${newest.id}/replay`)).toMatchObject({
        status: 200,
        body: { taken: 0, rejected: 1 },
      })
      expect((await rejected())[0]).toEqual(newest)
    }
  })

  it('says what is wrong with what its expressions make', async () => {
    const cases: [object, RegExp][] = [
      [number('', 'n', '1'), /^`account` must not be empty/],
      [{ kind: 'number', name: 'n', value: '1' }, /^`account` is required/],
      [number('crm:', 'n', '1'), /^`account` must have an id behind its colon/],
      [{ ...number('odd', 'n', '1'), aliases: ['crm:1', 'crm:'] }, /^`aliases\.1` must have an id behind its colon/],
      [number('odd', 'constructor', '1'), /^what the event becomes is not safe to keep: `facts\.constructor`/],
      [number('odd', 'n', '1', 1_795_165_198), /^`at` must be in milliseconds, and `1795165198` looks like seconds/],
      [number('odd', 'n', '1', START + 6 * MINUTE), /^`at` must be at most 5 minutes ahead of now/],
      [number('$odd', 'n', '1'), /^what the event becomes is not safe to keep: `account` has a NUL/],
      [{ kind: 'number', account: 'odd', name: 'n' }, /^its expressions come to nothing/],
      [
        { kind: 'signal', account: 'odd', signal: { claim: 'healthy', confidence: 1.5 } },
        /^`signals\.0\.confidence` must be at most 1/,
      ],
      [
        { kind: 'signal', account: 'odd', signal: { claim: 'healthy', account: 'other' } },
        /^`signals\.0\.account` is not known here/,
      ],
      [{ kind: 'signal', account: 'odd', signal: 'healthy' }, /^`signals\.0` must be an object/],
      [
        { kind: 'signal', account: 'odd', signal: { agent: 'churn-radar', claim: 'churn_risk' } },
        /^`signals\.0\.agent` must be one that the source speaks for, not `churn-radar`; list it under `agents`$/,
      ],
    ]
    for (const [event, reason] of cases) {
      expect(await post([event])).toMatchObject({ status: 202, body: { taken: 0, rejected: 1 } })
      const [newest] = await rejected()
      expect(newest.reason).toMatch(reason)
    }
    expect((await call('GET', '/v1/accounts/odd')).status).toBe(404)
  })

  it('ends an expression that does not end, and takes the others', async () => {
    const events = [number('ends-1', 'n', '1'), { kind: 'slow', account: 'ends-2' }, number('ends-3', 'n', '3')]
    expect(await post(events)).toMatchObject({ status: 202, body: { taken: 2, rejected: 1 } })
    const [newest] = await rejected()
    expect(newest).toMatchObject({
      matcher: 'slow',
      reason: 'its expressions did not end within a second, and were ended',
    })
    expect([await factsOf('ends-1'), await factsOf('ends-3')]).toEqual([{ n: 1 }, { n: 3 }])
  })

  it('gives signals that say no id one that is the same when the event comes again', async () => {
    const event = {
      kind: 'signal',
      account: 'again',
      at: START - MINUTE,
      signal: { claim: 'healthy', confidence: 0.9 },
    }
    for (let i = 0; i < 2; i++) expect(await post([event])).toMatchObject({ body: { taken: 1, rejected: 0 } })
    const { signals } = (await call('GET', '/v1/accounts/again')).body
    expect(signals).toEqual([
      expect.objectContaining({ agent: 'pulse', claim: 'healthy', observedAt: '2026-11-23T08:59:00.000Z' }),
    ])
  })

  it('lets nothing that is older take the place of what is newer, whichever comes first', async () => {
    await post([number('late', 'arr', '2', START - 1_000), number('late', 'arr', '1', START - 2_000)])
    expect(await factsOf('late')).toEqual({ arr: 2 })
    await post([number('late', 'arr', '0', START - 3_000), number('late', 'seats', '5', START - 3_000)])
    expect(await factsOf('late')).toEqual({ arr: 2, seats: 5 })
    const values = Array.from({ length: 20 }, (_, i) => number('race', 'arr', String(i), START - 20_000 + i))
    await Promise.all(values.map((value) => post([value])))
    expect(await factsOf('race')).toEqual({ arr: 19 })
  })

  it('makes external ids aliases, and tells of those that belong to others', async () => {
    expect(await post([{ ...number('own', 'n', '1'), aliases: ['crm:1', 'crm:2'] }])).toMatchObject({
      body: { taken: 1 },
    })
    expect((await call('GET', '/v1/accounts/crm:2')).body.account).toBe('own')
    const events = [{ ...number('stranger', 'n', '2'), aliases: 'crm:1' }, number('stranger', 'm', '3')]
    expect(await post(events)).toMatchObject({ body: { taken: 1, rejected: 1 } })
    expect(await factsOf('stranger')).toEqual({ m: 3 })
    const [newest] = await rejected()
    expect(newest).toMatchObject({ account: 'stranger', reason: '`crm:1` is an alias of `own` already' })
  })

  it('takes up to a thousand events', async () => {
    const many = (count: number) => Array.from({ length: count }, () => ({ kind: 'news' }))
    expect(await post(many(1_000))).toMatchObject({ body: { ignored: 1_000 } })
    expect(await post(many(1_001))).toMatchObject({ body: { ignored: 0, rejected: 1 } })
    expect(await post([])).toMatchObject({ status: 202, body: { taken: 0, ignored: 0, rejected: 0 } })
  })

  it('is not there under another name, and has no other methods', async () => {
    expect(await call('POST', '/v1/webhooks/erp', { body: {} })).toMatchObject({
      status: 404,
      body: { code: 'not_found', detail: 'no source `erp`; sources.yaml declares who may post' },
    })
    expect((await call('PUT', '/v1/webhooks/crm', { body: {} })).status).toBe(405)
  })

  it('forgets with time what could not be taken in, and what came before', async () => {
    const { sweepWebhooks } = await import('../../../src/webhooks/rejected.ts')
    expect(await sweepWebhooks(app)).toBe(0)
    test.pass(91 * 24 * 60 * MINUTE)
    await sweepWebhooks(app)
    const rows = 'SELECT (SELECT count(*) FROM webhook_rejections) + (SELECT count(*) FROM webhook_requests) AS n'
    expect(await execute(databaseUrl, rows)).toEqual([{ n: '0' }])
  })
})
