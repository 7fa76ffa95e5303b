import { expect, it } from 'vitest'
import { execute } from '../database.ts'
import { createCopilot, SEND } from './copilot.ts'

const { allowed, redeem, call, key, facts, signal, databaseUrl } = await createCopilot()
const { lease } = (await allowed()).body
await redeem(lease.token)
await call('POST', '/v1/actions', { key, body: { ...SEND, lease: lease.token } })
await call('PUT', '/v1/accounts/nine', { body: { facts: { arr: 1 } } })
await facts({ arr: 180_000, segment: 'mid' }, 'crm:9')
await signal('pulse', 'healthy', 0.9, { account: 'crm:9' })
await redeem((await allowed({ account: 'crm:9' })).body.lease.token)
await call('PUT', '/v1/accounts/nine', { body: { aliases: ['crm:9'] } })
const open = (await allowed()).body.lease

const verify = async () => (await call('GET', '/v1/audit/verify')).body

it('holds what agents did against the trail', async () => {
  expect(await verify()).toMatchObject({ ok: true })
})

it.each([
  [
    `UPDATE leases SET action = 'wait' WHERE id = $1`,
    lease.id,
    `the lease \`${lease.id}\` is not the one that was recorded`,
  ],
  [
    `UPDATE leases SET settled_at = settled_at - interval '1 day' WHERE id = $1`,
    lease.id,
    `the lease \`${lease.id}\` is not the one that was recorded`,
  ],
  [`DELETE FROM leases WHERE id = $1`, lease.id, /^the row of entry \d+ is missing$/],
  [
    `UPDATE leases SET status = 'redeemed', settled_at = now() WHERE id = $1`,
    open.id,
    `the lease \`${open.id}\` is redeemed, which no entry makes it`,
  ],
  [
    `UPDATE agent_actions SET followed = false WHERE lease_id = $1`,
    lease.id,
    'what `renewal-copilot` says it did is not the one that was recorded',
  ],
])('notices %s', async (sql, id, reason) => {
  await execute(databaseUrl, 'CREATE TABLE kept AS SELECT * FROM leases')
  await execute(databaseUrl, 'CREATE TABLE kept_actions AS SELECT * FROM agent_actions')
  await execute(databaseUrl, sql, [id])
  const found = await verify()
  expect(found.ok).toBe(false)
  expect(found.reason).toMatch(reason)
  for (const [table, kept] of [
    ['leases', 'kept'],
    ['agent_actions', 'kept_actions'],
  ]) {
    await execute(databaseUrl, `TRUNCATE ${table}`)
    await execute(databaseUrl, `INSERT INTO ${table} SELECT * FROM ${kept}`)
    await execute(databaseUrl, `DROP TABLE ${kept}`)
  }
  expect((await verify()).ok).toBe(true)
})
