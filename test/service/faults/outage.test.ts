import { describe, expect, it } from 'vitest'
import { createTestDatabase } from '../database.ts'
import { eventually } from '../queue/eventually.ts'
import { rulesDirectory, sendForever, startService } from './process.ts'
import { startDatabaseProxy } from './proxy.ts'

const { url } = await createTestDatabase()

describe('the database going away', () => {
  it('answers 503 with Retry-After, loses nothing, and recovers without a restart', async () => {
    const proxy = await startDatabaseProxy(url)
    const service = await startService({ DATABASE_URL: proxy.url, UMPIRE_RULES_DIR: await rulesDirectory() })
    const sent = sendForever(service, 'outage')
    await sent.reached(100)
    proxy.cut()
    await eventually(() => sent.problems.length >= 50)
    const question = { account: 'acme', decision: 'expansion-outreach', facts: { arr: 1, segment: 'smb' } }
    const refused = await service.call('POST', '/v1/adjudications', question)
    expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(JSON.stringify(refused.body)).not.toMatch(/ECONN|socket|postgres:|password/i)
    expect(await service.call('GET', '/readyz')).toMatchObject({ status: 503 })
    expect(await service.call('GET', '/healthz')).toMatchObject({ status: 200 })
    expect(await service.call('GET', '/metrics')).toMatchObject({ status: 200 })
    await sent.stop()
    expect(new Set(sent.problems)).toEqual(new Set([503]))

    proxy.mend()
    await eventually(async () => (await service.call('GET', '/readyz')).status === 200)
    expect(await service.call('POST', '/v1/adjudications', question)).toMatchObject({ status: 201 })
    for (const id of sent.adjudications) {
      expect(await service.call('GET', `/v1/adjudications/${id}`)).toMatchObject({ status: 200 })
    }
    expect((await service.call('GET', '/v1/audit/verify')).body).toMatchObject({ ok: true })
    expect(service.child.exitCode).toBeNull()
  })
})
