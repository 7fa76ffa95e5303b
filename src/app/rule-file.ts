import { isUtf8 } from 'node:buffer'
import { constants } from 'node:fs'
import { open, realpath } from 'node:fs/promises'
import path from 'node:path'
import type { RuleProblem } from '../core/rules/problem.ts'
import { LARGEST_FILE, type RuleFile, TOO_LARGE } from '../core/rules/yaml.ts'

/** What keeps a file from being read, in words that say what to do; `line` where it is known. */
class Refusal extends Error {
  readonly line: number
  constructor(message: string, line = 1) {
    super(message)
    this.line = line
  }
}

/**
 * Reads one rule file of a directory, never more of it than may be, and waits for nothing: a pipe or a device that
 * bears the name of a rule file is refused, and so is a link that leaves the directory.
 *
 * @param directory without links, as `realpath` gives it
 * @returns the file, named as in the directory, or the problem that keeps it from being read
 */
export async function readRuleFile(directory: string, name: string): Promise<RuleFile | RuleProblem> {
  try {
    return { path: name, text: await readText(directory, name) }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const refusal =
      error instanceof Refusal
        ? error
        : new Refusal(UNREADABLE[code ?? ''] ?? `can't be read (${code}); mend or remove it`)
    return { file: name, line: refusal.line, column: 1, severity: 'error', message: refusal.message }
  }
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: "gone, or a link to a file that isn't there; mend or remove it",
  ELOOP: 'a link that leads back to itself; mend or remove it',
  EACCES: "can't be read by this user (EACCES); change its permissions",
}

async function readText(directory: string, name: string): Promise<string> {
  const file = await realpath(path.join(directory, name))
  // Links within it are how ConfigMaps are mounted.
  if (!file.startsWith(`${directory}${path.sep}`))
    throw new Refusal('a link out of the directory; put the file itself here')
  const bytes = await readBytes(file)
  if (bytes.includes(0)) throw new Refusal('not a text file; remove it, or save it as UTF-8')
  const text = new TextDecoder().decode(bytes)
  if (!isUtf8(bytes)) throw new Refusal('not UTF-8 on this line; save the file as UTF-8', lineThatIsNotUtf8(bytes))
  return text
}

async function readBytes(file: string): Promise<Buffer> {
  // Without `O_NONBLOCK` to open a pipe would wait for its writer.
  const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const stat = await handle.stat()
    if (!stat.isFile())
      throw new Refusal(`a ${stat.isDirectory() ? 'directory' : 'pipe or device'}, not a file; rename or remove it`)
    if (stat.size > LARGEST_FILE) throw new Refusal(TOO_LARGE)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(stat.size + 1), 0, stat.size + 1, 0)
    if (bytesRead !== stat.size) throw new Refusal('changed while it was read; try again when it is whole')
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

function lineThatIsNotUtf8(bytes: Buffer): number {
  let start = 0
  for (let line = 1; ; line++) {
    const end = bytes.indexOf(10, start)
    if (end === -1 || !isUtf8(bytes.subarray(start, end))) return line
    start = end + 1
  }
}
