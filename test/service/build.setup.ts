import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** What `umpire` runs in processes of its own: built from the sources as they are now. */
    builtMain: string
  }
}

/** Builds once for the whole run: tests start some hundred processes, each in half the time that sources take. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Within the project, where its modules are found.
  const directory = path.resolve('.test-build', String(process.pid))
  const options = [
    '-p',
    'tsconfig.build.json',
    '--outDir',
    directory,
    '--sourceMap',
    'false',
    '--declaration',
    'false',
    '--noCheck',
  ]
  await promisify(execFile)(path.resolve('node_modules/.bin/tsc'), options)
  project.provide('builtMain', path.join(directory, 'src/cli/main.js'))
  return () => rm(directory, { recursive: true, force: true })
}
