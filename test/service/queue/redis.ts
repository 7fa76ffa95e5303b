import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Redis } from 'ioredis'
import { afterwards } from '../afterwards.ts'
import { freePort } from '../ports.ts'
import { eventually } from './eventually.ts'

/** A server of our own, which keeps nothing. */
export interface TestRedis {
  readonly url: string
  /** Kills it, as a crash would. */
  kill(): Promise<void>
  /** It takes connections and answers nothing, until it resumes. */
  pause(): void
  resume(): void
  /** On the same port, empty. */
  start(): Promise<void>
}

/** Whether there is a `redis-server` on the path; `UMPIRE_TEST_REDIS=required` fails where there is none. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0
if (!hasRedis) {
  const why = 'no redis-server on the path: what runs on Redis is not tested'
  if (process.env.UMPIRE_TEST_REDIS === 'required') throw new Error(why)
  process.stderr.write(`${why}\n`)
}

/** Starts a server that ends with the test file. */
export async function startRedis({ cluster = false } = {}): Promise<TestRedis> {
  const directory = await mkdtemp(path.join(tmpdir(), 'umpire-redis-'))
  const port = await freePort()
  let server: ChildProcess | null = null

  async function start(): Promise<void> {
    const options = { port, dir: directory, bind: '127.0.0.1', save: '', appendonly: 'no' }
    // The bus of a cluster would be on a port above those that tests may use.
    const bus = { 'cluster-enabled': 'yes', 'cluster-port': port + 1, 'cluster-announce-ip': '127.0.0.1' }
    const args = Object.entries({ ...options, ...(cluster && bus) }).flatMap(([name, value]) => [
      `--${name}`,
      `${value}`,
    ])
    await rm(path.join(directory, 'nodes.conf'), { force: true })
    server = spawn('redis-server', args, { stdio: 'ignore' })
    const client = new Redis(port, { retryStrategy: () => 20, maxRetriesPerRequest: null })
    client.on('error', () => {})
    try {
      await client.ping()
      if (cluster) {
        await client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
        await eventually(async () => String(await client.call('CLUSTER', 'INFO')).includes('cluster_state:ok'))
      }
    } finally {
      client.disconnect()
    }
  }

  async function kill(): Promise<void> {
    if (server === null || server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill('SIGKILL')
    await ended
  }

  const signal = (name: 'SIGSTOP' | 'SIGCONT') => () => void server?.kill(name)

  afterwards(async () => {
    await kill()
    await rm(directory, { recursive: true, force: true })
  })
  await start()
  return { url: `redis://127.0.0.1:${port}`, kill, pause: signal('SIGSTOP'), resume: signal('SIGCONT'), start }
}
