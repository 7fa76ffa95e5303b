import { existsSync } from 'node:fs'
import { chown, mkdir, mkdtemp, realpath, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Account, chooseAccount } from './account.ts'
import { locateBinaries } from './binaries.ts'
import { clusterOwner, prepareCluster, USER } from './cluster.ts'
import { asUnusable } from './errors.ts'
import { acquireLock, type Connection } from './lock.ts'
import { awaitFormerServer, type RunningServer, runServer } from './running.ts'
import { serverCommand } from './settings.ts'

export { DataDirInUse, EmbeddedPostgresError } from './errors.ts'
export { type Connection, connectRunning } from './lock.ts'

export interface EmbeddedPostgresOptions {
  /** Made if it isn't there. */
  readonly dataDir: string
  /** What is worth telling: that a database is created, that the server ended and starts again. */
  readonly log?: (line: string) => void
  /** Of the server, instead of those of the service: for tests, which are many clients and have nothing to lose. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface EmbeddedPostgres {
  /** Stays the same while the server runs, restarts after a crash included. */
  readonly connection: Connection
  /** The same as a connection string. */
  readonly url: string
  /** Cuts off all clients, and resolves when the server has ended and its data directory is free. */
  stop(): Promise<void>
  /** Resolves when there is no server any more: to null after `stop`, else to why it could not be kept running. */
  readonly exited: Promise<string | null>
}

/** The socket's name and its directory fit in 104 bytes on macOS, 108 on Linux. */
const LONGEST_SOCKET_DIR = 85
/** A Unix socket has a port in its name only. */
const PORT = 5432

/** Whether there is no database in `dataDir` yet. */
export function isNewCluster(dataDir: string): boolean {
  return !existsSync(clusterIn(dataDir))
}

const clusterIn = (dataDir: string): string => path.join(dataDir, 'postgres')

/**
 * Starts a PostgreSQL server of our own on the data in `dataDir`, which is created if need be, and waits until it takes
 * connections. It ends by `stop`, or within 5 s of the death of this process. A server that crashes is started again.
 *
 * @throws {DataDirInUse} if another process has the data directory open
 * @throws {EmbeddedPostgresError} if the server can't run; the message says why and what to do
 */
export async function startEmbedded(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => {})
  try {
    await mkdir(options.dataDir, { recursive: true })
    return await start(await realpath(options.dataDir), log, options.settings)
  } catch (error) {
    throw asUnusable(options.dataDir, error)
  }
}

async function start(
  dataDir: string,
  log: (line: string) => void,
  settings: EmbeddedPostgresOptions['settings'],
): Promise<EmbeddedPostgres> {
  const binaries = await locateBinaries()
  const clusterDir = clusterIn(dataDir)
  const lock = await acquireLock(dataDir)
  let socketDir: string | null = null
  let server: RunningServer | null = null
  try {
    await awaitFormerServer(clusterDir)
    if (lock.former !== null) await rm(lock.former.host, { recursive: true, force: true })
    const { account, version } = await chooseAccount(dataDir, binaries, await clusterOwner(clusterDir))
    const password = await prepareCluster(clusterDir, binaries, account, version, log)
    socketDir = await makeSocketDir(account)
    const connection: Connection = { host: socketDir, port: PORT, user: USER, password, database: USER }

    const logFile = path.join(dataDir, 'postgres.log')
    await rename(logFile, `${logFile}.1`).catch(() => {})
    const command = serverCommand(binaries.postgres, clusterDir, socketDir, PORT, settings)
    server = await runServer({ account, command, clusterDir, logFile, connection, log })
    await lock.publish(connection)
    const { stop } = server
    const exited = server.exited.then(async (reason) => {
      await rm(connection.host, { recursive: true, force: true })
      await lock.release()
      return reason
    })
    return {
      connection,
      url: connectionUrl(connection),
      exited,
      stop: async () => {
        stop()
        await exited
      },
    }
  } catch (error) {
    server?.stop()
    await server?.exited
    if (socketDir !== null) await rm(socketDir, { recursive: true, force: true })
    await lock.release()
    throw error
  }
}

async function makeSocketDir(account: Account): Promise<string> {
  const parent = tmpdir().length <= LONGEST_SOCKET_DIR - '/umpire-XXXXXX'.length ? tmpdir() : '/tmp'
  const directory = await mkdtemp(path.join(parent, 'umpire-'))
  await chown(directory, account.owner.uid, account.owner.gid)
  return directory
}

function connectionUrl({ user, password, host, port, database }: Connection): string {
  return `postgresql://${user}:${password}@${encodeURIComponent(host)}:${port}/${database}`
}
