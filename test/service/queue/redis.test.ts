import { describe, expect, it } from 'vitest'
import { connectRedis, HASTY, isCluster } from '../../../src/queue/redis.ts'
import { takeNotice } from '../../../src/storage/notices.ts'
import { afterwards } from '../afterwards.ts'
import { createTestApp } from '../app.ts'
import { createTestHttp } from '../http/http.ts'
import { eventually } from './eventually.ts'
import { hasRedis, startRedis } from './redis.ts'
import { commitNotices, outboxDepth } from './rows.ts'
import { startWorker } from './worker.ts'

describe.skipIf(!hasRedis)('a Redis that is away', async () => {
  const test = await createTestApp()
  const { app, databaseUrl: url } = test
  const lines = (text: string) => test.logged.filter((line) => line.includes(text))
  const handlers = {
    handleNotice: async (outbox: number) => {
      await takeNotice(app.db, outbox)
      return []
    },
  }

  it('may come later than the service, and is told of once', async () => {
    const redis = await startRedis()
    await redis.kill()
    const worker = startWorker(test, { redis, handlers })
    await commitNotices(url, ['acme'])
    app.bell.ring()
    await eventually(() => lines('redis does not answer').length === 1)
    expect(worker.queues.away).toContain('ECONNREFUSED')
    await expect(worker.queues.add([])).rejects.toThrow('the queue is away')
    await redis.start()
    await eventually(async () => (await outboxDepth(url)) === 0)
    expect(worker.queues.away).toBeNull()
    expect(lines('redis answers again')).toHaveLength(1)

    await redis.kill()
    await eventually(() => worker.queues.away !== null)
    await commitNotices(url, ['acme', 'globex'])
    app.bell.ring()
    await redis.start()
    await eventually(async () => (await outboxDepth(url)) === 0)
    expect(lines('redis does not answer')).toHaveLength(2)
    expect(lines('redis answers again')).toHaveLength(2)
    expect(lines('trouble')).toEqual([])
    await worker.close()
  })

  it('is one that hangs, too', async () => {
    const redis = await startRedis()
    const worker = startWorker(test, { redis, handlers })
    await worker.connected
    redis.pause()
    await commitNotices(url, ['acme'])
    app.bell.ring()
    await eventually(() => worker.queues.away !== null)
    redis.resume()
    // What it was sent while it hung it may take before anybody is connected again.
    await eventually(async () => (await outboxDepth(url)) === 0 && worker.queues.away === null)
    await worker.close()
  })

  it('does not keep a process from ending', async () => {
    const redis = await startRedis()
    const worker = startWorker(test, { redis, handlers })
    await worker.connected
    await redis.kill()
    await eventually(() => worker.queues.away !== null)
    await worker.close()
  })
})

describe.skipIf(!hasRedis)('rate limits on a live Redis', () => {
  for (const cluster of [false, true]) {
    describe(cluster ? 'Cluster' : 'server', async () => {
      const redis = hasRedis ? await startRedis({ cluster }) : null
      const rateLimit = { max: 4, timeWindow: 60_000 }
      const processes = await Promise.all(
        [0, 1].map(async () => {
          const url = redis?.url ?? ''
          const client = connectRedis(url, redis !== null && (await isCluster(url)), HASTY)
          client.on('error', () => {})
          afterwards(() => client.disconnect())
          return { client, ...(await createTestHttp({ rateLimit, redis: client })) }
        }),
      )

      it('count over all processes', async () => {
        await eventually(() => processes.every(({ client }) => client.status === 'ready'))
        const statuses: number[] = []
        // Keys are counted by name.
        const keys = await Promise.all(processes.map(({ keyOf }) => keyOf({ name: 'copilot' })))
        for (let i = 0; i < 6; i++) {
          const { call } = processes[i % 2]!
          statuses.push((await call('GET', '/v1/ruleset', { key: keys[i % 2] })).status)
        }
        expect(statuses).toEqual([200, 200, 200, 200, 429, 429])
      })

      it('hold up nobody where it hangs', async () => {
        const [{ call, client, keyOf }] = processes as [(typeof processes)[number]]
        const key = await keyOf({ name: 'patient' })
        redis!.pause()
        expect((await call('GET', '/v1/ruleset', { key })).status).toBe(200)
        await eventually(() => client.status !== 'ready')
        for (let i = 0; i < 5; i++) expect((await call('GET', '/v1/ruleset', { key })).status).toBe(200)
        redis!.resume()
        await eventually(() => client.status === 'ready')
      })
    })
  }
})
