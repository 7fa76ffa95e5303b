import path from 'node:path'

/** The embedded PostgreSQL can't be used; the message says what to do. */
export class EmbeddedPostgresError extends Error {
  override readonly name: string = 'EmbeddedPostgresError'
}

/** What an error of the file system means to whoever chose the data directory; any other error as it is. */
export function asUnusable(dataDir: string, error: unknown): unknown {
  const { syscall, message } = error as NodeJS.ErrnoException
  if (syscall === undefined) return error
  return new EmbeddedPostgresError(
    `can't use the data directory \`${dataDir}\`: ${message}; put that right, or set UMPIRE_DATA_DIR`,
    { cause: error },
  )
}

/** Another process has the data directory open. */
export class DataDirInUse extends EmbeddedPostgresError {
  override readonly name = 'DataDirInUse'
}

/** A path as a message shows it: relative where it lies in the working directory. */
export function shown(file: string): string {
  const relative = path.relative('', file)
  return `\`${relative === '' || relative.startsWith('..') ? file : relative}\``
}
