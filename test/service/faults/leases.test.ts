import { expect, it } from 'vitest'
import { createTestDatabase, execute } from '../database.ts'
import { rulesDirectory, type ServiceProcess, startService } from './process.ts'

const PROCESSES = 10
const SEND = {
  account: 'acme',
  decision: 'expansion-outreach',
  action: 'send_expansion_email',
  agent: 'renewal-copilot',
}
const { url: databaseUrl } = await createTestDatabase()
const env = { DATABASE_URL: databaseUrl, UMPIRE_RULES_DIR: await rulesDirectory() }

async function allowed(service: ServiceProcess): Promise<string> {
  const { body } = await service.call('POST', '/v1/checks', SEND)
  if (body.verdict !== 'allow') throw new Error(JSON.stringify(body))
  return body.lease.token
}

it('ten processes that redeem a lease at once are told to go once, and none once a signal contradicts it', async () => {
  const services = await Promise.all(
    Array.from({ length: PROCESSES }, () => startService(env, { args: ['--role', 'api'] })),
  )
  const [first, second] = services as [ServiceProcess, ServiceProcess]
  await first.call('PUT', '/v1/accounts/acme', { facts: { arr: 180_000, segment: 'mid' } })
  await first.call('POST', '/v1/signals', {
    signals: [{ id: 's1', agent: 'pulse', account: 'acme', claim: 'healthy', confidence: 0.9 }],
  })
  const tokens = [await allowed(first), await allowed(second), await allowed(first)]
  for (const token of tokens.slice(0, 2)) {
    const answers = await Promise.all(services.map((service) => service.call('POST', '/v1/leases/redeem', { token })))
    const told = answers.map(({ body }) => body.verdict ?? body.code).sort()
    expect(told).toEqual(['go', ...Array(PROCESSES - 1).fill('lease_used')])
  }
  await second.call('POST', '/v1/signals', {
    signals: [{ id: 's2', agent: 'churn-radar', account: 'acme', claim: 'churn_risk', confidence: 0.98 }],
  })
  const answers = await Promise.all(
    services.map((service) => service.call('POST', '/v1/leases/redeem', { token: tokens[2] })),
  )
  expect(answers.map(({ body }) => body.code)).toEqual(Array(PROCESSES).fill('lease_revoked'))
  const kinds = await execute<{ kind: string; n: number }>(
    databaseUrl,
    `SELECT kind, count(*)::int AS n FROM audit_entries WHERE kind LIKE 'lease.%' GROUP BY kind ORDER BY kind`,
  )
  expect(kinds).toEqual([
    { kind: 'lease.redeemed', n: 2 },
    { kind: 'lease.revoked', n: 1 },
  ])
})
