import { expect, it } from 'vitest'
import { createClock } from '../../../src/storage/clock.ts'
import { createTestApp } from '../app.ts'
import { execute } from '../database.ts'
import { eventually } from './eventually.ts'

const FIVE_MINUTES = 300_000
/** What measuring may be wrong by: half of the time that an answer takes on a busy machine. */
const WRONG = 30_000
const { app, databaseUrl } = await createTestApp()

async function databaseTime(): Promise<number> {
  const [row] = await execute<{ at: number }>(
    databaseUrl,
    'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS at',
  )
  return row!.at
}

it.each([
  ['five minutes ahead', FIVE_MINUTES],
  ['five minutes behind', -FIVE_MINUTES],
])('is the database’s where the local one is %s', async (_, skew) => {
  const clock = await createClock(app.db, { local: () => Date.now() + skew })
  // Between two questions to the database.
  const before = await databaseTime()
  const now = clock.now()
  const after = await databaseTime()
  expect(Number.isInteger(now)).toBe(true)
  expect(now).toBeGreaterThan(before - WRONG)
  expect(now).toBeLessThan(after + WRONG)
  clock.close()
})

it('is put right when the local one is moved', async () => {
  let skew = 0
  const clock = await createClock(app.db, { local: () => Date.now() + skew, interval: 20 })
  skew = FIVE_MINUTES
  await eventually(async () => Math.abs(clock.now() - (await databaseTime())) < 10_000)
  clock.close()
})
