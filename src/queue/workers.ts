import type { Stir } from '../app/leases/recheck.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { deliveryJob } from './jobs.ts'
import type { Underway } from './processor.ts'
import type { Queues } from './queues.ts'

/** What is done when a job wakes. Each judges by the rows and the database's clock, and doing it again does no harm. */
export interface Handlers {
  /** @returns ids of the deliveries that it made; none where it was handled before */
  handleNotice(outbox: number): Promise<readonly string[]>
  /** @returns when the escalation's clock strikes next, in milliseconds since the epoch; null: never */
  tick(escalation: string): Promise<number | null>
  /** @returns when to come back; null: it is answered */
  answerQuestion(account: string, decision: string): Promise<number | null>
  /** @returns when to try again; null: it is settled */
  attemptDelivery(delivery: string): Promise<number | null>
  /** @returns when to come back; null: it is done */
  recheckLeases(outbox: number, stir: Stir): Promise<number | null>
  /** @returns when to come back; null: it is finished */
  runBacktest(backtest: string, underway: Underway): Promise<number | null>
}

export interface WorkersOptions {
  readonly queues: Pick<Queues, 'add' | 'work'>
  readonly handlers: Handlers
  readonly metrics: Pick<Metrics, 'noticed'>
  /** Milliseconds since the epoch, by the database's clock. */
  readonly now: () => number
}

/** Jobs at a time. Deliveries mostly wait for others' servers; a back-test has a processor to itself, and more. */
const CONCURRENCY = { notices: 8, clocks: 4, questions: 8, deliveries: 64, leases: 4, backtests: 1 }

export function startWorkers({ queues, handlers, metrics, now }: WorkersOptions): void {
  queues.work('notices', CONCURRENCY.notices, async ({ outbox, createdAt }) => {
    const deliveries = await handlers.handleNotice(outbox)
    metrics.noticed((now() - createdAt) / 1000)
    // Should this fail, they are found when queues are reconciled.
    if (deliveries.length > 0) await queues.add(deliveries.map((id) => deliveryJob(id)))
    return null
  })
  queues.work('clocks', CONCURRENCY.clocks, async ({ escalation, at }) => {
    const next = await handlers.tick(escalation)
    // The job came early. Any other time was committed, and queued, together with the step that set it. A clock that has
    // struck and stays as it is would wake at once, again and again; it is found among those that are late.
    return next === at && next > now() ? next : null
  })
  queues.work('questions', CONCURRENCY.questions, ({ account, decision }) => handlers.answerQuestion(account, decision))
  queues.work('deliveries', CONCURRENCY.deliveries, ({ delivery }) => handlers.attemptDelivery(delivery))
  queues.work('leases', CONCURRENCY.leases, async ({ outbox, account, activation }) => {
    if (account !== undefined) return handlers.recheckLeases(outbox, { account })
    return activation === undefined ? null : handlers.recheckLeases(outbox, { activation })
  })
  queues.work('backtests', CONCURRENCY.backtests, ({ backtest }, underway) => handlers.runBacktest(backtest, underway))
}
