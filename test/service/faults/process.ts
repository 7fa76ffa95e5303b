import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterwards } from '../afterwards.ts'
import { RULES } from '../app.ts'
import { startProgram } from '../program.ts'
import { eventually } from '../queue/eventually.ts'

export const KEY = 'a-key-for-tests-of-enough-length'

/** The service as an operator runs it: a process of its own. */
export interface ServiceProcess {
  readonly url: string
  readonly child: ChildProcess
  /** What it has printed so far. */
  output(): string
  /** Resolves to the exit code, null after a signal. */
  readonly exited: Promise<number | null>
  call(method: string, route: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: any
}

export interface ServiceOptions {
  /** Of `umpire serve`. */
  readonly args?: readonly string[]
  /** Modules that the process loads before anything else. */
  readonly preload?: readonly string[]
  /** Where it is started. */
  readonly cwd?: string
}

/** A directory that is gone after the tests of the file. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'umpire-test-'))
  afterwards(() => rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 }))
  return directory
}

export async function rulesDirectory(files: Readonly<Record<string, string>> = RULES): Promise<string> {
  const directory = await temporaryDirectory()
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(path.join(directory, name), text)))
  return directory
}

/** Starts `umpire serve` and does not wait for it. */
export function spawnService(
  env: Readonly<Record<string, string>>,
  { args = [], preload = [], cwd }: ServiceOptions = {},
): Pick<ServiceProcess, 'child' | 'output' | 'exited'> {
  const child = startProgram(['serve', ...args], {
    imports: preload,
    cwd,
    env: {
      ...process.env,
      DATABASE_URL: '',
      REDIS_URL: '',
      PORT: '0',
      LOG_LEVEL: 'info',
      UMPIRE_ADMIN_KEY: KEY,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  child.stdout!.on('data', (chunk) => (printed += chunk))
  child.stderr!.on('data', (chunk) => (printed += chunk))
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  return { child, output: () => printed, exited }
}

/** Starts `umpire serve` and waits until it listens. */
export async function startService(
  env: Readonly<Record<string, string>>,
  options?: ServiceOptions,
): Promise<ServiceProcess> {
  const service = spawnService(env, options)
  const url = await Promise.race([listening(service), service.exited.then(() => null)])
  if (url === null) throw new Error(`the service did not start:\n${service.output()}`)
  return {
    ...service,
    url,
    async call(method, route, body, headers = {}) {
      const response = await fetch(url + route, {
        method,
        headers: {
          authorization: `Bearer ${KEY}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      return {
        status: response.status,
        headers: response.headers,
        body: text.startsWith('{') ? JSON.parse(text) : text,
      }
    },
  }
}

async function listening({ child, output }: Pick<ServiceProcess, 'child' | 'output'>): Promise<string> {
  for (;;) {
    const url = /listens on (http:[^ ,]+)/.exec(output())?.[1]
    if (url) return url
    await once(child.stdout!, 'data')
  }
}

/** Sends signals and questions, a few at a time, until it is told to stop or the service is gone. */
export function sendForever(service: ServiceProcess, name: string) {
  const signals: { account: string; id: string }[] = []
  const adjudications: string[] = []
  const problems: number[] = []
  let stopped = false
  async function sender(worker: number): Promise<void> {
    for (let n = 0; !stopped; n++) {
      const account = `${name}-${worker}-${n % 20}`
      const id = `${name}-${worker}-${n}`
      const said = { id, agent: 'pulse', account, claim: 'healthy', confidence: (n % 100) / 100 }
      try {
        const sent = await service.call('POST', '/v1/signals', { signals: [said] })
        if (sent.status === 202) signals.push({ account, id })
        else problems.push(sent.status)
        const asked = await service.call('POST', '/v1/adjudications', {
          account,
          decision: 'expansion-outreach',
          facts: { arr: 180_000, segment: 'smb' },
        })
        if (asked.status === 201) adjudications.push(asked.body.id)
        else problems.push(asked.status)
      } catch (error) {
        // The connection broke or was refused: nothing was acknowledged, and the service is on its way out.
        if (!(error instanceof TypeError)) throw error
        return
      }
    }
  }
  const senders = Promise.all(Array.from({ length: 16 }, (_, worker) => sender(worker)))
  return {
    signals,
    adjudications,
    /** Statuses other than success. */
    problems,
    reached: (count: number) => eventually(() => adjudications.length >= count, 120_000),
    async stop() {
      stopped = true
      await senders
    },
  }
}
