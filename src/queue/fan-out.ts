import type { Logger } from 'pino'
import type { FannedOut } from '../app/events/fan-out.ts'
import { createPace } from '../app/events/pace.ts'
import type { Bell } from '../storage/bell.ts'
import { lookOften } from '../storage/looking.ts'
import { isUnavailable } from '../storage/unavailable.ts'
import { deliveryJob } from './jobs.ts'
import type { Queues } from './queues.ts'

export interface FanOutOptions {
  readonly queues: Pick<Queues, 'add' | 'away'>
  readonly bell: Bell
  readonly log: Logger
  /** Makes deliveries of the next events. */
  readonly fanOut: () => Promise<FannedOut>
}

/** How often it looks though no bell has rung. Milliseconds. */
const LOOK_EVERY = 1_000

/**
 * Has subscriptions told of what happens: whenever the bell rings, and every second in case it was not heard.
 * @returns what stops it, and resolves when nothing is under way
 */
export function startFanOut({ queues, bell, log, fanOut }: FanOutOptions): () => Promise<void> {
  const pace = createPace(LOOK_EVERY)
  return lookOften(bell, async () => {
    try {
      const { deliveries, ...look } = await fanOut()
      // Those that can't be queued are found when queues are reconciled.
      if (queues.away === null) await queues.add(deliveries.map((id) => deliveryJob(id))).catch(() => {})
      return pace(look)
    } catch (error) {
      if (!isUnavailable(error)) log.warn({ err: error }, 'subscriptions could not be told; it is tried again')
      return LOOK_EVERY
    }
  })
}
