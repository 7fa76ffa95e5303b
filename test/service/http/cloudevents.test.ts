import { describe, expect, it } from 'vitest'
import { createTestHttp } from './http.ts'

const { call } = await createTestHttp()

const event = (fields: object = {}) => ({
  specversion: '1.0',
  id: 'e1',
  source: 'churn-radar',
  subject: 'acme',
  type: 'umpire.signal.churn_risk',
  time: '2026-11-20T09:00:00Z',
  datacontenttype: 'application/json',
  data: { confidence: 0.82, evidence: [{ label: 'Logins down 60 %' }] },
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  ...fields,
})
const structured = (body: unknown) =>
  call('POST', '/v1/signals', { body, headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' } })
const batched = (body: unknown) =>
  call('POST', '/v1/signals', { body, headers: { 'content-type': 'application/cloudevents-batch+json' } })
const binary = (attributes: object, body?: unknown) =>
  call('POST', '/v1/signals', {
    headers: Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value])),
    ...(body !== undefined && { body }),
  })

const ACCEPTED = { id: 'e1', agent: 'churn-radar', status: 'accepted' }
const stored = async (account: string) => (await call('GET', `/v1/accounts/${account}`)).body.signals

describe('a signal as a CloudEvent', () => {
  it('arrives in structured mode', async () => {
    expect(await structured(event())).toMatchObject({ status: 202, body: { results: [ACCEPTED] } })
    expect(await stored('acme')).toMatchObject([
      { id: 'e1', agent: 'churn-radar', claim: 'churn_risk', confidence: 0.82, observedAt: '2026-11-20T09:00:00.000Z' },
    ])
  })

  it('arrives in a batch, each on its own', async () => {
    const { status, body } = await batched([
      event({ subject: 'batch' }),
      event({ subject: 'batch', id: 'e2', type: 'com.example.other' }),
      event({ subject: 'batch', id: 'e3', data: undefined }),
    ])
    expect(status).toBe(202)
    expect(body.results).toMatchObject([ACCEPTED, { id: 'e2', status: 'rejected' }, { id: 'e3', status: 'accepted' }])
  })

  it('arrives in binary mode, attributes percent-encoded', async () => {
    const { time, data, datacontenttype: _, traceparent: __, ...attributes } = event({ subject: 'K%C3%B6nig%20AG' })
    const { status, body } = await binary({ ...attributes, time }, data)
    expect({ status, body }).toMatchObject({ status: 202, body: { results: [ACCEPTED] } })
    expect(await stored(encodeURIComponent('König AG'))).toMatchObject([{ confidence: 0.82 }])
  })

  it('needs no data in binary mode', async () => {
    const { specversion, id, source, type } = event()
    expect((await binary({ specversion, id, source, type, subject: 'dataless' })).body.results).toEqual([ACCEPTED])
  })

  it('is the same signal in every form', async () => {
    const signal = { id: 'e1', agent: 'churn-radar', account: 'forms', claim: 'churn_risk', ...event().data }
    const plain = { ...signal, observedAt: event().time }
    expect((await call('POST', '/v1/signals', { body: { signals: [plain] } })).body.results).toEqual([ACCEPTED])
    const { data, datacontenttype: _, traceparent: __, ...attributes } = event({ subject: 'forms' })
    for (const { body } of [
      await structured(event({ subject: 'forms' })),
      await batched([event({ subject: 'forms' })]),
      await binary(attributes, data),
    ]) {
      expect(body.results[0].status).toBe('duplicate')
    }
  })
})

describe('an event that is no signal', () => {
  it.each([
    ['another version', { specversion: '0.3' }, '`specversion` must be `1.0`'],
    ['another type', { type: 'com.example.order' }, '`type` must be `umpire.signal.`'],
    ['no claim in its type', { type: 'umpire.signal.' }, '`type` must not be empty'],
    ['no subject', { subject: undefined }, '`subject` is required'],
    ['no source', { source: undefined }, '`source` is required'],
    ['no id', { id: undefined }, '`id` is required'],
    ['a bad time', { time: 'noon' }, '`time` must be an RFC 3339 time'],
    ['data in base64', { data: undefined, data_base64: 'e30=' }, '`data_base64` is not read'],
    ['data that is no JSON', { datacontenttype: 'text/xml', data: '<a/>' }, '`datacontenttype` must be'],
    ['data that is no object', { data: [1] }, '`data` must be an object'],
    ['a field twice', { data: { agent: 'pulse' } }, '`data.agent` is said by `source`'],
    ['a confidence out of range', { data: { confidence: 2 } }, '`data.confidence` must be at most 1'],
    ['an unknown field', { data: { confidnce: 1 } }, '`data.confidnce` is not known here'],
  ])('is rejected in the words of the event: %s', async (_, fields, detail) => {
    const { status, body } = await structured(event({ subject: 'none', ...fields }))
    expect(status).toBe(202)
    expect(body.results).toMatchObject([{ status: 'rejected', problem: { code: 'invalid_request' } }])
    expect(body.results[0].problem.detail).toContain(detail)
    expect((await call('GET', '/v1/accounts/none')).status).toBe(404)
  })

  it('is rejected whatever it is', async () => {
    expect((await structured([])).body.results).toMatchObject([{ id: null, status: 'rejected' }])
    expect((await batched([7])).body.results).toMatchObject([{ id: null, status: 'rejected' }])
    expect((await binary({ id: 'e1' }, {})).body.results).toMatchObject([{ id: 'e1', status: 'rejected' }])
  })

  it('is a bad request where the batch is none', async () => {
    expect(await batched({})).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    expect(await batched([])).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    expect(await structured('{')).toMatchObject({ status: 400, body: { code: 'invalid_json' } })
  })

  it('is taken nowhere but under `/v1/signals`', async () => {
    const reply = await call('POST', '/v1/outcomes', {
      body: event(),
      headers: { 'content-type': 'application/cloudevents+json' },
    })
    expect(reply).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } })
  })
})
