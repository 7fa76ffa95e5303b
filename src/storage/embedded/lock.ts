import { randomUUID } from 'node:crypto'
import { chown, link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { asUnusable, DataDirInUse, shown } from './errors.ts'
import { processStart } from './processes.ts'

/** How to reach a server, in the words of `pg`. `host` is the directory of its Unix socket. */
export interface Connection {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

/**
 * What `postgres.json` in the data directory holds: it is the lock on the directory and, once the server takes
 * connections, says how. It has a password in it and so mode 0600.
 */
interface Holder {
  readonly pid: number
  readonly processStart: string | null
  readonly startedAt: string
  readonly connection: Connection | null
}

export interface Lock {
  /** Tells other processes how to connect. */
  publish(connection: Connection): Promise<void>
  release(): Promise<void>
  /** How the server of a process that died holding the lock was reached, if one did. */
  readonly former: Connection | null
}

/**
 * Takes the lock on a data directory; that of a process which is no more is taken over.
 * @throws {DataDirInUse} where a live process holds it
 */
export async function acquireLock(dataDir: string): Promise<Lock> {
  const file = path.join(dataDir, 'postgres.json')
  const self: Holder = {
    pid: process.pid,
    processStart: processStart(process.pid),
    startedAt: new Date().toISOString(),
    connection: null,
  }
  let former: Connection | null = null
  while (!(await create(file, self))) {
    const text = await read(file)
    if (text === null) continue
    const holder = parse(text)
    if (holder !== null && isAlive(holder)) {
      throw new DataDirInUse(
        `data directory ${shown(dataDir)} is in use by process ${holder.pid}, ` +
          `started ${holder.startedAt}; stop it, or set UMPIRE_DATA_DIR`,
      )
    }
    former = holder?.connection ?? null
    await removeIfStill(file, text)
  }
  return {
    former,
    publish: async (connection) => {
      const draft = await write(file, { ...self, connection })
      await rename(draft, file)
    },
    release: () => rm(file, { force: true }),
  }
}

/**
 * How to reach the embedded server of the service that runs on this data directory; null where none does.
 * For commands that work beside a running service.
 *
 * @throws EmbeddedPostgresError where the directory can't be read
 */
export async function connectRunning(dataDir: string): Promise<Connection | null> {
  const text = await read(path.join(dataDir, 'postgres.json')).catch((error) => {
    throw asUnusable(dataDir, error)
  })
  const holder = text === null ? null : parse(text)
  return holder !== null && isAlive(holder) ? holder.connection : null
}

/** A link appears at once and whole, or fails because the file is there. */
async function create(file: string, holder: Holder): Promise<boolean> {
  const draft = await write(file, holder)
  try {
    await link(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

async function write(file: string, holder: Holder): Promise<string> {
  const draft = `${file}.${randomUUID()}`
  await writeFile(draft, `${JSON.stringify(holder, null, 2)}\n`, { mode: 0o600 })
  await giveToOwnerOf(path.dirname(file), draft)
  return draft
}

/** Two processes may find the same stale lock: the slower one must not remove what the faster has put in its place. */
async function removeIfStill(file: string, text: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`
  try {
    await rename(file, aside)
    if ((await read(aside)) !== text) await link(aside, file)
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  } finally {
    await rm(aside, { force: true })
  }
}

async function read(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Null for what a power failure may leave of a file: nobody holds that. */
function parse(text: string): Holder | null {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function isAlive(holder: Holder): boolean {
  const start = processStart(holder.pid)
  return start !== null && start === holder.processStart
}

/** So that a data directory which root has started once stays usable by whom it belongs to. */
export async function giveToOwnerOf(directory: string, file: string): Promise<void> {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = await stat(directory)
  await chown(file, uid, gid)
}
