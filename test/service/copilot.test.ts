import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { describe, expect, inject, it } from 'vitest'
import { umpire } from './cli.ts'
import { createTestDatabase } from './database.ts'
import { startListener } from './events/listener.ts'
import { startService } from './faults/process.ts'
import { codeOf, connected, connectOverHttp, type Mcp, said } from './mcp/serving.ts'
import { hubspotHeaders, SECRETS } from './webhooks/senders.ts'

const database = await createTestDatabase()
const env = { DATABASE_URL: database.url, HUBSPOT_CLIENT_SECRET: SECRETS.HUBSPOT_CLIENT_SECRET }
const service = await startService(env)

/** A key, made as an operator makes it. */
async function makeKey(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await umpire(['keys', 'create', ...args], { env })
  if (code !== 0) throw new Error(stderr)
  return stdout.trim()
}

let events = 3_816_279_340
/** What HubSpot posts when a property of a company changes, signed as it signs. */
async function hubspot(company: number, propertyName: string, propertyValue: string): Promise<void> {
  const at = Date.now()
  const subscriptionType = 'company.propertyChange'
  const change = { eventId: ++events, occurredAt: at, objectId: company, subscriptionType, propertyName, propertyValue }
  const url = `${service.url}/v1/webhooks/hubspot`
  const body = JSON.stringify([change])
  const headers = { 'content-type': 'application/json', ...hubspotHeaders(url, body, at) }
  const response = await fetch(url, { method: 'POST', headers, body })
  expect(await response.json()).toMatchObject({ taken: 1, rejected: 0 })
}

const key = await makeKey(
  '--name',
  'copilot',
  '--principal',
  'agent',
  '--agent',
  'renewal-copilot',
  '--scope',
  'adjudications:write,read',
)
const maria = await makeKey('--name', 'maria', '--principal', 'person', '--scope', 'escalations:review,read')

const WAYS: readonly { way: string; company: number; connect: () => Promise<Mcp> }[] = [
  { way: 'Streamable HTTP', company: 4711, connect: () => connectOverHttp(service.url, key) },
  {
    way: 'stdio',
    company: 4712,
    connect: () =>
      connected(
        new StdioClientTransport({
          command: process.execPath,
          args: [inject('builtMain'), 'mcp', '--url', service.url],
          env: { UMPIRE_API_KEY: key },
        }),
      ),
  },
]

describe.each(WAYS)('a copilot over $way', ({ company, connect }) => {
  it('acts only with leave that still holds, and goes on when a person has decided', async () => {
    const account = `hubspot:${company}`
    const facts = { arr: 180_000, segment: 'mid_market', onboardedAt: '2025-03-01' }
    await service.call('PUT', `/v1/accounts/${account}`, { facts })
    await hubspot(company, 'health_score', '92')

    const copilot = await connect()
    const payload = { subject: 'More seats for the new team?' }
    const action = { account, decision: 'expansion-outreach', action: 'send_expansion_email', agent: 'renewal-copilot' }
    const check = () => copilot.ask('check_action', { ...action, payload })

    const allowed = await check()
    expect(allowed).toMatchObject({ verdict: 'allow', lease: { token: expect.stringMatching(/^uml_/) } })

    await hubspot(company, 'churn_risk', '82')
    const refused = await copilot.call('redeem_lease', { token: allowed.lease.token, payload })
    expect([refused.isError, codeOf(refused)]).toEqual([true, 'lease_revoked'])
    expect(said(refused)).toMatch(/churn-radar \(82 % churn risk, today\).*\nDo not act\. Call check_action again/)

    const listener = startListener({ url: service.url, key, query: `events=adjudication.resolved&account=${account}` })
    await listener.connected()
    const asked = await check()
    expect(asked).toMatchObject({ verdict: 'ask', lease: null, escalation: { id: expect.any(String) } })

    const resolution = {
      resolution: 'override',
      action: 'send_expansion_email',
      reason: 'knows_account',
      adjudication: asked.adjudication,
    }
    const route = `/v1/escalations/${asked.escalation.id}/resolve`
    const decided = await service.call('POST', route, resolution, { authorization: `Bearer ${maria}` })
    expect(decided).toMatchObject({ status: 200, body: { status: 'resolved' } })
    const [heard] = await listener.hears(1)
    expect(heard?.type).toBe('adjudication.resolved')
    expect(heard?.data).toMatchObject({ data: { escalation: asked.escalation.id } })
    listener.close()

    const again = await check()
    expect(again).toMatchObject({ verdict: 'allow', because: expect.stringContaining('maria') })
    const go = await copilot.ask('redeem_lease', { token: again.lease.token, payload })
    expect(go).toMatchObject({ verdict: 'go', action: 'send_expansion_email' })

    const trail = await service.call('GET', `/v1/audit/verify?stream=account:${account}`)
    expect(trail.body).toMatchObject({ ok: true })
  })
})

it('leaves figures of who followed', async () => {
  const { body } = await service.call('GET', '/v1/agents/renewal-copilot/uptake')
  const leases = { issued: 4, redeemed: 2, revoked: 2, expired: 0, open: 0 }
  expect(body.decisions).toMatchObject([{ decision: 'expansion-outreach', leases, uptake: 1 }])
})
