import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { createTestDatabase, execute } from '../database.ts'
import { rulesDirectory, type ServiceProcess, sendForever, startService, temporaryDirectory } from './process.ts'

const { url } = await createTestDatabase()

/** All that was acknowledged is there, and the trail holds. */
async function expectKept(service: ServiceProcess, sent: ReturnType<typeof sendForever>): Promise<void> {
  expect(sent.signals.length).toBeGreaterThan(100)
  for (const id of sent.adjudications.slice(-200)) {
    expect(await service.call('GET', `/v1/adjudications/${id}`)).toMatchObject({ status: 200, body: { id } })
  }
  const again = sent.signals.slice(-500).map(({ account, id }) => {
    const n = Number(id.slice(id.lastIndexOf('-') + 1))
    return { id, agent: 'pulse', account, claim: 'healthy', confidence: (n % 100) / 100 }
  })
  const { body } = await service.call('POST', '/v1/signals', { signals: again })
  expect(body.results.filter((result: { status: string }) => result.status !== 'duplicate')).toEqual([])
  expect((await service.call('GET', '/v1/audit/verify')).body).toMatchObject({ ok: true })
}

describe('a process killed with SIGKILL under load', () => {
  it('loses nothing that it has acknowledged, on a server of its own', async () => {
    const env = { DATABASE_URL: url, UMPIRE_RULES_DIR: await rulesDirectory() }
    const service = await startService(env)
    const sent = sendForever(service, 'killed')
    await sent.reached(300)
    service.child.kill('SIGKILL')
    await sent.stop()

    const next = await startService(env)
    await expectKept(next, sent)
    const [counted] = await execute<{ adjudications: string }>(
      url,
      'SELECT count(*) AS adjudications FROM adjudications',
    )
    expect(Number(counted!.adjudications)).toBeGreaterThanOrEqual(sent.adjudications.length)
  })

  it('loses nothing that it has acknowledged, on embedded storage', async () => {
    const dataDir = await temporaryDirectory()
    const env = { UMPIRE_DATA_DIR: dataDir, UMPIRE_RULES_DIR: await rulesDirectory() }
    const service = await startService(env)
    const postmaster = Number((await readFile(path.join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0])
    const sent = sendForever(service, 'killed')
    await sent.reached(300)
    service.child.kill('SIGKILL')
    await sent.stop()

    const next = await startService(env)
    expect(() => process.kill(postmaster, 0)).toThrow(/ESRCH/)
    await expectKept(next, sent)
  })

  it('is outlived by the other processes on the same database, and the trail has no gap', async () => {
    const env = { DATABASE_URL: url, UMPIRE_RULES_DIR: await rulesDirectory() }
    const [one, two] = await Promise.all([startService(env), startService(env)])
    // The same names: both write to the same accounts, and each signal is one of two that race.
    const first = sendForever(one, 'shared')
    const second = sendForever(two, 'shared')
    await Promise.all([first.reached(150), second.reached(150)])
    one.child.kill('SIGKILL')
    await first.stop()
    await second.reached(second.adjudications.length + 100)
    await second.stop()
    expect(second.problems).toEqual([])
    await expectKept(two, second)
    await expectKept(two, first)
  })
})
