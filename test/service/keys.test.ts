import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { authenticate, createKey, ensureAdminKey, listKeys, revokeKey } from '../../src/app/keys.ts'
import { createTestApp } from './app.ts'
import { execute } from './database.ts'

const directory = await mkdtemp(path.join(tmpdir(), 'umpire-keys-'))
afterAll(() => rm(directory, { recursive: true }))

describe('the first admin key', async () => {
  const { app } = await createTestApp()
  const dataDir = path.join(directory, 'not', 'there', 'yet')
  const file = path.join(dataDir, 'admin.key')
  const told: string[] = []
  const start = () => ensureAdminKey(app, { configured: null, dataDir, log: (line) => told.push(line) })

  it('is made where there is none, told once and written for its owner alone', async () => {
    await start()
    const token = (await readFile(file, 'utf8')).trim()
    expect(token).toMatch(/^ump_[\w-]{43}$/)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(told).toEqual([expect.stringContaining(token)])
    expect(await authenticate(app, token)).toMatchObject({ name: 'admin', kind: 'service', agents: null })
  })

  it('is told of without its token where others keep the log', async () => {
    const { app } = await createTestApp()
    const kept: string[] = []
    const elsewhere = path.join(directory, 'kept')
    await ensureAdminKey(app, { configured: null, dataDir: elsewhere, log: (l) => kept.push(l), showsAdminKey: false })
    expect(kept).toEqual([`first start: the admin key is in ${path.join(elsewhere, 'admin.key')}`])
  })

  it('stays what it is at the next start', async () => {
    const token = await readFile(file, 'utf8')
    await start()
    expect(await readFile(file, 'utf8')).toBe(token)
    expect(told).toHaveLength(1)
  })

  it('is not made again where all keys have been revoked', async () => {
    await revokeKey(app, 'admin')
    await start()
    expect(told).toHaveLength(1)
  })
})

describe('several processes that start at once', async () => {
  const { app } = await createTestApp()

  it('make one key between them, and the file holds it', async () => {
    const dataDir = path.join(directory, 'shared')
    const told: string[] = []
    const start = () => ensureAdminKey(app, { configured: null, dataDir, log: (line) => told.push(line) })
    await Promise.all([start(), start(), start()])
    expect(told).toHaveLength(1)
    const token = (await readFile(path.join(dataDir, 'admin.key'), 'utf8')).trim()
    expect(await authenticate(app, token)).toMatchObject({ name: 'admin' })
  })
})

describe('a data directory that can not be written', async () => {
  const { app } = await createTestApp()

  it('leaves no key that nobody knows', async () => {
    const dataDir = path.join(directory, 'a-file')
    await writeFile(dataDir, '')
    await expect(ensureAdminKey(app, { configured: null, dataDir, log: () => {} })).rejects.toThrow()
    expect(await listKeys(app)).toEqual([])
  })

  it('keeps no mode that lets others read', async () => {
    const file = path.join(directory, 'admin.key')
    await writeFile(file, 'old')
    await chmod(file, 0o644)
    await ensureAdminKey(app, { configured: null, dataDir: directory, log: () => {} })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })
})

describe('UMPIRE_ADMIN_KEY', async () => {
  const { app, databaseUrl } = await createTestApp()
  const start = (configured: string) =>
    ensureAdminKey(app, {
      configured,
      dataDir: directory,
      log: () => {
        throw new Error('tells a token that the operator knows')
      },
    })
  const kinds = async () =>
    (
      await execute<{ kind: string }>(
        databaseUrl,
        `SELECT kind FROM audit_entries WHERE stream = 'keys' ORDER BY sequence`,
      )
    ).map(({ kind }) => kind)

  it('is the token of the key `admin`', async () => {
    await start('chosen-by-the-operator')
    expect(await authenticate(app, 'chosen-by-the-operator')).toMatchObject({ name: 'admin' })
    await start('chosen-by-the-operator')
    expect(await kinds()).toEqual(['key.created'])
  })

  it('replaces the former token', async () => {
    await start('chosen-later-by-the-operator')
    expect(await authenticate(app, 'chosen-later-by-the-operator')).toMatchObject({ name: 'admin' })
    await expect(authenticate(app, 'chosen-by-the-operator')).rejects.toMatchObject({ code: 'unauthorized' })
    expect(await kinds()).toEqual(['key.created', 'key.replaced'])
  })

  it('brings a revoked admin key back', async () => {
    await revokeKey(app, 'admin')
    await start('chosen-later-by-the-operator')
    expect(await authenticate(app, 'chosen-later-by-the-operator')).toMatchObject({ name: 'admin' })
  })

  it('is no token of another key', async () => {
    const { token } = await createKey(app, { name: 'other', principal: 'service', scopes: ['read'], agents: null })
    await expect(start(token)).rejects.toMatchObject({
      code: 'key_conflict',
      message: expect.stringContaining('UMPIRE_ADMIN_KEY is the token of the key `other`'),
    })
    expect(await authenticate(app, 'chosen-later-by-the-operator')).toMatchObject({ name: 'admin' })
  })
})

describe('a key that is revoked while it is looked up', async () => {
  const { app } = await createTestApp()

  it('is not remembered', async () => {
    const { token } = await createKey(app, { name: 'racing', principal: 'service', scopes: ['read'], agents: null })
    const lookedUp = authenticate(app, token).catch(() => null)
    await Promise.all([lookedUp, revokeKey(app, 'racing')])
    await expect(authenticate(app, token)).rejects.toMatchObject({ code: 'unauthorized' })
  })
})

describe('a key that could never be used', async () => {
  const { app } = await createTestApp()
  const service = { name: 'crm', principal: 'service', agents: null } as const

  it("is not made: a service's that reviews", async () => {
    await expect(createKey(app, { ...service, scopes: ['read', 'escalations:review'] })).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('only persons review'),
    })
    expect(await listKeys(app)).toEqual([])
  })

  it('is neither an admin key nor that of a person', async () => {
    await createKey(app, { ...service, scopes: ['admin', 'escalations:review'] })
    await createKey(app, { ...service, name: 'ada', principal: 'person', scopes: ['escalations:review'] })
    expect(await listKeys(app)).toHaveLength(2)
  })
})

describe('a key that would pass for somebody else in the trail', async () => {
  const { app } = await createTestApp()

  it.each(['umpire', 'source:hubspot', 'source hubspot', ''])('is not made: `%s`', async (name) => {
    const key = { name, principal: 'service', scopes: ['signals:write'], agents: null } as const
    await expect(createKey(app, key)).rejects.toMatchObject({ code: 'invalid_request' })
    expect(await listKeys(app)).toEqual([])
  })
})
