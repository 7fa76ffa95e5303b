import pg from 'pg'
import { putAccount } from '../../../src/app/accounts.ts'
import { adjudicate } from '../../../src/app/adjudications.ts'
import { type BacktestRequest, type BacktestView, requestBacktest } from '../../../src/app/backtests.ts'
import { afterwards } from '../afterwards.ts'
import type { TestApp } from '../app.ts'
import { execute } from '../database.ts'
import { admin } from '../escalations/reviewing.ts'

/** A few adjudications, to be asked again. */
export async function adjudicateSome({ app }: TestApp, count = 3): Promise<void> {
  for (let i = 0; i < count; i++) {
    await putAccount(app, admin, `account-${i}`, { facts: { arr: 10_000 * (i + 1), segment: 'smb' } })
    await adjudicate(app, admin, { account: `account-${i}`, decision: 'expansion-outreach' })
  }
}

export function request({ app }: TestApp, wanted: Partial<BacktestRequest> = {}): Promise<BacktestView> {
  return requestBacktest(app, admin, {
    candidate: 'active',
    baseline: 'active',
    since: 'P30D',
    minutesPerReview: 10,
    ...wanted,
  })
}

/** Has every replay stop in the middle, where it looks for outcomes, until the function that is returned is called. */
export async function holdUp(databaseUrl: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query('BEGIN; LOCK TABLE outcomes IN ACCESS EXCLUSIVE MODE')
  let ended: Promise<void> | null = null
  const letGo = () => {
    ended ??= client.end()
    return ended
  }
  afterwards(letGo)
  return letGo
}

/** Whether a replay has come to where `holdUp` keeps it. */
export async function isHeldUp(databaseUrl: string): Promise<boolean> {
  const waiting = await execute(
    databaseUrl,
    `SELECT FROM pg_locks WHERE relation = 'outcomes'::regclass AND NOT granted`,
  )
  return waiting.length > 0
}

export interface Row {
  readonly status: string
  readonly runs: number
  readonly broken_off: number
  readonly leased_until: Date | null
  readonly total: number | null
  readonly report: string | null
  readonly error: string | null
}

export async function rowOf(databaseUrl: string, { id }: Pick<BacktestView, 'id'>): Promise<Row> {
  const [row] = await execute<Row & pg.QueryResultRow>(databaseUrl, 'SELECT * FROM backtests WHERE id = $1', [id])
  return row!
}
