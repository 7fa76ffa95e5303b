import { formatDuration } from '../../core/duration.ts'
import { OPS, queueOf } from '../../core/queues.ts'
import { type QueueStats, readQueueStats } from '../../storage/queue-stats.ts'
import { type App, type Page, type Paged, paged } from '../app.ts'

export type QueueView = ReturnType<typeof queueView>

/** By name: those that `queues.yaml` declares, `ops`, and those that have had an item within the last 30 days. */
export async function listQueues(app: App, page: Page): Promise<Paged<QueueView>> {
  const stats = new Map((await readQueueStats(app.db, app.now())).map((row) => [row.queue, row]))
  const names = new Set([...app.rules.active.queues.declared.keys(), OPS, ...stats.keys()])
  const after = page.cursor ?? ''
  const rows = [...names].filter((name) => name > after).sort()
  return paged(
    rows.slice(0, page.limit + 1),
    page.limit,
    (name) => queueView(app, stats.get(name) ?? { ...IDLE, queue: name }),
    (name) => name,
  )
}

const IDLE: Omit<QueueStats, 'queue'> = {
  open: 0,
  claimed: 0,
  overdue: 0,
  samples: 0,
  oldest: null,
  opened: 0,
  resolved: 0,
  timeToClaim: null,
  timeToResolve: null,
  agreement: null,
}

function queueView({ rules }: App, stats: QueueStats) {
  return {
    queue: stats.queue,
    description: queueOf(rules.active.queues, stats.queue).description,
    open: stats.open,
    claimed: stats.claimed,
    overdue: stats.overdue,
    samples: stats.samples,
    oldest: stats.oldest?.toISOString() ?? null,
    openedPerHour: stats.opened / 24,
    resolvedPerHour: stats.resolved / 24,
    medianTimeToClaim: durationOrNull(stats.timeToClaim),
    medianTimeToResolve: durationOrNull(stats.timeToResolve),
    agreementRate: stats.agreement,
  }
}

const durationOrNull = (milliseconds: number | null) => (milliseconds === null ? null : formatDuration(milliseconds))
