import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { linkLibraries } from '../../src/storage/embedded/binaries.ts'
import {
  connectRunning,
  DataDirInUse,
  EmbeddedPostgresError,
  startEmbedded,
} from '../../src/storage/embedded/embedded.ts'
import { isServerOf, processStart } from '../../src/storage/embedded/processes.ts'
import { execute } from './database.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const NOBODY = { uid: 65_534, gid: 65_534 }
const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A directory for this test alone, which everybody may enter unless `mode` says otherwise. */
function makeDirectory(mode = 0o755): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'umpire-embedded-'))
  chmodSync(directory, mode)
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

let made: string
beforeAll(async () => {
  made = mkdtempSync(path.join(tmpdir(), 'umpire-embedded-'))
  await (await startEmbedded({ dataDir: made })).stop()
})
afterAll(() => rmSync(made, { recursive: true, force: true }))

/** A data directory with a database in it: a copy, which takes a tenth of the time. */
function makeData(): string {
  const dataDir = makeDirectory()
  const files = ['postgres', 'postgres.password'].map((name) => path.join(made, name))
  expect(spawnSync('cp', ['-a', ...files, dataDir]).status).toBe(0)
  return dataDir
}

async function start(dataDir: string, lines: string[] = []) {
  const server = await startEmbedded({ dataDir, log: (line) => lines.push(line) })
  cleanups.push(() => server.stop())
  return server
}

interface Child {
  readonly process: ChildProcess
  readonly url: string
}

/** Starts a server that belongs to another Node process. */
async function startChild(dataDir: string, { as = {}, env = {} }: { as?: object; env?: object } = {}): Promise<Child> {
  const script = path.join(ROOT, 'test/service/embedded.child.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', script, dataDir], {
    ...as,
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  cleanups.push(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    await noServerLeft(dataDir)
  })
  const [line] = await once(createInterface(child.stdout), 'line')
  const { url, error } = JSON.parse(line)
  if (error) throw new Error(error)
  // What a killed service leaves there, its next start removes; not every test has one.
  cleanups.push(() => rmSync(decodeURIComponent(new URL(url).hostname), { recursive: true, force: true }))
  return { process: child, url }
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

function serverPid(dataDir: string): number {
  return Number.parseInt(readFileSync(path.join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10)
}

/** The supervisor, the server's parent. */
function parentOf(pid: number): number {
  return Number(spawnSync('sh', ['-c', `cut -d' ' -f4 /proc/${pid}/stat`], { encoding: 'utf8' }).stdout)
}

function noServerLeft(dataDir: string): Promise<void> {
  const pids = () => readdirSync('/proc').filter((name) => isServerOf(path.join(dataDir, 'postgres'), Number(name)))
  return expect.poll(pids, { timeout: 60_000, interval: 20 }).toEqual([])
}

const write = (url: string) => execute(url, 'CREATE TABLE kept AS SELECT 42 AS answer')
const readBack = (url: string) => execute(url, 'SELECT answer FROM kept')
const KEPT = [{ answer: 42 }]

describe('an ordinary start', () => {
  test('gives a durable UTF-8 database that listens on a Unix socket only', async () => {
    const { connection, url } = await start(makeDirectory())
    const [settings] = await execute(
      url,
      `SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
         current_setting('synchronous_commit') AS synchronous_commit, current_setting('listen_addresses') AS addresses,
         current_setting('server_encoding') AS encoding, current_database() AS database, upper('é') AS upper`,
    )
    expect(settings).toEqual({
      fsync: 'on',
      full_page_writes: 'on',
      synchronous_commit: 'on',
      addresses: '',
      encoding: 'UTF8',
      database: 'umpire',
      upper: 'É',
    })
    expect(statSync(connection.host).mode & 0o777).toBe(0o700)
    const client = new pg.Client({ ...connection })
    await client.connect()
    await client.end()
  })

  test('refuses a wrong password', async () => {
    const { connection } = await start(makeData())
    const client = new pg.Client({ ...connection, password: 'guess' })
    await expect(client.connect()).rejects.toMatchObject({ code: '28P01' })
  })

  test('keeps secrets to the owner of the data directory', async () => {
    const dataDir = makeDirectory()
    await start(dataDir)
    for (const name of ['postgres.json', 'postgres.password', 'postgres.log']) {
      expect(statSync(path.join(dataDir, name)).mode & 0o777, name).toBe(0o600)
    }
  })

  test('keeps the data over a restart', async () => {
    const dataDir = path.join(makeDirectory(), 'made', 'by us')
    const lines: string[] = []
    const first = await start(dataDir, lines)
    await write(first.url)
    await first.stop()
    const second = await start(dataDir, lines)
    expect(await readBack(second.url)).toEqual(KEPT)
    expect(lines).toEqual([expect.stringMatching(/^creating a PostgreSQL database in `.*\/postgres`$/)])
  })

  test('stops though a client is in a transaction, and leaves nothing behind', async () => {
    const dataDir = makeData()
    const server = await start(dataDir)
    const client = new pg.Client({ ...server.connection })
    const cutOff = new Promise<Error>((resolve) => client.on('error', resolve))
    await client.connect()
    await client.query('BEGIN; CREATE TABLE lost ()')
    await server.stop()
    expect(await server.exited).toBeNull()
    expect(await cutOff).toMatchObject({ code: '57P01' })
    expect(existsSync(server.connection.host)).toBe(false)
    expect(readdirSync(dataDir).sort()).toEqual(['postgres', 'postgres.log', 'postgres.password'])
    await noServerLeft(dataDir)
  })

  test('uses /tmp where the directory for temporary files is too deep for a socket', async () => {
    const deep = path.join(makeDirectory(), 'x'.repeat(90))
    mkdirSync(deep)
    const { url } = await startChild(makeData(), { env: { TMPDIR: deep } })
    expect(new URL(url).hostname).toMatch(/^%2Ftmp%2Fumpire-\w{6}$/)
    expect(await execute(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })
})

describe('a second start on the same data', () => {
  test('says who uses it, and a command can connect beside it', async () => {
    const dataDir = makeData()
    const child = await startChild(dataDir)
    const failure = await startEmbedded({ dataDir }).catch((error) => error)
    expect(failure).toBeInstanceOf(DataDirInUse)
    expect(failure.message).toMatch(
      new RegExp(
        `^data directory \`${dataDir}\` is in use by process ${child.process.pid}, started 20\\S+Z; ` +
          'stop it, or set UMPIRE_DATA_DIR$',
      ),
    )
    const running = await connectRunning(dataDir)
    const client = new pg.Client({ ...running })
    await client.connect()
    await client.end()
  })

  test('is refused in the same process as well, and leaves the first alone', async () => {
    const dataDir = makeData()
    const { url } = await start(dataDir)
    await expect(startEmbedded({ dataDir })).rejects.toThrow(DataDirInUse)
    expect(await execute(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  test('lets one of two simultaneous starts through', async () => {
    const dataDir = makeDirectory()
    const both = await Promise.allSettled([start(dataDir), start(dataDir)])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  test('finds nothing to connect to when the service is gone', async () => {
    const dataDir = makeData()
    expect(await connectRunning(path.join(dataDir, 'never made'))).toBeNull()
    const server = await start(dataDir)
    expect(await connectRunning(dataDir)).toEqual(server.connection)
    await server.stop()
    expect(await connectRunning(dataDir)).toBeNull()
  })
})

describe('when something is killed', () => {
  test('the death of the service ends its server, and the next start has the data', async () => {
    const dataDir = makeData()
    const child = await startChild(dataDir)
    await write(child.url)
    await kill(child.process)
    await noServerLeft(dataDir)
    expect(await connectRunning(dataDir)).toBeNull()
    const next = await start(dataDir)
    expect(await readBack(next.url)).toEqual(KEPT)
  })

  test('a start right after waits for the former server', async () => {
    const dataDir = makeData()
    const child = await startChild(dataDir)
    await write(child.url)
    await kill(child.process)
    const next = await start(dataDir)
    expect(await readBack(next.url)).toEqual(KEPT)
  })

  test('a start recovers after all was killed at once, as by a power failure', async () => {
    const dataDir = makeData()
    const child = await startChild(dataDir)
    await write(child.url)
    const pid = serverPid(dataDir)
    for (const victim of [parentOf(pid), pid]) process.kill(victim, 'SIGKILL')
    await kill(child.process)
    const next = await start(dataDir)
    expect(await readBack(next.url)).toEqual(KEPT)
  })

  test('a signal to the whole process group leaves the supervisor to its work', async () => {
    const dataDir = makeData()
    const server = await start(dataDir)
    const supervisor = parentOf(serverPid(dataDir))
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.kill(supervisor, signal)
    await write(server.url)
    expect(await readBack(server.url)).toEqual(KEPT)
    expect(processStart(supervisor)).not.toBeNull()
  })

  test.each(['server', 'supervisor'])('the %s is started again, at the same address', async (victim) => {
    const dataDir = makeData()
    const lines: string[] = []
    const server = await start(dataDir, lines)
    await write(server.url)
    const pid = serverPid(dataDir)
    process.kill(victim === 'server' ? pid : parentOf(pid), 'SIGKILL')
    await expect.poll(() => lines.at(-1), { timeout: 60_000 }).toMatch(/killed by .*; starting it again$/)
    await expect.poll(() => readBack(server.url).catch(() => null), { timeout: 60_000 }).toEqual(KEPT)
    expect(serverPid(dataDir)).not.toBe(pid)
    expect(await connectRunning(dataDir)).toEqual(server.connection)
  })

  test('a server that keeps crashing is given up, with the reason', async () => {
    const dataDir = makeData()
    const server = await start(dataDir)
    writeFileSync(path.join(dataDir, 'postgres', 'postgresql.conf'), 'no such setting = 1\n')
    process.kill(serverPid(dataDir), 'SIGKILL')
    expect(await server.exited).toMatch(/^embedded PostgreSQL didn't start: exit code 1; .*`:\n(.|\n)*syntax error/)
    expect(await connectRunning(dataDir)).toBeNull()
  })
})

describe('what a former process left behind', () => {
  test('a lock whose process id belongs to another program by now', async () => {
    const dataDir = makeData()
    const stale = { pid: process.pid, processStart: 'long ago', startedAt: '2026-01-01T00:00:00Z', connection: null }
    writeFileSync(path.join(dataDir, 'postgres.json'), JSON.stringify(stale))
    await start(dataDir)
  })

  test('a lock that a power failure cut short', async () => {
    const dataDir = makeData()
    writeFileSync(path.join(dataDir, 'postgres.json'), '')
    await start(dataDir)
  })

  test('a postmaster.pid whose process id belongs to another program by now', async () => {
    const dataDir = makeData()
    const server = await start(dataDir)
    const file = path.join(dataDir, 'postgres', 'postmaster.pid')
    const left = readFileSync(file, 'utf8')
    await server.stop()
    writeFileSync(file, left.replace(/^\d+/, String(process.pid)))
    await start(dataDir)
  })

  test('a half-made database', async () => {
    const dataDir = makeDirectory()
    mkdirSync(path.join(dataDir, 'postgres.new-1', 'cluster', 'base'), { recursive: true })
    await start(dataDir)
    expect(readdirSync(dataDir)).not.toContain('postgres.new-1')
  })
})

describe('what cannot be used is refused with what to do', () => {
  async function failure(dataDir: string): Promise<string> {
    const error = await startEmbedded({ dataDir }).catch((error) => error)
    expect(error).toBeInstanceOf(EmbeddedPostgresError)
    return error.message
  }

  test('data of another major version', async () => {
    const dataDir = makeData()
    await (await start(dataDir)).stop()
    writeFileSync(path.join(dataDir, 'postgres', 'PG_VERSION'), '17\n')
    expect(await failure(dataDir)).toMatch(
      /\/postgres` was made by PostgreSQL 17, and this version of umpire brings 18; dump it .* set UMPIRE_DATA_DIR$/,
    )
  })

  test('a directory that holds something else', async () => {
    const dataDir = makeDirectory()
    mkdirSync(path.join(dataDir, 'postgres'))
    expect(await failure(dataDir)).toMatch(
      /\/postgres` holds no PostgreSQL data; move it away, or set UMPIRE_DATA_DIR$/,
    )
  })

  test('a file in the place of the data directory', async () => {
    const file = path.join(makeDirectory(), 'file')
    writeFileSync(file, '')
    expect(await failure(file)).toMatch(
      /^can't use the data directory `.*\/file`: .*; put that right, or set UMPIRE_DATA_DIR$/,
    )
    await expect(connectRunning(path.join(file, 'below'))).rejects.toThrow(
      /^can't use the data directory `.*\/file\/below`: ENOTDIR.*; put that right, or set UMPIRE_DATA_DIR$/,
    )
  })

  test('a lost password', async () => {
    const dataDir = makeData()
    await (await start(dataDir)).stop()
    rmSync(path.join(dataDir, 'postgres.password'))
    expect(await failure(dataDir)).toMatch(/^can't read `.*\/postgres.password`, the password of the data beside it; /)
  })

  test('a wrong password', async () => {
    const dataDir = makeData()
    await (await start(dataDir)).stop()
    writeFileSync(path.join(dataDir, 'postgres.password'), 'wrong\n')
    expect(await failure(dataDir)).toMatch(/^the embedded PostgreSQL refuses the password in `postgres.password`; /)
    await noServerLeft(dataDir)
  })

  test('data that the server refuses: with the end of its log, and the directory is free afterwards', async () => {
    const dataDir = makeData()
    await (await start(dataDir)).stop()
    const config = path.join(dataDir, 'postgres', 'postgresql.conf')
    const good = readFileSync(config, 'utf8')
    writeFileSync(config, 'no such setting = 1\n')
    expect(await failure(dataDir)).toMatch(
      /^embedded PostgreSQL didn't start: exit code 1; the end of `.*\/postgres.log`:\n(.|\n)*syntax error in file/,
    )
    writeFileSync(config, good)
    await start(dataDir)
  })
})

const isRoot = process.getuid?.() === 0
/** A checkout in root's home directory, say, is closed to others. */
const isOpenToOthers = isRoot && spawnSync('/bin/sh', ['-c', `cd '${ROOT}'`], NOBODY).status === 0

describe.skipIf(!isRoot)('as root (skipped for an ordinary user, as whom all other tests run then)', () => {
  const noNamespaces = () => {
    const bin = makeDirectory()
    for (const name of ['id', 'sh']) symlinkSync(`/usr/bin/${name}`, path.join(bin, name))
    return { PATH: bin }
  }
  const ownerOf = (dataDir: string) => statSync(path.join(dataDir, 'postgres', 'PG_VERSION')).uid

  test('runs in a directory that is closed to others', async () => {
    const dataDir = path.join(makeDirectory(0o700), 'data')
    const { url } = await start(dataDir)
    await write(url)
    expect(ownerOf(dataDir)).toBe(0)
  })

  test('takes over data that an unprivileged user owns where that user cannot reach it', async () => {
    const dataDir = path.join(makeDirectory(0o700), 'data')
    const first = await start(dataDir)
    await write(first.url)
    await first.stop()
    spawnSync('chown', ['-R', `${NOBODY.uid}:${NOBODY.gid}`, path.join(dataDir, 'postgres')])
    const second = await start(dataDir)
    expect(await readBack(second.url)).toEqual(KEPT)
    expect(ownerOf(dataDir)).toBe(0)
  })

  describe.skipIf(!isOpenToOthers)('(skipped where other users cannot enter the checkout)', () => {
    test('an ordinary user starts it as itself, and root after it leaves the data that user’s', async () => {
      const dataDir = makeDirectory()
      chownSync(dataDir, NOBODY.uid, NOBODY.gid)
      const child = await startChild(dataDir, { as: NOBODY })
      await write(child.url)
      await kill(child.process)

      const asRoot = await start(dataDir)
      expect(await readBack(asRoot.url)).toEqual(KEPT)
      await asRoot.stop()
      expect(ownerOf(dataDir)).toBe(NOBODY.uid)

      const again = await startChild(dataDir, { as: NOBODY })
      expect(await readBack(again.url)).toEqual(KEPT)
    })

    test('an ordinary user is told whose the data are', async () => {
      const dataDir = makeData()
      await (await start(dataDir)).stop()
      chownSync(dataDir, NOBODY.uid, NOBODY.gid)
      await expect(startChild(dataDir, { as: NOBODY })).rejects.toThrow(
        /\/postgres` belongs to the user with id 0, and this is 65534; run as that user, .* or set UMPIRE_DATA_DIR$/,
      )
    })

    test('becomes an unprivileged user where user namespaces are forbidden, and stays with it', async () => {
      const dataDir = makeDirectory()
      const child = await startChild(dataDir, { env: noNamespaces() })
      await write(child.url)
      const owner = ownerOf(dataDir)
      expect(owner).not.toBe(0)
      await kill(child.process)

      const next = await start(dataDir)
      expect(await readBack(next.url)).toEqual(KEPT)
      expect(ownerOf(dataDir)).toBe(owner)
    })

    test('says what to do where nobody can run it', async () => {
      const dataDir = path.join(makeDirectory(0o700), 'data')
      await expect(startChild(dataDir, { env: noNamespaces() })).rejects.toThrow(
        /^root can't run PostgreSQL, and no unprivileged user can .*UMPIRE_DATA_DIR.*chmod o\+x.*DATABASE_URL to a server$/,
      )
    })
  })
})

describe('the parts', () => {
  test('a process is known by its start', () => {
    expect(processStart(process.pid)).toBe(processStart(process.pid))
    const ended = spawnSync('true').pid
    expect(processStart(ended)).toBeNull()
  })

  test('library links that npm did not make are made, once', async () => {
    const packageDir = makeDirectory()
    mkdirSync(path.join(packageDir, 'native', 'lib', 'deep'), { recursive: true })
    const links = [
      { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' },
      { source: 'native/lib/libpq.so.5.18', target: 'native/lib/deep/libpq.so' },
    ]
    writeFileSync(path.join(packageDir, 'native', 'pg-symlinks.json'), JSON.stringify(links))
    await linkLibraries(packageDir)
    await linkLibraries(packageDir)
    expect(readlinkSync(path.join(packageDir, 'native/lib/libpq.so.5'))).toBe('libpq.so.5.18')
    expect(readlinkSync(path.join(packageDir, 'native/lib/deep/libpq.so'))).toBe('../libpq.so.5.18')
    expect(lstatSync(path.join(packageDir, 'native/lib/libpq.so.5')).isSymbolicLink()).toBe(true)
  })

  test('a package without links needs none', async () => {
    await expect(linkLibraries(makeDirectory())).resolves.toBeUndefined()
  })
})
