import { describe, expect, it } from 'vitest'
import { RULES } from '../app.ts'
import { createTestHttp } from './http.ts'
import { minutes, type Row, resolution, writeEscalations } from './rows.ts'

const QUEUES = `
queues:
  csm: { description: Customer success managers }
  legal: { description: Lawyers }
`
const DAY = 24 * 60

/** How the queues do, by name, after the rows were written to a database of their own. */
async function createQueues(rows: readonly Row[]) {
  const test = await createTestHttp({ rules: { ...RULES, 'queues.yaml': QUEUES } })
  await writeEscalations(test.databaseUrl, rows)
  const { status, body } = await test.call('GET', '/v1/queues')
  expect(status).toBe(200)
  return { ...test, queues: Object.fromEntries(body.queues.map((queue: any) => [queue.queue, queue])) }
}

const claimed = (until: number): Row => ({ status: 'claimed', claimed_by: 'maria', claimed_until: minutes(until) })
const resolved = (from: number, to: number, how = {}): Row => ({
  status: 'resolved',
  created_at: minutes(from),
  closed_at: minutes(to),
  resolution: resolution(how),
})

describe('queues where nothing has happened', async () => {
  const { call, queues, keyOf } = await createQueues([])

  it('are those that are declared, and that of the operators', () => {
    expect(Object.keys(queues)).toEqual(['csm', 'legal', 'ops'])
    expect(queues.legal).toEqual({
      queue: 'legal',
      description: 'Lawyers',
      open: 0,
      claimed: 0,
      overdue: 0,
      samples: 0,
      oldest: null,
      openedPerHour: 0,
      resolvedPerHour: 0,
      medianTimeToClaim: null,
      medianTimeToResolve: null,
      agreementRate: null,
    })
  })

  it('are listed in pages', async () => {
    const first = await call('GET', '/v1/queues?limit=2')
    expect(first.body).toMatchObject({ queues: [{ queue: 'csm' }, { queue: 'legal' }], next: 'legal' })
    expect((await call('GET', '/v1/queues?limit=2&cursor=legal')).body).toMatchObject({
      queues: [{ queue: 'ops' }],
      next: null,
    })
  })

  it('are shown to those who may read', async () => {
    const key = await keyOf({ name: 'no-reader', scopes: ['adjudications:write'] })
    expect(await call('GET', '/v1/queues', { key })).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    const reader = await keyOf({ name: 'reader', scopes: ['read'] })
    expect((await call('GET', '/v1/queues', { key: reader })).status).toBe(200)
  })
})

describe('what waits in a queue', async () => {
  const { queues } = await createQueues([
    { created_at: minutes(-30), due_at: minutes(-1) },
    { created_at: minutes(-90), due_at: minutes(1) },
    claimed(1),
    { ...claimed(1), created_at: minutes(-120), due_at: minutes(-60) },
    claimed(-1),
    { kind: 'sample', created_at: minutes(-500), due_at: minutes(-400) },
    { ...claimed(1), kind: 'sample' },
    { queue: 'nobody-declared-it' },
    { status: 'withdrawn', closed_at: minutes(-1), created_at: minutes(-700) },
    { status: 'resolved', kind: 'sample', closed_at: minutes(-1), resolution: resolution() },
  ])

  it('is counted, samples apart and lapsed claims as open', () => {
    expect(queues.csm).toMatchObject({ open: 3, claimed: 2, overdue: 2, samples: 2, oldest: minutes(-120) })
  })

  it('brings its queue onto the list', () => {
    expect(queues['nobody-declared-it']).toMatchObject({ description: '', open: 1, overdue: 0 })
  })
})

describe('how a queue does', async () => {
  const { queues } = await createQueues([
    // Opened within the day: four, of which one has ended. One was opened before.
    ...[-10, -20, -(DAY - 1)].map((created) => ({ created_at: minutes(created) })),
    { created_at: minutes(-DAY - 1) },
    { ...claimed(10), created_at: minutes(-DAY * 2), first_claimed_at: minutes(-DAY * 2 + 4) },
    // Took 10, 20 and 600 minutes, the first and the last of them ended today.
    resolved(-50, -40),
    resolved(-DAY - 30, -DAY - 10, { resolution: 'override', action: 'send_expansion_email' }),
    { ...resolved(-DAY - 100, -DAY + 500), first_claimed_at: minutes(-DAY - 99) },
    // Before the week, or by nobody.
    {
      ...resolved(-8 * DAY, -7 * DAY - 1, { resolution: 'override', action: 'call' }),
      first_claimed_at: minutes(-8 * DAY),
    },
    {
      status: 'withdrawn',
      created_at: minutes(-3 * DAY),
      closed_at: minutes(-5),
      resolution: resolution({ resolution: 'withdrawn' }),
    },
    {
      status: 'expired',
      created_at: minutes(-3 * DAY),
      closed_at: minutes(-5),
      resolution: resolution({ resolution: 'fallback', action: 'x' }),
    },
    resolved(-2 * DAY, -2 * DAY + 1_000, { resolution: 'dismiss', action: null }),
    // Ended today as well. Nothing had been recommended, so that nobody disagreed.
    resolved(-2 * DAY, -2 * DAY + 2_000, { resolution: 'override', action: 'call', recommended: null }),
    // Before the month.
    resolved(-40 * DAY, -31 * DAY, { resolution: 'override', action: 'call' }),
    { ...resolved(-50, -49, { resolution: 'override', action: 'call' }), kind: 'sample' },
  ])

  it('is told by the hour, over a day', () => {
    expect(queues.csm.openedPerHour).toBeCloseTo(4 / 24, 12)
    expect(queues.csm.resolvedPerHour).toBeCloseTo(3 / 24, 12)
  })

  it('is told as medians, over a week', () => {
    // Of 1 and 4 minutes; of 10, 20, 600, 1,000 and 2,000 minutes.
    expect(queues.csm.medianTimeToClaim).toBe('PT2M30S')
    expect(queues.csm.medianTimeToResolve).toBe('PT10H')
  })

  it('is told as the share of recommendations that people went along with, over a month', () => {
    expect(queues.csm.agreementRate).toBe(0.5)
  })

  it('is told apart from other queues', () => {
    expect(queues.legal).toMatchObject({ openedPerHour: 0, medianTimeToResolve: null, agreementRate: null })
  })
})
