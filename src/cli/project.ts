import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The absolute path of a file of the project, from the sources and from the built tree alike. */
export function projectFile(name: string): string {
  let directory = path.dirname(fileURLToPath(import.meta.url))
  while (!existsSync(path.join(directory, 'package.json'))) directory = path.dirname(directory)
  return path.join(directory, name)
}
