import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { Redis } from 'ioredis'

export interface RedisServer {
  readonly url: string
  stop(): Promise<void>
}

/** A Redis that appends every write to its file, as one in use does. Null: there is no redis-server on the path. */
export async function startRedis(port: number, directory: string): Promise<RedisServer | null> {
  await mkdir(directory)
  const args = ['--port', String(port), '--dir', directory, '--bind', '127.0.0.1', '--appendonly', 'yes', '--save', '']
  const child = spawn('redis-server', args, { stdio: 'ignore' })
  const started = await Promise.race([once(child, 'spawn').then(() => true), once(child, 'error').then(() => false)])
  if (!started) return null
  const url = `redis://127.0.0.1:${port}`
  const redis = new Redis(url, { retryStrategy: () => 50, maxRetriesPerRequest: 200 })
  redis.on('error', () => {})
  await redis.ping()
  redis.disconnect()
  return {
    url,
    async stop() {
      const exit = once(child, 'exit')
      child.kill('SIGTERM')
      await exit
    },
  }
}
