import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** Between two looks, and how long all must be quiet. Milliseconds. */
const INTERVAL = 100

/**
 * How the YAML files of a directory look from outside: differs when one was added, removed, replaced or written to. A
 * directory or a file that isn't there looks like nothing else.
 *
 * Looked at and not listened to: `fs.watch` loses directories that are replaced, as when a ConfigMap is mounted or a
 * branch checked out, and hears nothing on network file systems.
 */
export async function lookAt(directory: string): Promise<string> {
  try {
    const names = (await readdir(directory)).filter((name) => /\.ya?ml$/.test(name)).sort()
    return (await Promise.all(names.map((name) => lookAtFile(directory, name)))).join('\n')
  } catch (error) {
    return `${(error as NodeJS.ErrnoException).code}`
  }
}

async function lookAtFile(directory: string, name: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path.join(directory, name), { bigint: true })
    return [name, ino, size, mtimeNs, ctimeNs].join(' ')
  } catch (error) {
    return `${name} ${(error as NodeJS.ErrnoException).code}`
  }
}

/**
 * Waits until a directory no longer looks as it did, and then for a quiet moment: an editor that writes in several
 * steps is left to finish.
 *
 * @param seen what `lookAt` returned
 * @param interrupted ends the wait
 * @param isDue ends it, too, though nothing has changed
 * @returns how it looks then
 */
export async function untilChanged(
  directory: string,
  seen: string,
  interrupted: AbortSignal,
  isDue: () => boolean = () => false,
): Promise<string> {
  for (let before = seen; ; ) {
    await pause(INTERVAL, undefined, { signal: interrupted }).catch(() => undefined)
    const now = await lookAt(directory)
    if (interrupted.aborted || (now === before && (now !== seen || isDue()))) return now
    before = now
  }
}
