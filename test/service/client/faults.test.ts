import { describe, expect, it } from 'vitest'
import { createClient } from '../../../src/client/index.ts'
import { createTestDatabase, execute } from '../database.ts'
import { KEY, rulesDirectory, startService } from '../faults/process.ts'
import { startDatabaseProxy, startProxy } from '../faults/proxy.ts'
import { freePort } from '../ports.ts'

const SEND = {
  account: 'acme',
  decision: 'expansion-outreach',
  action: 'send_expansion_email',
  agent: 'renewal-copilot',
}
const HEALTHY = { id: 'p-1', agent: 'pulse', account: 'acme', claim: 'healthy', confidence: 0.9 }
const rules = await rulesDirectory()

/** How many entries of the trail are of a kind. */
async function entries(databaseUrl: string, kind: string): Promise<number> {
  const sql = 'SELECT count(*)::int AS n FROM audit_entries WHERE kind = $1'
  const [row] = await execute<{ n: number }>(databaseUrl, sql, [kind])
  return row?.n ?? 0
}

describe('an answer that is lost on its way', async () => {
  const { url: databaseUrl } = await createTestDatabase()
  const service = await startService({ DATABASE_URL: databaseUrl, UMPIRE_RULES_DIR: rules })
  const proxy = await startProxy({ host: '127.0.0.1', port: Number(new URL(service.url).port) })
  const umpire = createClient({ url: `http://127.0.0.1:${proxy.port}`, key: KEY, timeoutMs: 60_000 })

  it('is given again, and nothing is done twice', async () => {
    await umpire.putAccount('acme', { facts: { arr: 180_000, segment: 'mid' } })
    proxy.loseNextAnswer()
    expect(await umpire.sendSignals([HEALTHY])).toEqual([{ id: 'p-1', agent: 'pulse', status: 'accepted' }])
    proxy.loseNextAnswer()
    const { verdict, lease } = await umpire.check({ ...SEND, payload: { subject: 'More seats?' } })
    expect(verdict).toBe('allow')
    proxy.loseNextAnswer()
    const go = await umpire.redeem({ token: lease?.token ?? '', payloadHash: lease?.payloadHash ?? null })
    expect(go.verdict).toBe('go')
    proxy.loseNextAnswer()
    expect(await umpire.reportAction({ ...SEND, lease: lease?.token ?? '' })).toMatchObject({ followed: true })

    expect(proxy.lost).toBe(4)
    for (const kind of ['signal', 'lease.redeemed', 'action.reported']) {
      expect([kind, await entries(databaseUrl, kind)]).toEqual([kind, 1])
    }
    const [uptake] = (await umpire.getUptake(SEND.agent)).decisions
    expect(uptake).toMatchObject({ leases: { issued: 1, redeemed: 1 }, acted: { followed: 1 } })
  })

  it('is lost for good where nobody answers in time, and a check says so', async () => {
    proxy.cut()
    expect(await umpire.check(SEND, { timeoutMs: 2_000 })).toMatchObject({ verdict: 'ask', unavailable: true })
    await expect(umpire.sendSignals([HEALTHY], { timeoutMs: 2_000 })).rejects.toMatchObject({ isUnavailable: true })
    proxy.mend()
    expect(await umpire.check(SEND)).toMatchObject({ verdict: 'allow', unavailable: false })
  })
})

describe('a service whose database goes away', async () => {
  const { url } = await createTestDatabase()
  const proxy = await startDatabaseProxy(url)
  const service = await startService({ DATABASE_URL: proxy.url, UMPIRE_RULES_DIR: rules })

  it('can not be asked, which is not leave to act', async () => {
    const deny = createClient({ url: service.url, key: KEY, onUnavailable: 'deny', retries: 1, timeoutMs: 60_000 })
    await deny.check(SEND)
    proxy.cut()
    const told = await deny.check(SEND)
    expect(told).toMatchObject({ verdict: 'deny', unavailable: true, lease: null, error: { status: 503 } })
    expect(told.because).toMatch(/^Umpire could not be asked: the database can't be reached/)
    proxy.mend()
  })
})

describe('a service that is killed with a request in its hands', async () => {
  const { url: databaseUrl } = await createTestDatabase()
  const env = { DATABASE_URL: databaseUrl, UMPIRE_RULES_DIR: rules, PORT: String(await freePort()) }

  it('is asked again once it is back', async () => {
    const first = await startService(env)
    const umpire = createClient({ url: first.url, key: KEY, timeoutMs: 180_000, retries: 1_000 })
    await umpire.sendSignals([HEALTHY])
    // It takes no more notice of what is sent to it.
    first.child.kill('SIGSTOP')
    const sending = umpire.sendSignals([{ ...HEALTHY, id: 'p-2' }])
    const checking = createClient({ url: first.url, key: KEY, timeoutMs: 500 }).check(SEND)
    expect(await checking).toMatchObject({ verdict: 'ask', unavailable: true })
    first.child.kill('SIGKILL')
    await first.exited
    await startService(env)
    expect(await sending).toEqual([{ id: 'p-2', agent: 'pulse', status: 'accepted' }])
    expect(await entries(databaseUrl, 'signal')).toBe(2)
  })
})
