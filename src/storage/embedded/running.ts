import { open, readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Account } from './account.ts'
import { EmbeddedPostgresError, shown } from './errors.ts'
import { type Connection, giveToOwnerOf } from './lock.ts'
import { isServerOf } from './processes.ts'
import { tryConnect } from './ready.ts'
import { type ServerProcess, spawnServer } from './supervisor.ts'

export interface ServerOptions {
  readonly account: Account
  readonly command: readonly string[]
  readonly clusterDir: string
  readonly logFile: string
  readonly connection: Connection
  readonly log: (line: string) => void
}

export interface RunningServer {
  /** Resolves when there is no server any more: to null after `stop`, else to why it could not be kept running. */
  readonly exited: Promise<string | null>
  stop(): void
}

/** How long what is left of a former server may take to go, in milliseconds. */
const PATIENCE = 8_000
/** A server that crashes more often within a minute isn't started again. */
const CRASHES_PER_MINUTE = 5

/** Starts a server, resolves when it takes connections, and from then on starts it again whenever it crashes. */
export async function runServer(options: ServerOptions): Promise<RunningServer> {
  const stopping = new AbortController()
  const first = await launch(options, stopping.signal)
  return { exited: keepRunning(first, options, stopping.signal), stop: () => stopping.abort() }
}

async function keepRunning(
  first: ServerProcess,
  options: ServerOptions,
  stopping: AbortSignal,
): Promise<string | null> {
  const crashes: number[] = []
  let server = first
  for (;;) {
    const reason = await server.ended
    await endOrphan(options.clusterDir)
    if (stopping.aborted) return null
    crashes.push(Date.now())
    if (crashes.filter((time) => time > Date.now() - 60_000).length > CRASHES_PER_MINUTE) {
      return `embedded PostgreSQL crashed ${CRASHES_PER_MINUTE + 1} times within a minute, last ${await why(reason, options)}`
    }
    options.log(`embedded PostgreSQL ended (${reason}); starting it again`)
    try {
      server = await launch(options, stopping)
    } catch (error) {
      return stopping.aborted ? null : (error as Error).message
    }
  }
}

/** One start. After a crash it may take some tries, until the last process of the former server has let go of its memory. */
async function launch(options: ServerOptions, stopping: AbortSignal): Promise<ServerProcess> {
  const deadline = Date.now() + PATIENCE
  for (;;) {
    const formerPid = await awaitFormerServer(options.clusterDir)
    stopping.throwIfAborted()
    const server = await spawnLogged(options, formerPid)
    stopping.addEventListener('abort', server.stop)
    if (stopping.aborted) server.stop()
    const failure = await awaitReady(options, server)
    if (failure === null) return server
    stopping.removeEventListener('abort', server.stop)
    const isMemoryInUse = /pre-existing shared memory block/.test(await tail(options.logFile))
    if (!isMemoryInUse || Date.now() > deadline) {
      throw new EmbeddedPostgresError(`embedded PostgreSQL didn't start: ${await why(failure, options)}`)
    }
    await wait(50)
  }
}

async function spawnLogged(options: ServerOptions, formerPid: number | null): Promise<ServerProcess> {
  const log = await open(options.logFile, 'a', 0o600)
  try {
    await giveToOwnerOf(path.dirname(options.logFile), options.logFile)
    return spawnServer(options.account, options.command, log.fd, formerPid)
  } finally {
    await log.close()
  }
}

/**
 * Waits as long as the server lives: after a crash it may have much to recover.
 * @returns null when it takes connections, or else why it ended
 */
async function awaitReady({ connection, log }: ServerOptions, server: ServerProcess): Promise<string | null> {
  let failure: string | null = null
  server.ended.then((reason) => {
    failure = reason
  })
  const notice = setTimeout(() => log('embedded PostgreSQL is recovering from an unclean stop'), 3_000)
  try {
    for (let pause = 10; failure === null && !(await tryConnect(connection)); pause *= 1.1) {
      await wait(Math.min(pause, 250))
    }
    return failure
  } catch (error) {
    server.stop()
    await server.ended
    throw error
  } finally {
    clearTimeout(notice)
  }
}

/**
 * Waits for a server that still shuts down after the death of its service.
 * @returns the process id that it left behind in `postmaster.pid`; null if there is no such file
 * @throws {EmbeddedPostgresError} if it doesn't end in time
 */
export async function awaitFormerServer(clusterDir: string): Promise<number | null> {
  const deadline = Date.now() + PATIENCE
  for (;;) {
    const pid = await postmasterPid(clusterDir)
    if (pid === null || !isServerOf(clusterDir, pid)) return pid
    if (Date.now() > deadline) {
      throw new EmbeddedPostgresError(
        `a PostgreSQL server still runs on ${shown(clusterDir)}, process ${pid}; ` +
          `stop it (kill -INT ${pid}), or set UMPIRE_DATA_DIR`,
      )
    }
    await wait(20)
  }
}

/** Somebody may have killed the supervisor and not its server. */
async function endOrphan(clusterDir: string): Promise<void> {
  const pid = await postmasterPid(clusterDir)
  if (pid === null || !isServerOf(clusterDir, pid)) return
  process.kill(pid, 'SIGINT')
  await awaitFormerServer(clusterDir).catch(() => process.kill(pid, 'SIGQUIT'))
}

async function postmasterPid(clusterDir: string): Promise<number | null> {
  const text = await readFile(path.join(clusterDir, 'postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number.parseInt(text, 10)
  return pid > 0 ? pid : null
}

async function why(reason: string, { logFile }: ServerOptions): Promise<string> {
  return `${reason}; the end of ${shown(logFile)}:\n${await tail(logFile)}`
}

async function tail(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.trimEnd().split('\n').slice(-20).join('\n')
}
