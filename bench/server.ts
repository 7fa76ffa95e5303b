import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

/** A server under test, in a process of its own so that it has a core to itself. */
export interface Server {
  readonly url: string
  /** Milliseconds from the start of the process to its first 200. */
  readonly startedIn: number
  /** Resident memory, MB. */
  memory(): number
  stop(): Promise<void>
}

export async function startServer(
  args: readonly string[],
  port: number,
  env: Readonly<Record<string, string>>,
  ready = '/readyz',
): Promise<Server> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env, PORT: String(port), LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}`
  await answers(child, `${url}${ready}`)
  return {
    url,
    startedIn: performance.now() - startedAt,
    memory: () => residentMegabytes(child.pid!),
    async stop() {
      const exit = once(child, 'exit')
      child.kill('SIGTERM')
      await exit
    },
  }
}

async function answers(child: ChildProcess, url: string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`server ended with code ${child.exitCode} before it answered`)
    const ok = await fetch(url).then(
      (response) => response.ok,
      () => false,
    )
    if (ok) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

function residentMegabytes(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1024
}
