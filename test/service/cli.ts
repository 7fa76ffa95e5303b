import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { startProgram } from './program.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
}

/** Runs `umpire` with these arguments to its end, in an environment with nothing of ours but `env`. */
export async function umpire(args: readonly string[], { env = {}, stdin = '' }: RunOptions = {}): Promise<Ran> {
  const child = startUmpire(args, env)
  child.stdin?.end(stdin)
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'close')])
  return { code, stdout, stderr }
}

export function startUmpire(args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  return startProgram(args, {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: 'pipe',
  })
}
