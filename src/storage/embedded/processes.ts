import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import path from 'node:path'

const HAS_PROC = existsSync('/proc/self/stat')

/**
 * When a process started, in an unspecified unit: what tells it from a later one that was given the same id.
 * Null where no such process runs; one that has ended and only waits for its parent doesn't.
 */
export function processStart(pid: number): string | null {
  if (!HAS_PROC) return ps('lstart', pid)
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // proc(5): the second field, the name, is in parentheses and may hold any character; state is field 3, start 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null)
  } catch {
    return null
  }
}

/** Whether process `pid` is a PostgreSQL server on that data directory, as far as the system lets us see. */
export function isServerOf(clusterDir: string, pid: number): boolean {
  if (processStart(pid) === null || !existsSync(clusterDir)) return false
  if (!HAS_PROC) return path.basename(ps('comm', pid) ?? '') === 'postgres'
  // A server makes its data directory its working directory; other users' we may not be allowed to see.
  const directory = orNull(() => realpathSync(`/proc/${pid}/cwd`))
  if (directory !== null) return directory === realpathSync(clusterDir)
  return orNull(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()) === 'postgres'
}

function orNull<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}

function ps(column: string, pid: number): string | null {
  return spawnSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() || null
}
