import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'

/**
 * The database's clock, which all processes share: what one of them says is due is due for every other. It is measured
 * against the local clock and read from that, so that asking the time costs nothing; where the two drift apart, the
 * next measurement finds out.
 */
export interface Clock {
  /** Milliseconds since the epoch, an integer. */
  now(): number
  close(): void
}

export interface ClockOptions {
  /** The local clock, in milliseconds. */
  readonly local?: () => number
  /** Milliseconds between measurements. */
  readonly interval?: number
}

/** Of so many measurements the one with the quickest answer counts. */
const TRIES = 3

/** @throws what the database says, where it does not answer at the start; later measurements may fail */
export async function createClock(
  db: Kysely<Database>,
  { local = Date.now, interval = 30_000 }: ClockOptions = {},
): Promise<Clock> {
  let offset = await measure(db, local)
  const timer = setInterval(() => {
    measure(db, local).then(
      (measured) => {
        offset = measured
      },
      // A database that is away has no time to tell; the last measurement is still good.
      () => {},
    )
  }, interval)
  timer.unref()
  return {
    now: () => Math.round(local() + offset),
    close: () => clearInterval(timer),
  }
}

/**
 * How far the database's clock is ahead of the local one, in milliseconds. The answer was made somewhere between the
 * question and its arrival: the middle is wrong by at most half of that time (Cristian 1989).
 */
async function measure(db: Kysely<Database>, local: () => number): Promise<number> {
  let best = { took: Number.POSITIVE_INFINITY, offset: 0 }
  for (let i = 0; i < TRIES; i++) {
    const asked = local()
    const { rows } = await sql<{
      at: number
    }>`SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS at`.execute(db)
    const took = local() - asked
    if (took < best.took) best = { took, offset: rows[0]!.at - (asked + took / 2) }
  }
  return best.offset
}
