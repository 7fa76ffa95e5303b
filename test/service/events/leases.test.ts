import { expect, it } from 'vitest'
import { fanOut } from '../../../src/app/events/fan-out.ts'
import { recheckLeases } from '../../../src/app/leases/recheck.ts'
import { getDelivery } from '../../../src/app/notices/deliveries.ts'
import { execute } from '../database.ts'
import { listen } from '../deliveries/receiver.ts'
import { createCopilot } from '../leases/copilot.ts'
import { startListener } from './listener.ts'

const { app, http, key, allowed, signal, facts, call, databaseUrl } = await createCopilot()

it('an agent and whoever is subscribed hear that a lease is revoked', async () => {
  const url = `http://127.0.0.1:${await listen(http.server)}`
  const listener = startListener({ url, key, query: 'events=lease.revoked' })
  await listener.connected()
  const subscription = { url: 'https://crm.example.com/', events: ['lease.revoked'], filter: { account: 'acme' } }
  await call('POST', '/v1/subscriptions', { body: subscription })

  await facts({ arr: 180_000, segment: 'smb' })
  await signal('pulse', 'healthy', 0.9)
  const { lease, adjudication } = (await allowed()).body
  await signal('churn-radar', 'churn_risk', 0.98)
  const stirs = await execute<{ id: number; payload: string }>(
    databaseUrl,
    `SELECT id::int, payload FROM outbox WHERE topic = 'leases' ORDER BY id`,
  )
  for (const { id, payload } of stirs) await recheckLeases(app, id, JSON.parse(payload))

  const [heard] = await listener.hears(1)
  expect(heard!.data).toMatchObject({
    type: 'lease.revoked',
    data: {
      account: 'acme',
      decision: 'expansion-outreach',
      adjudication,
      lease: { id: lease.id, agent: 'renewal-copilot', action: 'send_expansion_email' },
      reason: expect.stringMatching(/^a person decides now/),
    },
  })
  const { deliveries } = await fanOut(app)
  expect(deliveries).toHaveLength(1)
  expect((await getDelivery(app, deliveries[0]!)).body).toEqual(heard!.data)
  expect(JSON.stringify(heard)).not.toContain(lease.token)
})
