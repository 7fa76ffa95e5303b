import { readdir, readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { RULES } from '../app.ts'
import { createTestDatabase } from '../database.ts'
import { rulesDirectory, sendForever, spawnService, startService, temporaryDirectory } from './process.ts'

const { url: databaseUrl } = await createTestDatabase()

describe('SIGTERM', () => {
  it('lets requests in flight finish, then exits with 0', async () => {
    const dataDir = await temporaryDirectory()
    const env = { UMPIRE_DATA_DIR: dataDir, UMPIRE_RULES_DIR: await rulesDirectory() }
    const service = await startService(env)
    const sent = sendForever(service, 'stopped')
    await sent.reached(100)
    service.child.kill('SIGTERM')
    await sent.stop()
    expect(await service.exited).toBe(0)
    // Every request that was taken was answered: none was cut off with an error of the database.
    expect(sent.problems).toEqual([])

    const next = await startService(env)
    for (const id of sent.adjudications) {
      expect(await next.call('GET', `/v1/adjudications/${id}`)).toMatchObject({ status: 200 })
    }
  })
})

describe('a service', () => {
  it('says which version it is', async () => {
    const env = { DATABASE_URL: databaseUrl, UMPIRE_RULES_DIR: await rulesDirectory() }
    const { body } = await (await startService(env)).call('GET', '/openapi.json')
    expect(body.info.version).toBe(JSON.parse(await readFile('package.json', 'utf8')).version)
  })
})

describe('a start that can not be', () => {
  it('prints all errors of all rule files, and exits with 1', async () => {
    const broken = {
      'expansion-outreach.yaml': RULES['expansion-outreach.yaml']!.replace(
        'account.arr, at_risk',
        'account.ar, at_risk',
      ),
      'renewal.yaml': 'decision: renewal\ndescription: Half a file\nstates: { healthy: { prior: 0.7 } }\n',
    }
    const dataDir = await temporaryDirectory()
    const service = spawnService({ UMPIRE_DATA_DIR: dataDir, UMPIRE_RULES_DIR: await rulesDirectory(broken) })
    expect(await service.exited).toBe(1)
    expect(service.output()).toMatch(
      /expansion-outreach\.yaml:19:\d+ error: unknown fact `account\.ar`; did you mean `account\.arr`\?/,
    )
    expect(service.output()).toMatch(/renewal\.yaml:3:\d+ error: /)
    expect(service.output()).not.toMatch(/ at .*\.ts:\d+/)
    // No database was made for nothing.
    expect(await readdir(dataDir)).toEqual([])
  })

  it('names the variable that is wrong, in one line', async () => {
    const service = spawnService({ PORT: 'eighty' })
    expect(await service.exited).not.toBe(0)
    expect(service.output().trim().split('\n')).toEqual([expect.stringMatching(/PORT .*`eighty`/)])
  })

  it('says that the port is taken, and ends', async () => {
    const env = { DATABASE_URL: databaseUrl, UMPIRE_RULES_DIR: await rulesDirectory() }
    const service = await startService(env)
    const second = spawnService({ ...env, PORT: new URL(service.url).port })
    expect(await second.exited).toBe(1)
    expect(second.output()).toMatch(/port \d+ is in use/)
  })

  it('says who has the data directory', async () => {
    const env = { UMPIRE_DATA_DIR: await temporaryDirectory(), UMPIRE_RULES_DIR: await rulesDirectory() }
    const service = await startService(env)
    const second = spawnService(env)
    expect(await second.exited).toBe(1)
    expect(second.output()).toContain(`is in use by process ${service.child.pid}`)
    expect(await service.call('GET', '/readyz')).toMatchObject({ status: 200 })
  })

  it('ends though something else that it needs has been reached for', async () => {
    const env = { UMPIRE_RULES_DIR: await rulesDirectory(), REDIS_URL: 'redis://127.0.0.1:1' }
    const noDatabase = spawnService({ ...env, DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' })
    const service = await startService({ ...env, DATABASE_URL: databaseUrl })
    const noPort = spawnService({ ...env, DATABASE_URL: databaseUrl, PORT: new URL(service.url).port })
    expect(await noDatabase.exited).toBe(1)
    expect(await noPort.exited).toBe(1)
  })

  it('says that the database does not answer, and does not quote its password', async () => {
    const url = new URL(databaseUrl)
    const service = spawnService({
      DATABASE_URL: `postgresql://umpire:hidden-word@127.0.0.1:1${url.pathname}`,
      UMPIRE_RULES_DIR: await rulesDirectory(),
    })
    expect(await service.exited).toBe(1)
    expect(service.output()).toMatch(/DATABASE_URL/)
    expect(service.output()).not.toContain('hidden-word')
  })
})
