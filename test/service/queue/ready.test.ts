import type pg from 'pg'
import { expect, it } from 'vitest'
import { openQueues } from '../../../src/queue/queues.ts'
import { connect } from '../../../src/storage/open.ts'
import { afterwards } from '../afterwards.ts'
import { createTestApp } from '../app.ts'
import { eventually } from './eventually.ts'

const { app, databaseUrl } = await createTestApp()

/** A pool of which the first connections that are taken break as if the server had been told to end. */
function breakingPool(times: number): pg.Pool {
  const pool = connect({ connectionString: databaseUrl }, { onError: () => {} }).queues()
  const take = pool.connect.bind(pool) as (...args: unknown[]) => unknown
  let left = times
  pool.connect = ((...args: unknown[]) => {
    if (args.length > 0 || left === 0) return take(...args)
    left -= 1
    const error = new Error('terminating connection due to administrator command')
    return Promise.reject(Object.assign(error, { code: '57P01' }))
  }) as pg.Pool['connect']
  return pool
}

// Of the five queues and the worker each has its own try at the start.
it.each([1, 5, 6])(
  'queues whose server breaks off while they are opened work all the same: %i times',
  async (times) => {
    const queues = openQueues({ redisUrl: null, pool: () => breakingPool(times), now: Date.now, log: app.log })
    afterwards(() => queues.close())
    const handled = new Promise((resolve) =>
      queues.work('deliveries', 1, async ({ delivery }) => {
        resolve(delivery)
        return null
      }),
    )
    const delivery = app.newId()
    const job = { queue: 'deliveries', id: `delivery-${delivery}`, data: { delivery }, at: null } as const
    await eventually(() =>
      queues.add([job]).then(
        () => true,
        () => false,
      ),
    )
    expect(await handled).toBe(delivery)
    await queues.stopWorking()
  },
)
