import { describe, expect, it } from 'vitest'
import { createTestDatabase, execute } from '../database.ts'
import { rulesDirectory, startService } from '../faults/process.ts'
import { BACKENDS } from './backends.ts'
import { eventually } from './eventually.ts'
import { commitNotices, outboxDepth } from './rows.ts'

for (const { name, available, start } of BACKENDS) {
  describe.skipIf(!available)(`roles on ${name}`, async () => {
    const { url } = await createTestDatabase()

    it('divide the API from the work', async () => {
      const redis = await start()
      const env = { DATABASE_URL: url, REDIS_URL: redis?.url ?? '', UMPIRE_RULES_DIR: await rulesDirectory() }
      const api = await startService(env, { args: ['--role', 'api'] })
      await commitNotices(url, ['acme', 'globex'])
      expect(await api.call('GET', '/v1/ruleset')).toMatchObject({ status: 200 })
      expect(await api.call('GET', '/readyz')).toMatchObject({ status: 200 })
      expect(await outboxDepth(url)).toBe(2)

      const worker = await startService(env, { args: ['--role', 'worker'] })
      await eventually(async () => (await outboxDepth(url)) === 0)
      for (const path of ['/healthz', '/readyz']) expect(await worker.call('GET', path)).toMatchObject({ status: 200 })
      for (const path of ['/v1/ruleset', '/v1/escalations', '/admin/queues', '/docs/', '/openapi.json']) {
        expect(await worker.call('GET', path), path).toMatchObject({ status: 404 })
      }
      const metrics = await (await fetch(`${worker.url}/metrics`)).text()
      expect(metrics).toMatch(/^umpire_notice_delay_seconds_count\b.* 2$/m)

      if (redis) {
        await redis.kill()
        await eventually(async () => (await worker.call('GET', '/readyz')).status === 503)
        expect((await worker.call('GET', '/readyz')).body.missing).toEqual([expect.stringContaining('queues')])
        await eventually(async () => (await api.call('GET', '/readyz')).body.degraded?.length === 1)
        expect(await api.call('GET', '/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } })
      }
      for (const service of [worker, api]) {
        service.child.kill('SIGTERM')
        expect(await service.exited).toBe(0)
      }
    })

    it('leave no connection behind', async () => {
      const [left] = await execute<{ n: number }>(
        url,
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      )
      expect(left!.n).toBe(0)
    })
  })
}
