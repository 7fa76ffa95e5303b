import { describe, expect, it } from 'vitest'
import { START } from '../app.ts'
import { createTestHttp } from '../http/http.ts'
import { example, hubspotHeaders, rulesFile, SECRETS, standardHeaders } from './senders.ts'

const RULE_FILES = ['agents.yaml', 'queues.yaml', 'sources.yaml', 'expansion-outreach.yaml']
const rules = Object.fromEntries(RULE_FILES.map((name) => [name, rulesFile(name)]))
const { http, call } = await createTestHttp({ rules, environment: SECRETS })

async function post(path: string, payload: string, headers: Readonly<Record<string, string>>) {
  const {
    statusCode: status,
    headers: answered,
    body,
  } = await http.inject({ method: 'POST', url: path, headers, payload })
  return { status, type: answered['content-type'], body: status === 202 ? JSON.parse(body) : body }
}

const account = async (name: string) => (await call('GET', `/v1/accounts/${name}`)).body
const JSON_BODY = { 'content-type': 'application/json' }

describe('the sources that come with us take in what their senders send:', () => {
  it('HubSpot', async () => {
    const body = example('hubspot.json')
    const headers = hubspotHeaders('https://umpire.example.com/v1/webhooks/hubspot', body, START)
    const reply = await post('/v1/webhooks/hubspot', body, { ...JSON_BODY, ...headers })
    expect(reply).toMatchObject({
      status: 202,
      body: { source: 'hubspot', duplicate: false, taken: 6, ignored: 0, rejected: 0 },
    })
    const company = await account('hubspot:4711')
    expect(company).toMatchObject({
      account: 'hubspot:4711',
      aliases: ['hubspot-deal:9001'],
      facts: { arr: 180_000, renewalAt: '2027-01-31T00:00:00.000Z' },
    })
    expect(company.signals).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          agent: 'churn-radar',
          claim: 'churn_risk',
          confidence: 0.82,
          observedAt: '2026-11-20T08:59:59.000Z',
        }),
        expect.objectContaining({ agent: 'pulse', claim: 'healthy', score: 38 }),
        expect.objectContaining({ agent: 'crm-deals', claim: 'churn_risk', confidence: null }),
      ]),
    )
    expect((await account('hubspot-deal:9001')).account).toBe('hubspot:4711')
    const entries = (await call('GET', '/v1/audit?stream=account:hubspot:4711')).body.entries
    expect(new Set(entries.map((entry: any) => entry.payload.body.by))).toEqual(new Set(['source:hubspot']))
  })

  it('HubSpot, whose newer apps name kinds of events otherwise', async () => {
    const known = JSON.parse(example('hubspot.json')) as Record<string, unknown>[]
    const newer = known.map((event) => {
      const [kind, change] = String(event.subscriptionType).split('.')
      const objectTypeId = kind === 'deal' ? '0-3' : '0-2'
      const ids = event.objectId === undefined ? { fromObjectId: 9002, toObjectId: 4712 } : { objectTypeId }
      const objectId = kind === 'deal' ? 9002 : 4712
      return { ...event, ...ids, objectId, subscriptionType: `object.${change}` }
    })
    const contact = { ...newer[0], objectTypeId: '0-1', objectId: 4713 }
    const body = JSON.stringify([...newer, contact])
    const headers = hubspotHeaders('https://umpire.example.com/v1/webhooks/hubspot', body, START)
    const reply = await post('/v1/webhooks/hubspot', body, { ...JSON_BODY, ...headers })
    expect(reply).toMatchObject({ status: 202, body: { taken: 6, rejected: 1 } })
    const [{ id }] = (await call('GET', '/v1/webhooks/rejected')).body.rejected
    expect((await call('DELETE', `/v1/webhooks/rejected/${id}`)).body).toMatchObject({ matcher: null })
    const [one, other] = [await account('hubspot:4711'), await account('hubspot:4712')]
    expect(other).toMatchObject({ aliases: ['hubspot-deal:9002'], facts: one.facts })
    expect(other.signals.map(({ claim }: any) => claim).sort()).toEqual(
      one.signals.map(({ claim }: any) => claim).sort(),
    )
  })

  it('Salesforce, which gets its acknowledgement', async () => {
    const path = `/v1/webhooks/salesforce/${SECRETS.SALESFORCE_PATH_SECRET}`
    const reply = await post(path, example('salesforce.xml'), { 'content-type': 'text/xml; charset=utf-8' })
    expect(reply).toMatchObject({
      status: 200,
      type: 'text/xml; charset=utf-8',
      body: expect.stringContaining('<Ack>true</Ack>'),
    })
    expect(await account('salesforce:00124000005aBcDAAU')).toMatchObject({
      facts: { arr: 180_000, name: 'Acme GmbH', renewalAt: '2027-01-31T00:00:00Z' },
      signals: [{ id: '04l24000001aaabAAA', agent: 'crm-deals', claim: 'healthy', confidence: 0.35 }],
    })
  })

  it('Gainsight, whose accounts join those of Salesforce', async () => {
    const headers = { ...JSON_BODY, authorization: `Bearer ${SECRETS.GAINSIGHT_TOKEN}` }
    expect(await post('/v1/webhooks/gainsight', example('gainsight.json'), headers)).toMatchObject({
      status: 202,
      body: { taken: 2, rejected: 0 },
    })
    const acme = await account('salesforce:00124000005aBcDAAU')
    expect(acme.account).toBe((await account('gainsight:1P02AKQ7G6A3X9P6B0')).account)
    expect(acme.signals).toEqual(expect.arrayContaining([expect.objectContaining({ agent: 'pulse', score: 38 })]))
  })

  it('whatever signs by Standard Webhooks', async () => {
    const body = example('generic.json')
    const headers = standardHeaders(SECRETS.GENERIC_WEBHOOK_SECRET, 'msg_1', START, body)
    expect(await post('/v1/webhooks/generic', body, { ...JSON_BODY, ...headers })).toMatchObject({
      status: 202,
      body: { taken: 1 },
    })
    expect(await account('acme')).toMatchObject({
      facts: { arr: 180_000, segment: 'mid_market' },
      signals: [{ agent: 'product-usage', claim: 'usage_drop', confidence: 0.74 }],
    })
  })

  it('and nothing else was rejected on the way', async () => {
    expect((await call('GET', '/v1/webhooks/rejected')).body).toEqual({ rejected: [], next: null })
  })
})

describe('where secrets are missing', async () => {
  const { call, logged } = await createTestHttp({ rules, environment: { GAINSIGHT_TOKEN: SECRETS.GAINSIGHT_TOKEN } })

  it('a source is off, and says so, and the others are not', async () => {
    const reply = await call('POST', '/v1/webhooks/hubspot', { body: [] })
    expect(reply).toMatchObject({
      status: 503,
      headers: { 'retry-after': '300' },
      body: {
        code: 'source_disabled',
        detail: 'source `hubspot` is off: the variable `HUBSPOT_CLIENT_SECRET` is not set',
      },
    })
    expect(logged.join()).toContain('source `hubspot` is off')
    for (let i = 0; i < 70; i++) await call('POST', '/v1/webhooks/hubspot', { body: [] })
    expect(await call('POST', '/v1/webhooks/hubspot', { body: [] })).toMatchObject({ status: 429 })
    expect(logged.filter((line) => line.includes('source `hubspot` is off'))).toHaveLength(60)
    const headers = { authorization: `Bearer ${SECRETS.GAINSIGHT_TOKEN}` }
    expect((await call('POST', '/v1/webhooks/gainsight', { headers, body: { records: [] } })).status).toBe(202)
    expect((await call('GET', '/readyz')).body).toMatchObject({
      status: 'ready',
      off: expect.arrayContaining(['source `hubspot`: the variable `HUBSPOT_CLIENT_SECRET` is not set']),
    })
  })
})
