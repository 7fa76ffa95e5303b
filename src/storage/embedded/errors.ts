import path from 'node:path'

/** The embedded PostgreSQL can't be used; the message says what to do. */
export class EmbeddedPostgresError extends Error {
  override readonly name: string = 'EmbeddedPostgresError'
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
