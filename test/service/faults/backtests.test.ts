import { beforeAll, describe, expect, it } from 'vitest'
import { holdUp, isHeldUp, rowOf } from '../backtest/jobs.ts'
import { umpire } from '../cli.ts'
import { createTestDatabase } from '../database.ts'
import { eventually } from '../queue/eventually.ts'
import { QUEUES_ON } from './installation.ts'
import { rulesDirectory, type ServiceProcess, startService } from './process.ts'

for (const backend of QUEUES_ON) {
  describe.skipIf(!backend.available)(`a back-test on ${backend.name}`, async () => {
    const { url } = await createTestDatabase()
    let start: (role: 'api' | 'worker') => Promise<ServiceProcess>
    let api: ServiceProcess
    beforeAll(async () => {
      const redis = await backend.start()
      const env = { DATABASE_URL: url, REDIS_URL: redis?.url ?? '', UMPIRE_RULES_DIR: await rulesDirectory() }
      start = (role) => startService(env, { args: ['--role', role] })
      api = await start('api')
      for (const account of ['acme', 'globex', 'initech']) {
        const question = { account, decision: 'expansion-outreach', facts: { arr: 180_000, segment: 'smb' } }
        expect(await api.call('POST', '/v1/adjudications', question)).toMatchObject({ status: 201 })
      }
    })

    /** Asks for one, and resolves when the worker is in the middle of it. */
    async function requested(): Promise<string> {
      const { status, body } = await api.call('POST', '/v1/backtests', { candidate: 'active' })
      expect(status).toBe(202)
      await eventually(() => isHeldUp(url))
      return body.id
    }
    const found = async (id: string) => (await api.call('GET', `/v1/backtests/${id}`)).body

    it('whose process is killed is done by another, as if nothing had been', async () => {
      const doomed = await start('worker')
      const letGo = await holdUp(url)
      const id = await requested()
      doomed.child.kill('SIGKILL')
      await doomed.exited
      await letGo()
      expect((await found(id)).status).toBe('running')

      const other = await start('worker')
      await eventually(async () => (await found(id)).status === 'done')
      expect(await rowOf(url, { id })).toMatchObject({ runs: 2, broken_off: 1 })
      const command = await umpire(['backtest', '--candidate', 'active', '--json'], { env: { DATABASE_URL: url } })
      expect(`${JSON.stringify((await found(id)).report, null, 2)}\n`).toBe(command.stdout)
      other.child.kill('SIGTERM')
      await other.exited
    })

    it('whose process is told to end does not keep it, and is given back', async () => {
      const ending = await start('worker')
      const letGo = await holdUp(url)
      const id = await requested()
      ending.child.kill('SIGTERM')
      expect(await ending.exited).toBe(0)
      expect(await rowOf(url, { id })).toMatchObject({ status: 'queued', runs: 1, broken_off: 0 })
      await letGo()
    })
  })
}
