import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { inject } from 'vitest'
import { afterwards } from './afterwards.ts'

const running = new Set<ChildProcess>()
// Vitest may end a worker in the middle of a file, too.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** How long it may take to end. Milliseconds. */
const PATIENCE = 60_000

/**
 * Starts `umpire` with these arguments in a process of its own, which ends with the test file.
 * @param imports modules, of sources too, that are loaded before anything else
 */
export function startProgram(
  args: readonly string[],
  { imports = [], ...options }: SpawnOptions & { readonly imports?: readonly string[] },
): ChildProcess {
  const loaded = imports.length > 0 ? ['tsx', ...imports] : []
  const preloads = loaded.flatMap((module) => ['--import', module])
  const child = spawn(process.execPath, [...preloads, inject('builtMain'), ...args], options)
  running.add(child)
  const ended = once(child, 'exit').finally(() => running.delete(child))
  afterwards(async () => {
    if (!running.has(child)) return
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE)
    const [, signal] = await ended
    clearTimeout(timer)
    if (signal === 'SIGKILL') throw new Error(`umpire ${args.join(' ')}: did not end when it was told to`)
  })
  return child
}
