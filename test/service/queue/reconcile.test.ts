import { expect, it } from 'vitest'
import type { AnyJob } from '../../../src/queue/jobs.ts'
import { startReconciling } from '../../../src/queue/reconcile.ts'
import { createTestApp } from '../app.ts'
import { execute } from '../database.ts'
import { eventually } from './eventually.ts'
import { commitNotices, openEscalation } from './rows.ts'

const { app, databaseUrl: url } = await createTestApp()

/** A queue that takes its time: each batch of jobs waits until it is let in. */
function slowQueue() {
  const batches: (readonly AnyJob[])[] = []
  const waiting: (() => void)[] = []
  const connected: (() => void)[] = []
  return {
    batches,
    away: null,
    onConnect: (listener: () => void) => void connected.push(listener),
    connect: () => {
      for (const listener of connected) listener()
    },
    add: (jobs: readonly AnyJob[]) =>
      new Promise<void>((resolve) => {
        batches.push(jobs)
        waiting.push(resolve)
      }),
    letIn: () => waiting.shift()?.(),
    letAllIn: () => {
      for (const resolve of waiting.splice(0)) resolve()
    },
  }
}

it('is done once more, however often it is asked for while it is under way', async () => {
  const queue = slowQueue()
  await commitNotices(url, ['acme'])
  await execute(url, 'UPDATE outbox SET published_at = created_at')
  await openEscalation(url, Date.now() - 60_000)
  const stop = startReconciling({ ...app, now: Date.now, queues: queue })
  const count = (name: string) => queue.batches.filter((jobs) => jobs.some((job) => job.queue === name)).length
  queue.connect()
  await eventually(() => count('notices') === 1)
  for (let i = 0; i < 50; i++) queue.connect()
  const letting = setInterval(queue.letAllIn, 1)
  // Clocks that are late are looked for after everything that was asked for before.
  await eventually(() => count('clocks') > count('notices'))
  expect(count('notices')).toBe(2)
  await stop()
  clearInterval(letting)
})

it('stops between two pages', async () => {
  const queue = slowQueue()
  await commitNotices(
    url,
    Array.from({ length: 2_000 }, () => 'acme'),
  )
  await execute(url, 'UPDATE outbox SET published_at = created_at')
  const stop = startReconciling({ ...app, now: Date.now, queues: queue })
  queue.connect()
  await eventually(() => queue.batches.length === 1)
  const stopped = stop()
  queue.letIn()
  await stopped
  expect(queue.batches).toHaveLength(1)
})
