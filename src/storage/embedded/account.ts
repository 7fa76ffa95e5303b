import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import type { Binaries } from './binaries.ts'
import { EmbeddedPostgresError } from './errors.ts'

/** An operating-system user, by number. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** As whom the server's programs run. PostgreSQL refuses to be root. */
export interface Account {
  /** What comes before each command; not empty where it enters a user namespace. */
  readonly prefix: readonly string[]
  /** Whom to become; null: whoever we are. */
  readonly become: Owner | null
  /** Who owns the data on disk. */
  readonly owner: Owner
}

/** Accounts that a server may run as, the best first. */
const UNPRIVILEGED = ['postgres', 'nobody']

/**
 * Chooses as whom the server runs: an ordinary user as itself. Root as the owner of existing data, so that ownership
 * never changes from start to start; else in a user namespace, in which root's processes show another user and so data
 * stays root's wherever it lies; else, where namespaces are forbidden, as an unprivileged user. Each is tried on the
 * very paths it needs, and the first that reaches them is taken.
 *
 * @param dataOwner who owns the existing data, null if there is none
 * @returns the account, and the version that the server's program states
 * @throws {EmbeddedPostgresError} saying what was tried and what to do
 */
export async function chooseAccount(
  dataDir: string,
  binaries: Binaries,
  dataOwner: Owner | null,
): Promise<{ account: Account; version: string }> {
  const self = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  const candidates: readonly Account[] =
    self.uid === 0 ? await accountsForRoot(self, dataOwner) : [{ prefix: [], become: null, owner: self }]
  let reason = 'there is neither a user postgres nor nobody'
  for (const account of candidates) {
    const script = 'cd "$1" && cd "$2" && exec "$3" --version'
    const probe = ['/bin/sh', '-c', script, 'sh', dataDir, tmpdir(), binaries.postgres]
    const { code, output } = await run(account, probe)
    if (code === 0) return { account, version: output }
    reason = output
  }
  throw new EmbeddedPostgresError(
    self.uid === 0
      ? `root can't run PostgreSQL, and no unprivileged user can on this data directory: ${reason}; ` +
          'set UMPIRE_DATA_DIR to a directory that all may enter (chmod o+x it and those above), ' +
          'run as another user, or set DATABASE_URL to a server'
      : `the embedded PostgreSQL can't run here: ${reason}; set DATABASE_URL to a server`,
  )
}

async function accountsForRoot(root: Owner, dataOwner: Owner | null): Promise<readonly Account[]> {
  const users = (await Promise.all(UNPRIVILEGED.map(lookUp))).filter((user) => user !== null)
  // initdb wants a user that has a name, so that is whom the namespace shows root as.
  const namespaces = users.slice(0, 1).map(({ uid, gid }) => ({
    prefix: ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`, '--'],
    become: null,
    owner: root,
  }))
  const asUser = (user: Owner) => ({ prefix: [], become: user, owner: user })
  const asDataOwner = dataOwner !== null && dataOwner.uid !== 0 ? [asUser(dataOwner)] : []
  return [...asDataOwner, ...namespaces, ...users.map(asUser)]
}

async function lookUp(name: string): Promise<Owner | null> {
  const self: Account = { prefix: [], become: null, owner: { uid: 0, gid: 0 } }
  const [uid, gid] = await Promise.all([run(self, ['id', '-u', name]), run(self, ['id', '-g', name])])
  return uid.code === 0 && gid.code === 0 ? { uid: Number(uid.output), gid: Number(gid.output) } : null
}

/** Runs a program to its end as that account. `output` is what it printed, errors included. */
export function run(account: Account, command: readonly string[]): Promise<{ code: number | null; output: string }> {
  const [file = '', ...args] = [...account.prefix, ...command]
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      ...account.become,
      cwd: '/',
      env: serverEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const collect = (chunk: Buffer) => {
      output += chunk.toString()
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', (error) => resolve({ code: null, output: error.message }))
    child.on('close', (code) => resolve({ code, output: output.trim() }))
  })
}

/** None of our own variables: PGOPTIONS, PGDATA and their like would change the server. */
export function serverEnvironment(): Record<string, string> {
  const { PATH = '/usr/bin:/bin', LD_LIBRARY_PATH } = process.env
  return { PATH, LC_ALL: 'C', TZ: 'UTC', ...(LD_LIBRARY_PATH && { LD_LIBRARY_PATH }) }
}
