import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase } from '../database.ts'
import { startService } from '../faults/process.ts'
import { startReceiver } from '../telemetry/receiver.ts'
import { example, hubspotHeaders, SECRETS, standardHeaders } from './senders.ts'

const { url: DATABASE_URL } = await createTestDatabase()
const receiver = await startReceiver()
const rules = await mkdtemp(path.join(tmpdir(), 'umpire-rules-'))
afterAll(() => rm(rules, { recursive: true }))
await cp(fileURLToPath(new URL('../../../rules', import.meta.url)), rules, { recursive: true })
const service = await startService({
  ...receiver.env,
  ...SECRETS,
  DATABASE_URL,
  UMPIRE_RULES_DIR: rules,
  LOG_LEVEL: 'trace',
})

/** Of what is posted, and what shows whose it is. */
const VALUES = ['FACT-VALUE', 'Acme GmbH', 'Manufacturing', 'Weekly users']
let metrics = ''

async function post(route: string, body: string, headers: Record<string, string> = {}): Promise<number> {
  const response = await fetch(service.url + route, { method: 'POST', headers, body })
  return response.status
}

beforeAll(async () => {
  const salesforce = `/v1/webhooks/salesforce/${SECRETS.SALESFORCE_PATH_SECRET}`
  const xml = { 'content-type': 'text/xml' }
  expect(await post(salesforce, example('salesforce.xml'), xml)).toBe(200)
  expect(await post(salesforce, example('salesforce.xml').replace('180000.0', 'FACT-VALUE'), xml)).toBe(200)
  expect(await post(salesforce, '<!DOCTYPE x><FACT-VALUE/>', xml)).toBe(400)
  expect(await post(`${salesforce}/`, 'FACT-VALUE')).toBe(404)
  expect((await fetch(`${service.url}${salesforce}`)).status).toBe(405)
  expect(await post(`/v1/webhooks/gainsight/${SECRETS.SALESFORCE_PATH_SECRET}`, '{}')).toBe(401)

  const authorization = `Bearer ${SECRETS.GAINSIGHT_TOKEN}`
  expect(await post('/v1/webhooks/gainsight', '{"records": "FACT-VALUE"}', { authorization })).toBe(202)
  const signed = `${service.url}/v1/webhooks/hubspot`
  const body = example('hubspot.json').replace('180000', 'FACT-VALUE')
  expect(await post('/v1/webhooks/hubspot', body, hubspotHeaders(signed, body, Date.now()))).toBe(202)
  const generic = example('generic.json')
  const headers = standardHeaders(SECRETS.GENERIC_WEBHOOK_SECRET, 'msg_1', Date.now(), generic)
  expect(await post('/v1/webhooks/generic', generic, headers)).toBe(202)

  metrics = await (await fetch(`${service.url}/metrics`)).text()
  service.child.kill('SIGTERM')
  expect(await service.exited).toBe(0)
})

describe('logs and telemetry of webhooks', () => {
  it('hold no secret, wherever it stood, and nothing of what was posted', () => {
    const sent = receiver.deliveries.map(({ body }) => `${body}`).join('')
    expect(sent).toContain('/v1/webhooks/salesforce/…')
    expect(service.output()).toContain('could not take in what a webhook brought')
    const { SALESFORCE_ORGANIZATION_ID: _, ...secrets } = SECRETS
    for (const kept of [...Object.values(secrets), ...VALUES]) {
      expect(service.output()).not.toContain(kept)
      expect(sent).not.toContain(kept)
      expect(metrics).not.toContain(kept)
    }
  })

  it('count events by source and what became of them', () => {
    const counted = [...metrics.matchAll(/^umpire_webhook_events_total\{source="(\w+)",result="(\w+)".*\} (\d+)/gm)]
    expect(counted.map(([, source, result, events]) => `${source} ${result} ${events}`).sort()).toEqual([
      'gainsight rejected 1',
      'generic taken 1',
      'hubspot rejected 1',
      'hubspot taken 5',
      'salesforce rejected 1',
      'salesforce taken 3',
    ])
  })
})
