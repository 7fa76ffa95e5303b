import { describe, expect, it } from 'vitest'
import { handleNotice } from '../../../src/app/notices/notices.ts'
import { RULES } from '../app.ts'
import { execute } from '../database.ts'
import { createTestHttp } from './http.ts'

const rules = {
  ...RULES,
  'queues.yaml': `
queues:
  csm:
    notify:
      - { name: crm, webhook: 'https://hooks.example.com/umpire', secretFrom: CRM_SECRET }
notify:
  - { name: slack, slackFrom: SLACK_URL }
`,
}
const { app, call, keyOf, databaseUrl } = await createTestHttp({ rules })
const query = (sql: string, values: unknown[] = []) => execute<any>(databaseUrl, sql, values)

/** Has an escalation opened and told: to `crm` and to `slack`. */
async function escalate(account: string): Promise<{ readonly escalation: string; readonly crm: string }> {
  const signals = [
    { id: 'c1', agent: 'churn-radar', claim: 'churn_risk', confidence: 0.82 },
    { id: 'h1', agent: 'pulse', claim: 'healthy', confidence: 0.9 },
  ]
  const { body } = await call('POST', '/v1/adjudications', {
    body: { account, decision: 'expansion-outreach', facts: { arr: 180_000, segment: 'smb' }, signals },
  })
  const [{ id }] = await query("SELECT id FROM outbox WHERE topic = 'notice'")
  const [crm] = await handleNotice(app, Number(id))
  return { escalation: body.escalation.id, crm: crm! }
}

describe('deliveries', () => {
  it('are listed newest first, by status, target and escalation', async () => {
    const first = await escalate('first')
    const second = await escalate('second')
    const of = async (filter: string) => {
      const { status, body } = await call('GET', `/v1/deliveries?${filter}`)
      expect(status).toBe(200)
      return body.deliveries.map(({ account, target }: any) => `${account} ${target}`)
    }
    expect(await of('')).toEqual(['second slack', 'second crm', 'first slack', 'first crm'])
    expect(await of('target=crm')).toEqual(['second crm', 'first crm'])
    expect(await of(`escalation=${first.escalation}`)).toEqual(['first slack', 'first crm'])
    await query("UPDATE deliveries SET status = 'dead', next_at = NULL WHERE id = $1", [second.crm])
    expect(await of('status=dead')).toEqual(['second crm'])
    expect(await of('status=pending&target=crm')).toEqual(['first crm'])

    const { body: page } = await call('GET', '/v1/deliveries?limit=3')
    expect(page.deliveries).toHaveLength(3)
    const { body: rest } = await call('GET', `/v1/deliveries?limit=3&cursor=${page.next}`)
    expect(rest).toMatchObject({ deliveries: [{ id: first.crm }], next: null })
  })

  it('are read with what is sent, and without where it is secret', async () => {
    const { escalation, crm } = await escalate('read')
    const { status, body } = await call('GET', `/v1/deliveries/${crm}`)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      id: crm,
      target: 'crm',
      event: 'escalation.opened',
      account: 'read',
      escalation,
      status: 'pending',
      attempts: 0,
      lastError: null,
      settledAt: null,
      body: { type: 'escalation.opened', data: { escalation: { id: escalation } } },
    })
  })

  it('that were given up are replayed, those that are still tried are not', async () => {
    const { crm } = await escalate('replayed')
    const refused = await call('POST', `/v1/deliveries/${crm}/replay`)
    expect(refused).toMatchObject({ status: 409, body: { code: 'delivery_pending' } })
    expect(refused.body.detail).toMatch(/is still being tried, next at \d{4}-/)
    await query("UPDATE deliveries SET status = 'dead', next_at = NULL, attempts = 60 WHERE id = $1", [crm])
    const { status, body } = await call('POST', `/v1/deliveries/${crm}/replay`)
    expect([status, body.status, body.attempts]).toEqual([200, 'pending', 0])
    expect(await query("SELECT account_id, payload FROM outbox WHERE topic = 'delivery'")).toEqual([
      { account_id: 'replayed', payload: JSON.stringify({ delivery: crm }) },
    ])
  })

  it('are for admins only', async () => {
    const key = await keyOf({ name: 'reader', principal: 'person', scopes: ['read', 'escalations:review'] })
    const { crm } = await escalate('guarded')
    for (const [method, url] of [
      ['GET', '/v1/deliveries'],
      ['GET', `/v1/deliveries/${crm}`],
      ['POST', `/v1/deliveries/${crm}/replay`],
    ] as const) {
      expect(await call(method, url, { key })).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    }
  })

  it.each([
    ['GET', '/v1/deliveries/nonsense', 404, 'not_found'],
    ['GET', '/v1/deliveries/01980a2e-7c1f-7d4b-9a55-2f6a4a4d1c11', 404, 'not_found'],
    ['POST', '/v1/deliveries/01980a2e-7c1f-7d4b-9a55-2f6a4a4d1c11/replay', 404, 'not_found'],
    ['GET', '/v1/deliveries?status=done', 400, 'invalid_request'],
    ['GET', '/v1/deliveries?escalation=1', 400, 'invalid_request'],
    ['GET', '/v1/deliveries?cursor=nonsense', 400, 'invalid_request'],
  ] as const)('%s %s is %i', async (method, url, status, code) => {
    expect(await call(method, url)).toMatchObject({ status, body: { code } })
  })
})
