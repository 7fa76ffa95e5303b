import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { OutboxRow } from '../storage/outbox.ts'
import type { PendingQuestion } from '../storage/questions.ts'

const time = z.int()

/** The queues, and what a job of each carries. Jobs only wake: what is to be done, the rows say. */
export const PAYLOADS = {
  /** Somebody must be told: a row of the outbox, and when it was committed. */
  notices: z.object({ outbox: z.int(), createdAt: time }),
  /** An escalation's clock strikes. */
  clocks: z.object({ escalation: z.uuid(), at: time }),
  /** The world has asked a question. */
  questions: z.object({ account: z.string(), decision: z.string(), sequence: z.int() }),
  /** One message to one target is to be attempted. */
  deliveries: z.object({ delivery: z.uuid() }),
  /** Something has come that may have ended leases: of an account, or rules that another activation brought. */
  leases: z.object({ outbox: z.int(), account: z.string().optional(), activation: z.int().optional() }),
  /** The recorded past is to be asked again of two rulesets. */
  backtests: z.object({ backtest: z.uuid() }),
} as const

export type QueueName = keyof typeof PAYLOADS
export type Payload<N extends QueueName> = z.output<(typeof PAYLOADS)[N]>
export const QUEUE_NAMES = Object.keys(PAYLOADS) as readonly QueueName[]

/** A job as it is queued. There is at most one of an id, and ids say what it is for: queueing it twice does no harm. */
export interface Job<N extends QueueName> {
  readonly queue: N
  /** Without `:`, which BullMQ keeps for itself. */
  readonly id: string
  readonly data: Payload<N>
  /** Not before this time, in milliseconds since the epoch; at once where it is null. */
  readonly at: number | null
}
export type AnyJob = { [N in QueueName]: Job<N> }[QueueName]

export function noticeJob(outbox: number, createdAt: number): Job<'notices'> {
  return { queue: 'notices', id: `notice-${outbox}`, data: { outbox, createdAt }, at: null }
}

export function clockJob(escalation: string, at: number): Job<'clocks'> {
  return { queue: 'clocks', id: `clock-${escalation}-${at}`, data: { escalation, at }, at }
}

/** For a clock that should have struck: it does not wait behind a job of that clock that sleeps too long. */
export function lateClockJob(escalation: string, at: number): Job<'clocks'> {
  return { queue: 'clocks', id: `clock-${escalation}-${at}-late`, data: { escalation, at }, at: null }
}

export function questionJob({ account, decision, sequence }: PendingQuestion): Job<'questions'> {
  // Names may be long, and hold whatever separates the parts of an id.
  const question = createHash('sha256')
    .update(JSON.stringify([account, decision]))
    .digest('base64url')
  return { queue: 'questions', id: `question-${question}-${sequence}`, data: { account, decision, sequence }, at: null }
}

export function deliveryJob(delivery: string, at: number | null = null): Job<'deliveries'> {
  return { queue: 'deliveries', id: `delivery-${delivery}`, data: { delivery }, at }
}

/** @returns null where the row says nothing that could be done */
export function leasesJob({ id, payload }: Pick<OutboxRow, 'id' | 'payload'>): Job<'leases'> | null {
  const data = read(PAYLOADS.leases.omit({ outbox: true }), payload)
  return data && { queue: 'leases', id: `leases-${id}`, data: { ...data, outbox: id }, at: null }
}

export function backtestJob(backtest: string): Job<'backtests'> {
  return { queue: 'backtests', id: `backtest-${backtest}`, data: { backtest }, at: null }
}

/** @returns null where the row says nothing that could be done */
export function jobOf(row: OutboxRow): AnyJob | null {
  const { id, topic, payload, createdAt } = row
  switch (topic) {
    case 'notice':
      return noticeJob(id, createdAt.getTime())
    case 'leases':
      return leasesJob(row)
    case 'clock': {
      const data = read(PAYLOADS.clocks, payload)
      return data && clockJob(data.escalation, data.at)
    }
    case 'question': {
      const data = read(PAYLOADS.questions, payload)
      return data && questionJob(data)
    }
    case 'delivery': {
      const data = read(PAYLOADS.deliveries, payload)
      return data && deliveryJob(data.delivery)
    }
    case 'backtest': {
      const data = read(PAYLOADS.backtests, payload)
      return data && backtestJob(data.backtest)
    }
    default:
      return null
  }
}

function read<T>(schema: z.ZodType<T>, json: string): T | null {
  try {
    return schema.safeParse(JSON.parse(json)).data ?? null
  } catch {
    return null
  }
}
