import { beforeAll, describe, expect, it } from 'vitest'
import { cancelBacktest, getBacktest } from '../../../src/app/backtests.ts'
import { runBacktest } from '../../../src/backtest/job/run.ts'
import { backtestJob } from '../../../src/queue/jobs.ts'
import type { Underway } from '../../../src/queue/processor.ts'
import { createTestApp } from '../app.ts'
import { adjudicateSome, holdUp, isHeldUp, request, rowOf } from '../backtest/jobs.ts'
import { execute } from '../database.ts'
import { admin } from '../escalations/reviewing.ts'
import { BACKENDS, loseQueues } from './backends.ts'
import { eventually } from './eventually.ts'
import type { TestRedis } from './redis.ts'
import { startWorker, type TestWorker } from './worker.ts'

for (const { name, available, start } of BACKENDS) {
  describe.skipIf(!available)(`back-tests on ${name}`, async () => {
    const test = await createTestApp()
    const { app, databaseUrl: url } = test
    await adjudicateSome(test)
    let redis: TestRedis | null = null
    beforeAll(async () => {
      redis = await start()
    })

    const handlers = {
      runBacktest: (id: string, { stopping, showProgress }: Underway) =>
        runBacktest(app, id, { connection: { connectionString: url }, stopping, onProgress: showProgress }),
    }
    const startRunner = () => startWorker(test, { redis, handlers, now: app.now })
    const statusOf = async (id: string) => (await getBacktest(app, id)).status
    const queueOf = async ({ queues }: TestWorker) =>
      (await queues.opened).find(({ name: queue }) => queue === 'backtests')!

    it('are done, one after another, and their jobs are gone', async () => {
      const asked = [await request(test), await request(test)]
      const runner = startRunner()
      for (const { id } of asked) await eventually(async () => (await statusOf(id)) === 'done')
      const queue = await queueOf(runner)
      await eventually(async () => (await queue.getJobCountByTypes('waiting', 'active', 'delayed', 'failed')) === 0)
      expect(await execute(url, 'SELECT FROM outbox')).toEqual([])
      await runner.close()
    })

    it('show how far they are, where jobs are looked at', async () => {
      const { id } = await request(test)
      const letGo = await holdUp(url)
      const runner = startRunner()
      const queue = await queueOf(runner)
      await eventually(async () => typeof (await queue.getJob(backtestJob(id).id))?.progress === 'number')
      await letGo()
      await eventually(async () => (await statusOf(id)) === 'done')
      await runner.close()
    })

    it('survive queues that come back empty, whether they wait or run', async () => {
      const waiting = await request(test)
      const relay = startWorker(test, { redis, now: app.now })
      app.bell.ring()
      await eventually(async () => (await execute(url, 'SELECT FROM outbox')).length === 0)
      await relay.close()
      await loseQueues(redis, url)
      const letGo = await holdUp(url)
      const runner = startRunner()
      await eventually(() => isHeldUp(url))
      await loseQueues(redis, url)
      await letGo()
      await eventually(async () => (await statusOf(waiting.id)) === 'done')
      expect(await rowOf(url, waiting)).toMatchObject({ broken_off: 0 })
      await runner.close()
    })

    it('are given back when a process ends in the middle of one, and done by another', async () => {
      const asked = await request(test)
      const letGo = await holdUp(url)
      const ending = startRunner()
      await eventually(() => isHeldUp(url))
      await ending.close()
      expect(await rowOf(url, asked)).toMatchObject({ status: 'queued', runs: 1 })
      await letGo()
      const other = startRunner()
      await eventually(async () => (await statusOf(asked.id)) === 'done')
      expect(await rowOf(url, asked)).toMatchObject({ runs: 2, broken_off: 0 })
      await other.close()
    })

    it('leave their worker free once they are cancelled', async () => {
      const [held, next] = [await request(test), await request(test)]
      const letGo = await holdUp(url)
      const runner = startRunner()
      await eventually(() => isHeldUp(url))
      expect(await statusOf(held.id)).toBe('running')
      await cancelBacktest(app, admin, held.id)
      await eventually(async () => (await statusOf(next.id)) === 'running')
      await letGo()
      await eventually(async () => (await statusOf(next.id)) === 'done')
      expect(await statusOf(held.id)).toBe('cancelled')
      await runner.close()
    })
  })
}
