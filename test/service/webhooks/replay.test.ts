import { describe, expect, it } from 'vitest'
import { loadRuleset } from '../../../src/core/rules/load.ts'
import { START } from '../app.ts'
import { execute } from '../database.ts'
import { createTestHttp } from '../http/http.ts'
import { crmOf, environment, LENIENT, number, rules, sources } from './crm.ts'

const MINUTE = 60_000

describe('what a CRM sent and could not be taken in', async () => {
  const test = await createTestHttp({ rules, environment })
  const { app, call } = test
  const post = crmOf(test)
  const replay = (id: string, key?: string) => call('POST', `/v1/webhooks/rejected/${id}/replay`, { key })

  /** Answers with rules in which the source knows what to do. */
  function mend() {
    const files = { ...rules, 'sources.yaml': sources(LENIENT) }
    const { ruleset } = loadRuleset(Object.entries(files).map(([path, text]) => ({ path, text })))
    app.rules.follow(app.rules.activation, ruleset!)
  }

  it('is taken in by a replay, once the source is mended', async () => {
    const events = ['a', 'b', 'c'].map((name) => number(`replay-${name}`, 'arr', 'many', START - MINUTE))
    await post([...events, { kind: 'other' }])
    const { rejected } = (await call('GET', '/v1/webhooks/rejected?source=crm')).body
    const one = rejected.find(({ untrusted }: any) => untrusted.event.account === 'replay-a')

    expect(await replay(one.id)).toMatchObject({ status: 200, body: { taken: 0, rejected: 1 } })
    const reader = await test.keyOf({ name: 'reader', scopes: ['read'] })
    expect((await replay(one.id, reader)).status).toBe(403)
    expect((await call('GET', '/v1/webhooks/rejected', { key: reader })).status).toBe(403)

    mend()
    expect(await replay(one.id)).toMatchObject({ status: 200, body: { taken: 1, rejected: 0 } })
    expect((await replay(one.id)).status).toBe(404)
    expect((await call('GET', '/v1/accounts/replay-a')).body.facts).toEqual({ arr: 1_000 })

    const all = await call('POST', '/v1/webhooks/rejected/replay', { body: { source: 'crm' } })
    expect(all).toMatchObject({ status: 200, body: { taken: 2, ignored: 0, rejected: 1, next: null } })
    const left = (await call('GET', '/v1/webhooks/rejected')).body.rejected
    expect(left).toMatchObject([{ matcher: null, times: 1, untrusted: { event: { kind: 'other' } } }])
    expect((await call('POST', '/v1/webhooks/rejected/replay', { body: { source: 'erp' } })).status).toBe(404)
  })

  it('is as old as when it came first', async () => {
    await post([{ kind: 'signal', account: 'aged', signal: { claim: 'healthy', confidence: 'high' } }])
    const [row] = (await call('GET', '/v1/webhooks/rejected')).body.rejected
    test.pass(60 * MINUTE)
    expect(row.firstAt).toBe(new Date(START).toISOString())
    await execute(
      test.databaseUrl,
      `UPDATE webhook_rejections SET event = replace(event, '"high"', '0.5') WHERE id = $1`,
      [row.id],
    )
    expect((await replay(row.id)).body).toMatchObject({ taken: 1 })
    const { signals } = (await call('GET', '/v1/accounts/aged')).body
    expect(signals).toMatchObject([{ observedAt: new Date(START).toISOString() }])
  })
})
