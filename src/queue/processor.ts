import { DelayedError, type Processor } from 'bullmq'
import type { Logger } from 'pino'
import { isUnavailable } from '../storage/unavailable.ts'
import { describeFailure } from '../telemetry/failure.ts'
import { PAYLOADS, type Payload, type QueueName } from './jobs.ts'

/**
 * Does what a job wakes for; doing it twice does no harm.
 *
 * @returns when the job is to wake again, in milliseconds since the epoch by the database's clock; null: never
 */
export type Handle<T> = (data: T, underway: Underway) => Promise<number | null>

/** What a handler that takes long needs besides. */
export interface Underway {
  /** Aborted when the process is to end. */
  readonly stopping: AbortSignal
  /** Shows, where jobs are looked at, how far it is. What keeps that from being shown keeps nothing else. */
  showProgress(percent: number): void
}

export interface ProcessorOptions {
  readonly stopping: AbortSignal
  /** Milliseconds since the epoch, by the database's clock. */
  readonly now: () => number
  readonly log: Logger
}

/** A job that is put back sleeps at least this long, whatever its handler says. Milliseconds. */
const SLEEP_AT_LEAST = 100

/** What BullMQ calls with each job of a queue. */
export function processorOf<N extends QueueName>(
  queue: N,
  handle: Handle<Payload<N>>,
  { stopping, now, log }: ProcessorOptions,
): Processor {
  return async (job, token) => {
    const payload = PAYLOADS[queue].safeParse(job.data)
    if (!payload.success) {
      log.error({ queue, job: job.id }, 'a job that means nothing is dropped')
      return
    }
    const showProgress = (percent: number) => void job.updateProgress(percent).catch(() => {})
    const wake = await handle(payload.data as Payload<N>, { stopping, showProgress }).catch((error) => {
      // Where the database is away everything fails, and others tell.
      log[isUnavailable(error) ? 'debug' : 'warn'](
        { err: error, queue, job: job.id },
        'a job failed; it is tried again',
      )
      throw asKept(error)
    })
    if (wake === null) return
    // BullMQ goes by the local clock, so a process whose clock is ahead gets jobs early. By the same clock it gets them
    // back in time.
    await job.moveToDelayed(Date.now() + Math.max(SLEEP_AT_LEAST, wake - now()), token)
    throw new DelayedError()
  }
}

/** The error that a job keeps as its reason, where the board shows it: no more than logs may hold. */
function asKept(error: unknown): Error {
  const { name, message = name } = describeFailure(error)
  return new Error(message)
}

const BACKOFF = { first: 500, longest: 60_000 }

/** Exponential, with jitter that keeps what failed together from coming back together. Milliseconds. */
export function backoff(attempts: number): number {
  const longest = Math.min(BACKOFF.first * 2 ** (attempts - 1), BACKOFF.longest)
  return Math.round(longest * (0.5 + Math.random() / 2))
}
