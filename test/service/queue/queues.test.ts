import { v7 as uuid } from 'uuid'
import { beforeAll, describe, expect, it } from 'vitest'
import { clockJob, noticeJob } from '../../../src/queue/jobs.ts'
import { reconcile } from '../../../src/queue/reconcile.ts'
import { takeNotice } from '../../../src/storage/notices.ts'
import { createTestApp } from '../app.ts'
import { execute } from '../database.ts'
import { BACKENDS, loseQueues } from './backends.ts'
import { eventually } from './eventually.ts'
import type { TestRedis } from './redis.ts'
import { commitNotices, commitRow, openEscalation, outboxDepth } from './rows.ts'
import { startWorker, type TestWorker } from './worker.ts'

for (const { name, available, start } of BACKENDS) {
  describe.skipIf(!available)(`queues on ${name}`, async () => {
    const test = await createTestApp()
    const { app, databaseUrl: url } = test
    let redis: TestRedis | null = null
    beforeAll(async () => {
      redis = await start()
    })

    /** Handles notices as the service does, and keeps count. */
    function counting() {
      const handled: number[] = []
      const again: number[] = []
      return {
        handled,
        again,
        handleNotice: async (outbox: number) => {
          ;((await takeNotice(app.db, outbox)) ? handled : again).push(outbox)
          return []
        },
      }
    }
    const closeAll = (workers: readonly TestWorker[]) => Promise.all(workers.map((worker) => worker.close()))

    it('handle each notice once, however many relays and workers compete', async () => {
      const count = counting()
      const workers = [0, 1, 2].map(() => startWorker(test, { redis, handlers: count }))
      const accounts = Array.from({ length: 300 }, (_, i) => `account ${i % 20}`)
      for (let i = 0; i < 4; i++) {
        await commitNotices(url, accounts)
        app.bell.ring()
      }
      await eventually(async () => (await outboxDepth(url)) === 0)
      await closeAll(workers)
      expect(new Set(count.handled).size).toBe(1200)
      expect(count.handled).toHaveLength(1200)
      expect(count.again).toEqual([])
      expect(await test.metricsText()).toMatch(/^umpire_notice_delay_seconds_count\b.* 1200$/m)
    })

    it('get what is committed in its order', async () => {
      const relays = [0, 1, 2].map(() => startWorker(test, { redis }))
      for (let i = 0; i < 20; i++) {
        await commitNotices(
          url,
          Array.from({ length: 40 }, (_, k) => `account ${k % 4}`),
        )
        app.bell.ring()
      }
      const queue = (await relays[0]!.queues.opened).find(({ name }) => name === 'notices')!
      await eventually(async () => (await queue.getWaitingCount()) === 800)
      const jobs = await queue.getJobs(['waiting'], 0, -1, true)
      const ids = jobs.map(({ data }) => data.outbox)
      expect(ids).toEqual([...ids].sort((a, b) => a - b))

      const count = counting()
      await closeAll(relays)
      const worker = startWorker(test, { redis, handlers: count })
      await eventually(async () => (await outboxDepth(url)) === 0)
      await worker.close()
    })

    it('lose nothing and do nothing twice where they come back empty in the middle', async () => {
      const count = counting()
      const slow = {
        handleNotice: async (outbox: number) => {
          await new Promise((resolve) => setTimeout(resolve, 2))
          return count.handleNotice(outbox)
        },
      }
      const workers = [0, 1].map(() => startWorker(test, { redis, handlers: slow }))
      for (let i = 0; i < 10; i++) {
        await commitNotices(
          url,
          Array.from({ length: 100 }, (_, k) => `account ${k}`),
        )
        app.bell.ring()
        if (i === 4) {
          await eventually(() => count.handled.length > 50)
          await loseQueues(redis, url)
        }
      }
      await eventually(async () => (await outboxDepth(url)) === 0)
      await closeAll(workers)
      expect(count.handled).toHaveLength(1000)
      expect(new Set(count.handled).size).toBe(1000)
    })

    it('find everything that the database remembers', async () => {
      const [escalation, delivery] = [await openEscalation(url, Date.now() + 300), uuid()]
      await execute(url, `INSERT INTO pending_questions VALUES ('acme: "a"', 'expansion-outreach', 7, now());`)
      await execute(
        url,
        `INSERT INTO deliveries (id, account_id, target, event, body, next_at, give_up_at, created_at)
         VALUES ($1, 'acme', 'crm', 'escalation.opened', '{}', now(), now() + interval '1 day', now())`,
        [delivery],
      )
      await commitNotices(url, ['acme'], Date.now() - 60_000)
      await execute(url, 'UPDATE outbox SET published_at = created_at')

      const seen: unknown[] = []
      const worker = startWorker(test, {
        redis,
        handlers: {
          handleNotice: async (outbox) => {
            seen.push('notice')
            await takeNotice(app.db, outbox)
            return []
          },
          tick: async (id) => {
            seen.push(id)
            return null
          },
          answerQuestion: async (account, decision) => {
            seen.push([account, decision])
            return null
          },
          attemptDelivery: async (id) => {
            seen.push(id)
            return null
          },
        },
      })
      await eventually(() => seen.length === 4)
      expect(seen).toEqual(
        expect.arrayContaining(['notice', escalation, ['acme: "a"', 'expansion-outreach'], delivery]),
      )
      await worker.close()
      await execute(url, 'DELETE FROM pending_questions; DELETE FROM deliveries; DELETE FROM escalations')
    })

    it('find what waits behind thousands that wait, too', async () => {
      const worker = startWorker(test, { redis, relaying: false })
      await worker.connected
      await execute(
        url,
        `INSERT INTO deliveries (id, account_id, target, event, body, next_at, give_up_at, created_at)
         SELECT gen_random_uuid(), 'acme', 'crm', 'escalation.opened', '{}',
                now() - interval '1 s' * (i / 100), now() + interval '1 day', now()
         FROM generate_series(1, 5200) AS i;
         INSERT INTO pending_questions
         SELECT 'account ' || i, 'expansion-outreach', 1, now() - interval '1 s' * i FROM generate_series(1, 5200) AS i`,
      )
      await reconcile({ db: app.db, queues: worker.queues, now: Date.now }, 'old')
      const queues = (await worker.queues.opened).filter(({ name }) => name === 'deliveries' || name === 'questions')
      for (const queue of queues) {
        expect(await queue.getWaitingCount()).toBe(5200)
        await queue.drain(true)
      }
      await worker.close()
      await execute(url, 'DELETE FROM deliveries; DELETE FROM pending_questions')
    })

    it('leave a clock that has struck and stays as it is to the next look for late ones', async () => {
      let calls = 0
      const at = Date.now() - 60_000
      const tick = async () => {
        calls++
        return at
      }
      const worker = startWorker(test, { redis, relaying: false, handlers: { tick } })
      await worker.connected
      await worker.queues.add([clockJob(uuid(), at)])
      const queue = (await worker.queues.opened).find(({ name }) => name === 'clocks')!
      await eventually(async () => calls > 0 && (await queue.getJobCountByTypes('waiting', 'active', 'delayed')) === 0)
      expect(calls).toBe(1)
      await worker.close()
    })

    it('wake at the time that a clock is set to, and not before', async () => {
      const at = Date.now() + 400
      const woken: number[] = []
      const tick = async () => {
        woken.push(Date.now())
        return null
      }
      const worker = startWorker(test, { redis, handlers: { tick } })
      await commitRow(url, 'clock', { escalation: uuid(), at })
      app.bell.ring()
      await eventually(() => woken.length === 1)
      expect(woken[0]).toBeGreaterThanOrEqual(at)
      expect(await outboxDepth(url)).toBe(0)
      await worker.close()
    })

    it('put a job back that came early, since the local clock is five minutes ahead', async () => {
      const now = () => Date.now() - 300_000
      let at = 0
      const woken: number[] = []
      const tick = async () => {
        woken.push(now())
        return now() < at ? at : null
      }
      const worker = startWorker(test, { redis, now, handlers: { tick } })
      // Again with more time where this machine took so long that it was time already.
      for (let ahead = 1_000; woken.length < 2; ahead *= 2) {
        woken.length = 0
        at = now() + ahead
        await commitRow(url, 'clock', { escalation: uuid(), at })
        app.bell.ring()
        await eventually(() => woken.length > 0 && woken.at(-1)! >= at)
      }
      expect(woken.length).toBeLessThan(5)
      await worker.close()
    })

    it('wake a clock that is late though its job sleeps for longer, since some local clock is behind', async () => {
      const at = Date.now() - 60_000
      const escalation = await openEscalation(url, at)
      const woken: string[] = []
      const tick = async (id: string) => {
        woken.push(id)
        return null
      }
      const worker = startWorker(test, { redis, handlers: { tick }, relaying: false })
      await worker.connected
      const sleeping = { queue: 'clocks', id: `clock-${escalation}-${at}`, data: { escalation, at }, at: at + 300_000 }
      await worker.queues.add([sleeping as never])
      await reconcile({ db: app.db, queues: worker.queues, now: Date.now }, 'old')
      await eventually(() => woken.includes(escalation))
      await worker.close()
      await execute(url, 'DELETE FROM escalations')
    })

    it('try again what failed, and tell', async () => {
      let calls = 0
      const answerQuestion = async () => {
        if (++calls < 3) throw new Error('not yet')
        return null
      }
      const worker = startWorker(test, { redis, handlers: { answerQuestion } })
      await commitRow(url, 'question', { account: 'acme', decision: 'expansion-outreach', sequence: 3 })
      app.bell.ring()
      await eventually(() => calls === 3)
      expect(test.logged.filter((line) => line.includes('it is tried again') && line.includes('not yet'))).toHaveLength(
        2,
      )
      await worker.close()
    })

    it('keep no more of a failure than logs may hold, however often a job fails', async () => {
      let calls = 0
      const answerQuestion = async () => {
        calls++
        return JSON.parse('a secret')
      }
      const worker = startWorker(test, { redis, handlers: { answerQuestion } })
      await commitRow(url, 'question', { account: 'acme', decision: 'expansion-outreach', sequence: 4 })
      app.bell.ring()
      const queue = (await worker.queues.opened).find(({ name }) => name === 'questions')!
      await eventually(async () => calls === 3 && (await queue.getDelayedCount()) === 1)
      const [job] = await queue.getDelayed()
      expect(job).toMatchObject({ failedReason: 'SyntaxError', attemptsMade: 3 })
      expect(job!.stacktrace).toEqual([])
      await job!.remove()
      await worker.close()
    })

    it('attempt what a notice makes, until it is settled', async () => {
      const attempts: string[] = []
      const made = [uuid(), uuid()]
      const worker = startWorker(test, {
        redis,
        handlers: {
          handleNotice: async (outbox) => ((await takeNotice(app.db, outbox)) ? made : []),
          attemptDelivery: async (id) => (attempts.push(id) < 4 ? Date.now() + 200 : null),
        },
      })
      await commitNotices(url, ['acme'])
      app.bell.ring()
      await eventually(() => attempts.length === 4)
      expect(attempts.toSorted()).toEqual([made[0], made[0], made[1], made[1]].toSorted())
      await worker.close()
    })

    it('drop what means nothing, and tell', async () => {
      const count = counting()
      const worker = startWorker(test, { redis, handlers: count })
      await commitRow(url, 'clock', '{"escalation": "nobody"')
      await commitRow(url, 'wishes', {})
      await commitNotices(url, ['acme'])
      app.bell.ring()
      await eventually(async () => (await outboxDepth(url)) === 0)
      expect(count.handled).toHaveLength(1)
      expect(test.logged.filter((line) => line.includes('row of the outbox that means nothing'))).toHaveLength(2)

      const queue = (await worker.queues.opened).find(({ name }) => name === 'clocks')!
      await queue.add('clocks', { at: 'noon' }, { jobId: 'not-a-clock' })
      await eventually(() => test.logged.some((line) => line.includes('not-a-clock') && line.includes('is dropped')))
      await eventually(async () => (await queue.getJob('not-a-clock')) === undefined)
      await worker.close()
    })

    it('let a job under way finish when the process ends', async () => {
      let isWorking = () => {}
      const working = new Promise<void>((resolve) => {
        isWorking = resolve
      })
      let finish = () => {}
      const count = counting()
      const worker = startWorker(test, {
        redis,
        handlers: {
          handleNotice: async (outbox) => {
            isWorking()
            await new Promise<void>((resolve) => {
              finish = resolve
            })
            return count.handleNotice(outbox)
          },
        },
      })
      await commitNotices(url, ['acme'])
      app.bell.ring()
      await working
      const closed = worker.close()
      finish()
      await closed
      expect(count.handled).toHaveLength(1)
      expect(await outboxDepth(url)).toBe(0)
    })

    it('can be closed while they are being connected to', async () => {
      for (let i = 0; i < 3; i++) {
        const worker = startWorker(test, { redis, handlers: {} })
        for (let turn = 0; turn < 4 * i; turn++) await new Promise(setImmediate)
        await worker.close()
      }
    })

    it('queue an id once while it is queued, and again when it is done', async () => {
      const count = { calls: 0 }
      const worker = startWorker(test, { redis, relaying: false })
      await worker.connected
      const job = noticeJob(4711, Date.now())
      await worker.queues.add([job])
      await worker.queues.add([job, job])
      const queue = (await worker.queues.opened).find(({ name }) => name === 'notices')!
      expect(await queue.getWaitingCount()).toBe(1)
      const handleNotice = async () => {
        count.calls++
        return []
      }
      const other = startWorker(test, { redis, relaying: false, handlers: { handleNotice } })
      await eventually(async () => count.calls === 1 && (await queue.getJob(job.id)) === undefined)
      await worker.queues.add([job])
      await eventually(() => count.calls === 2)
      await closeAll([worker, other])
    })
  })
}
