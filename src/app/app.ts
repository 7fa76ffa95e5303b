import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Networks } from '../egress/networks.ts'
import type { Bell } from '../storage/bell.ts'
import type { Database } from '../storage/database.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Desk } from './desk.ts'
import type { Waits } from './escalations/waits.ts'
import type { Feed } from './events/feed.ts'
import type { QuickChecks } from './leases/quick.ts'
import type { ActWithoutLeave } from './leases/without-leave.ts'
import type { Rules } from './rules.ts'

/** What every use case works with; put together in `compose.ts`. */
export interface App {
  readonly db: Kysely<Database>
  readonly desk: Desk
  readonly rules: Rules
  readonly quick: QuickChecks
  /** Rung after a commit that others wait for; heard in every process. */
  readonly bell: Bell
  readonly waits: Waits
  readonly feed: Feed
  readonly metrics: Metrics
  readonly log: Logger
  /** Warns operators. */
  readonly actedWithoutLeave: (act: ActWithoutLeave) => void
  /** Where people reach the service, for links; no slash at its end. */
  readonly publicUrl: string
  /** What may be sent to though it is not public. */
  readonly egressAllow: Networks
  /** Milliseconds since the epoch, by the database's clock, which all processes share. */
  readonly now: () => number
  /** Uniform in [0, 1). */
  readonly draw: () => number
  /** A UUID that sorts by the time of its making. */
  readonly newId: () => string
}

export interface Page {
  /** 1 to 200. */
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface Paged<T> {
  readonly items: readonly T[]
  /** Where the next page begins; null: there is none. */
  readonly next: string | null
}

/** Of `limit + 1` rows that were read, those of the page, and the cursor if there are more. */
export function paged<R, T>(
  rows: readonly R[],
  limit: number,
  item: (row: R) => T,
  cursor: (row: R) => string,
): Paged<T> {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return { items: page.map(item), next: rows.length > limit && last !== undefined ? cursor(last) : null }
}
