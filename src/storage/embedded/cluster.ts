import { randomBytes, randomUUID } from 'node:crypto'
import { chmod, lchown, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Account, type Owner, run } from './account.ts'
import type { Binaries } from './binaries.ts'
import { EmbeddedPostgresError, shown } from './errors.ts'
import { giveToOwnerOf } from './lock.ts'

/** The superuser, and the database, of an embedded server. */
export const USER = 'umpire'

/** Who owns the cluster in a data directory; null where there is none yet. */
export async function clusterOwner(clusterDir: string): Promise<Owner | null> {
  try {
    const { uid, gid } = await stat(clusterDir)
    return { uid, gid }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/**
 * Sees to it that the cluster is there, of the server's version, and the account's own.
 * @param version what the server's program states: `postgres (PostgreSQL) 18.4`
 * @returns the superuser's password
 */
export async function prepareCluster(
  clusterDir: string,
  binaries: Binaries,
  account: Account,
  version: string,
  log: (line: string) => void,
): Promise<string> {
  const owner = await clusterOwner(clusterDir)
  if (owner === null) {
    log(`creating a PostgreSQL database in ${shown(clusterDir)}`)
    return createCluster(clusterDir, binaries, account)
  }
  const isForeign = owner.uid !== account.owner.uid
  if (isForeign && process.getuid?.() !== 0) {
    throw new EmbeddedPostgresError(
      `${shown(clusterDir)} belongs to the user with id ${owner.uid}, and this is ${account.owner.uid}; ` +
        'run as that user, change the owner of the data directory (chown -R), or set UMPIRE_DATA_DIR',
    )
  }
  await checkVersion(clusterDir, version)
  if (isForeign) await changeOwner(clusterDir, account.owner)
  return readPassword(clusterDir)
}

/** Created aside and renamed when complete, so that one which was interrupted never passes for a cluster. */
async function createCluster(clusterDir: string, binaries: Binaries, account: Account): Promise<string> {
  const dataDir = path.dirname(clusterDir)
  await removeInterrupted(clusterDir)
  const draft = `${clusterDir}.new-${randomUUID()}`
  const password = randomBytes(24).toString('hex')
  await writePassword(clusterDir, password)

  await mkdir(draft, { mode: 0o700 })
  const cluster = path.join(draft, 'cluster')
  const passwordFile = path.join(draft, 'password')
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  await mkdir(cluster, { mode: 0o700 })
  for (const file of [draft, passwordFile, cluster]) await lchown(file, account.owner.uid, account.owner.gid)

  const { code, output } = await run(account, [
    binaries.initdb,
    `--pgdata=${cluster}`,
    `--username=${USER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // The server's own rules for text, the same on every machine: an index never breaks because libc was updated.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
  ])
  if (code !== 0) {
    await rm(draft, { recursive: true, force: true })
    const end = output.split('\n').slice(-4).join('\n')
    throw new EmbeddedPostgresError(`can't create a PostgreSQL database; initdb ended with exit code ${code}:\n${end}`)
  }
  await rename(cluster, clusterDir)
  await rm(draft, { recursive: true })
  await syncDirectory(dataDir)
  return password
}

async function removeInterrupted(clusterDir: string): Promise<void> {
  const dataDir = path.dirname(clusterDir)
  const prefix = `${path.basename(clusterDir)}.new-`
  for (const name of await readdir(dataDir)) {
    if (name.startsWith(prefix)) await rm(path.join(dataDir, name), { recursive: true, force: true })
  }
}

/** Without it a power failure could undo the rename but not what has been committed inside. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory)
  await handle.sync()
  await handle.close()
}

async function checkVersion(clusterDir: string, version: string): Promise<void> {
  const made = await readFile(path.join(clusterDir, 'PG_VERSION'), 'utf8').catch(() => null)
  if (made === null) {
    throw new EmbeddedPostgresError(
      `${shown(clusterDir)} holds no PostgreSQL data; move it away, or set UMPIRE_DATA_DIR`,
    )
  }
  const major = /PostgreSQL\) (\d+)/.exec(version)?.[1]
  if (made.trim() !== major) {
    throw new EmbeddedPostgresError(
      `${shown(clusterDir)} was made by PostgreSQL ${made.trim()}, and this version of umpire brings ${major}; ` +
        `dump it with the version that made it (pg_dump) and restore the dump, or set UMPIRE_DATA_DIR`,
    )
  }
}

/** The directory itself comes last, so that an interrupted change is taken up again. */
async function changeOwner(clusterDir: string, { uid, gid }: Owner): Promise<void> {
  for (const name of await readdir(clusterDir, { recursive: true })) {
    await lchown(path.join(clusterDir, name), uid, gid)
  }
  await lchown(clusterDir, uid, gid)
}

const passwordFileOf = (clusterDir: string) => `${clusterDir}.password`

async function writePassword(clusterDir: string, password: string): Promise<void> {
  const file = passwordFileOf(clusterDir)
  await writeFile(file, `${password}\n`, { mode: 0o600 })
  await chmod(file, 0o600)
  await giveToOwnerOf(path.dirname(clusterDir), file)
}

async function readPassword(clusterDir: string): Promise<string> {
  const file = passwordFileOf(clusterDir)
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    throw new EmbeddedPostgresError(
      `can't read ${shown(file)}, the password of the data beside it; restore it from a backup, ` +
        'or set UMPIRE_DATA_DIR to start afresh',
      { cause: error },
    )
  }
}
