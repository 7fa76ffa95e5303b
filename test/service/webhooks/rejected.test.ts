import { describe, expect, it } from 'vitest'
import { loadRuleset } from '../../../src/core/rules/load.ts'
import { RULES } from '../app.ts'
import { createTestHttp } from '../http/http.ts'
import { example, rulesFile, SECRETS } from './senders.ts'

const MINUTE = 60_000

/** A program that says what it knows, with a time or without. */
const sources = (facts: string) => `sources:
  app:
    auth: { scheme: bearer, secretFrom: APP_TOKEN }
    agents: [pulse, churn-radar]
    matchers:
      - name: known
        when: $exists(account)
        account: account
        aliases: aliases
        at: at
        facts: '${facts}'
        signals: signals
`
const STRICT = '{ "arr": arr ? $number(arr) }'
const LENIENT = '{ "arr": arr = "many" ? 1000 : arr ? $number(arr) }'
const TOKEN = 'kept-0123456789abcdef'
const environment = { APP_TOKEN: TOKEN }

/** A service of its own, whose source is strict until it is mended. */
async function startApp() {
  const rules = { ...RULES, 'sources.yaml': sources(STRICT) }
  const test = await createTestHttp({ rules, environment })
  const { app, call } = test
  const post = async (body: unknown) => (await call('POST', '/v1/webhooks/app', { key: TOKEN, body })).body
  const list = async (query = '') => (await call('GET', `/v1/webhooks/rejected${query}`)).body
  return {
    ...test,
    post,
    list,
    accountOf: async (name: string) => (await call('GET', `/v1/accounts/${name}`)).body,
    replayAll: async (body: object = {}) =>
      (await call('POST', '/v1/webhooks/rejected/replay', { body: { source: 'app', ...body } })).body,
    mend(files: Readonly<Record<string, string>>) {
      const { ruleset } = loadRuleset(Object.entries({ ...rules, ...files }).map(([path, text]) => ({ path, text })))
      app.rules.follow(app.rules.activation, ruleset!)
    },
  }
}

const MENDED = { 'sources.yaml': sources(LENIENT) }

describe('a replay', async () => {
  const { post, list, accountOf, replayAll, mend, pass } = await startApp()

  it('leaves the newer facts of events that say no time', async () => {
    await post([{ account: 'untimed', arr: 'many' }])
    pass(MINUTE)
    await post([{ account: 'untimed', arr: '7' }])
    pass(MINUTE)
    mend(MENDED)
    expect(await replayAll()).toMatchObject({ taken: 1, rejected: 0 })
    expect((await accountOf('untimed')).facts).toEqual({ arr: 7 })
  })

  it('doubles no signal that was taken in at once, whether the event says a time or not', async () => {
    const signals = [
      { id: 'one', agent: 'churn-radar', claim: 'churn_risk', confidence: 0.8, expiresAt: '2026-11-23T11:00:00Z' },
      { id: 'two', agent: 'churn-radar', claim: 'healthy', score: 40 },
    ]
    const events = [
      { account: 'timed', at: '2026-11-23T09:00:00Z', signals },
      { account: 'untimed-signals', signals },
    ]
    expect(await post(events)).toMatchObject({ taken: 0, rejected: 2 })
    pass(60 * MINUTE)
    const agents = RULES['agents.yaml']!.replace(
      'kind: churn_agent,',
      'kind: churn_agent, scale: [[0, 0.1], [100, 0.9]],',
    )
    mend({ ...MENDED, 'agents.yaml': agents })
    expect(await replayAll()).toMatchObject({ taken: 2, rejected: 0 })
    for (const { account } of events) {
      const standing = (await accountOf(account)).signals
      expect(standing.map(({ id, observedAt }: any) => [id, observedAt.slice(0, 13)]).sort()).toEqual([
        ['one', '2026-11-23T09'],
        ['two', '2026-11-23T09'],
      ])
    }
    expect(await list()).toEqual({ rejected: [], next: null })
  })
})

describe('the events of a payload that can be told apart only later', async () => {
  const { post, list, replayAll, mend, pass } = await startApp()
  const finding = (events: string) => ({
    'sources.yaml': sources(STRICT).replace('    matchers:', `    forEach: ${events}\n    matchers:`),
  })

  it('are as old as the payload, those too that still can not be taken in', async () => {
    mend(finding('data'))
    await post({ events: [{ account: 'nested', arr: 'many' }] })
    const [whole] = (await list()).rejected
    expect(whole).toMatchObject({ whole: true, reason: '`forEach` finds no events in it' })
    pass(MINUTE)
    mend(finding('events'))
    expect(await replayAll()).toMatchObject({ taken: 0 })
    expect((await list()).rejected).toMatchObject([
      { whole: false, account: 'nested', firstAt: whole.firstAt, times: 1 },
    ])
  })
})

describe('the events that `forEach` finds', async () => {
  const { post, list, mend } = await startApp()

  it('are kept one by one where they are not safe to keep', async () => {
    mend({ 'sources.yaml': sources(STRICT).replace('    matchers:', '    forEach: events\n    matchers:') })
    const events = ['{"account": "a", "arr": 1}', '{"account": "b", "arr": 1e400}', '{"account": "c\\u0000", "arr": 2}']
    expect(await post(`{"events": [${events}]}`)).toMatchObject({ taken: 1, rejected: 2 })
    expect((await list()).rejected.map(({ whole, reason }: any) => [whole, reason])).toEqual([
      [false, '`account` has a NUL or half a surrogate pair in it'],
      [false, '`arr` is beyond the range of a number'],
    ])
  })
})

describe('an event whose account can not be told', async () => {
  const { post, call, replayAll } = await startApp()

  it('leaves nothing behind, and is taken in whole once it can', async () => {
    await post([{ account: 'mine', aliases: 'crm:1', arr: '1' }])
    const signal = { id: 's', agent: 'pulse', claim: 'healthy', confidence: 0.9 }
    expect(await post([{ account: 'other', aliases: ['crm:1'], arr: '2', signals: signal }])).toMatchObject({
      rejected: 1,
    })
    expect((await call('GET', '/v1/accounts/other')).status).toBe(404)
    await call('PUT', '/v1/accounts/mine', { body: { aliases: ['other'] } })
    expect(await replayAll()).toMatchObject({ taken: 1 })
    expect((await call('GET', '/v1/accounts/other')).body).toMatchObject({
      account: 'mine',
      facts: { arr: 2 },
      signals: [{ id: 's' }],
    })
  })
})

describe('more than are tried at once', async () => {
  const { post, list, replayAll, mend } = await startApp()

  it('are all tried by asking again, though the oldest stay', async () => {
    await post(Array.from({ length: 1_000 }, (_, n) => ({ n })))
    await post([{ account: 'last', arr: 'many' }])
    mend(MENDED)
    const first = await replayAll()
    expect(first).toEqual({ taken: 0, ignored: 0, rejected: 1_000, next: expect.any(String) })
    expect(await replayAll({ after: first.next })).toEqual({ taken: 1, ignored: 0, rejected: 0, next: null })
    const page = await list('?limit=200')
    expect(page.rejected).toHaveLength(200)
    expect((await list(`?limit=200&cursor=${page.next}`)).rejected[0].id < page.rejected.at(-1).id).toBe(true)
  }, 120_000)
})

describe('a payload that is no text', async () => {
  const { post, list, replayAll, mend } = await startApp()

  it('does not become something else by a replay', async () => {
    await post(Buffer.from('{"account": "Müller", "arr": "1"}', 'latin1'))
    await post(Buffer.from('{"account": "a\0b", "arr": "1"}'))
    mend(MENDED)
    expect(await replayAll()).toMatchObject({ taken: 0, rejected: 2 })
    const reason = 'the body has bytes that are no text, and could not be kept as it was; have it sent again, in UTF-8'
    expect((await list()).rejected).toMatchObject([{ reason }, { reason }])
  })
})

describe('a message of Salesforce that is kept whole', async () => {
  const secret = SECRETS.SALESFORCE_PATH_SECRET
  const shipped = rulesFile('sources.yaml')
  const rules = {
    'sources.yaml': shipped.replace('    format: salesforce\n', `    format: salesforce\n    forEach: $error("no")\n`),
  }
  const { http, call } = await createTestHttp({ rules, environment: SECRETS })

  it('is kept without the session that is in it', async () => {
    const payload = example('salesforce.xml').replace('<SessionId xsi:nil="true"/>', '<SessionId>SESSION</SessionId>')
    const headers = { 'content-type': 'text/xml' }
    const reply = await http.inject({ method: 'POST', url: `/v1/webhooks/salesforce/${secret}`, headers, payload })
    expect(reply.statusCode).toBe(200)
    const { rejected } = (await call('GET', '/v1/webhooks/rejected')).body
    expect(rejected).toMatchObject([{ whole: true, reason: expect.stringMatching(/^`forEach`: /) }])
    expect(rejected[0].untrusted.event).toContain('<sf:Name>Acme GmbH')
    expect(rejected[0].untrusted.event).not.toContain('SESSION')
  })
})

describe('a source that is not there', async () => {
  const { call, list, post, mend } = await startApp()

  it('is nobody whose list could be empty', async () => {
    const detail = 'no source `ap` in sources.yaml; did you mean `app`?'
    expect(await call('GET', '/v1/webhooks/rejected?source=ap')).toMatchObject({ status: 404, body: { detail } })
    const replayed = await call('POST', '/v1/webhooks/rejected/replay', { body: { source: 'ap' } })
    expect(replayed).toMatchObject({ status: 404, body: { detail } })
    expect(await list('?source=app')).toEqual({ rejected: [], next: null })
  })

  it('has a list where it was there once', async () => {
    await post({ account: 'kept', arr: 'many' })
    mend({ 'sources.yaml': sources(STRICT).replace('  app:', '  other:') })
    const [kept] = (await list('?source=app')).rejected
    expect(kept).toMatchObject({ account: 'kept' })
    expect(await list(`?source=app&cursor=${kept.id}`)).toEqual({ rejected: [], next: null })
  })
})

describe('payloads that are large', async () => {
  const { post, list } = await startApp()

  it('are listed a few at a time', async () => {
    const sent = Array.from({ length: 7 }, (_, n) => `${n}${' '.repeat(900_000)}!`)
    for (const payload of sent) await post(payload)
    const seen: string[] = []
    let pages = 0
    for (let next: string | null = ''; next !== null; pages++) {
      const page: any = await list(next === '' ? '' : `?cursor=${next}`)
      for (const { untrusted } of page.rejected) seen.push(untrusted.event)
      next = page.next
    }
    expect(seen).toEqual([...sent].reverse())
    expect(pages).toBe(2)
  })
})

describe('what will never be taken in', async () => {
  const { post, list, call, keyOf } = await startApp()

  it('can be dismissed, which the trail tells without what was sent', async () => {
    await post([{ secret: 'FACT-VALUE' }])
    const { id } = (await list()).rejected[0]
    const dismiss = (key?: string) => call('DELETE', `/v1/webhooks/rejected/${id}`, { key })
    expect((await dismiss(await keyOf({ name: 'reader', scopes: ['read'] }))).status).toBe(403)
    expect(await dismiss()).toMatchObject({ status: 200, body: { id, untrusted: { event: { secret: 'FACT-VALUE' } } } })
    expect(await dismiss()).toMatchObject({ status: 404, body: { code: 'not_found' } })
    expect(await list()).toEqual({ rejected: [], next: null })
    const { entries } = (await call('GET', '/v1/audit?stream=webhooks')).body
    expect(entries.map(({ kind, payload }: any) => [kind, payload.body])).toEqual([
      ['rejection.dismissed', { by: 'admin', rejection: id, source: 'app', matcher: null, account: null, times: 1 }],
    ])
    expect((await call('GET', '/v1/audit/verify?stream=webhooks')).body).toMatchObject({ ok: true, entries: 1 })
  })
})
