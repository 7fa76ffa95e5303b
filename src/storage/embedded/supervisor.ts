import { spawn } from 'node:child_process'
import { type Account, serverEnvironment } from './account.ts'

/**
 * The server's parent process, so that no server outlives the service, however that ends. Standard input is a pipe of
 * which we hold the other end: a line asks for a fast shutdown, and so does its end, which also comes of our death; three
 * seconds after that the server is ended the hard way, from which it recovers at its next start. Signals that a service
 * manager sends to every process are for us: we drain first.
 */
const SUPERVISOR = `
trap '' HUP INT TERM
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
{
  read -r line <&3
  kill -INT $server
  while read -r line <&3; do :; done
  sleep 3
  while kill -QUIT $server; do sleep 1; done
} >/dev/null 2>&1 &
watchdog=$!
wait $server
status=$?
kill -KILL $watchdog
exit $status
`

/** How long a fast shutdown may take before the pipe is closed on it, in milliseconds. */
const PATIENCE = 7_000

export interface ServerProcess {
  /** Resolves when the server has ended, to why. */
  readonly ended: Promise<string>
  /** Asks for a fast shutdown: clients are cut off, what is committed is safe. */
  stop(): void
}

/**
 * Starts a server in a process group of its own: a Ctrl-C in the terminal is for the service, which drains first.
 * @param log file descriptor that its messages go to
 * @param formerPid process id that a server has left behind in `postmaster.pid`; by now it may be another program's
 */
export function spawnServer(
  account: Account,
  command: readonly string[],
  log: number,
  formerPid: number | null,
): ServerProcess {
  const [file = '', ...args] = [...account.prefix, '/bin/sh', '-c', SUPERVISOR, 'umpire-postgres', ...command]
  // PostgreSQL takes this variable from pg_ctl, for the same end: not to mistake that process for a running server.
  const env = { ...serverEnvironment(), ...(formerPid !== null && { PG_GRANDPARENT_PID: String(formerPid) }) }
  const child = spawn(file, args, {
    ...account.become,
    cwd: '/',
    detached: true,
    env,
    stdio: ['pipe', log, log],
  })
  const { stdin } = child
  // A write that meets the end of the supervisor fails; `ended` tells.
  stdin?.on('error', () => {})

  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('exit', (code, signal) => {
      stdin?.destroy()
      resolve(signal === null ? describe(code ?? 0) : `its supervisor was killed by ${signal}`)
    })
  })
  return {
    ended,
    stop: () => {
      stdin?.write('\n')
      const timer = setTimeout(() => stdin?.end(), PATIENCE)
      ended.then(() => clearTimeout(timer))
    },
  }
}

/** A shell reports the death of its child by a signal as 128 and the signal's number. */
function describe(code: number): string {
  return code > 128 ? `killed by signal ${code - 128}` : `exit code ${code}`
}
