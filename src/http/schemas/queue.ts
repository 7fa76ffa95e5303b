import { z } from 'zod'
import { count, field, list, listQuery, nameCursor, number, probability, text, time } from './common.ts'

export const queue = z
  .object({
    queue: text('Name.', 'csm'),
    description: text('Whose it is and what for; empty where `queues.yaml` does not say.', 'Customer success managers'),
    open: count('Decisions that anybody may claim, those among them whose claim has lapsed.', 12),
    claimed: count('Decisions that somebody works on.', 3),
    overdue: count('Of those open and claimed, the ones that should have been decided by now.', 1),
    samples: count('Samples that nobody has looked at yet. They block nothing, and no other figure counts them.', 4),
    oldest: time('When the oldest open or claimed decision was opened; null: none waits.').nullable(),
    openedPerHour: number('Mean of the last 24 hours.', 2.5),
    resolvedPerHour: number('Decisions that people made, mean of the last 24 hours.', 2.25),
    medianTimeToClaim: duration('From opening to the first claim, over the last 7 days', 'PT11M30S'),
    medianTimeToResolve: duration('From opening to the resolution, over the last 7 days', 'PT1H42M'),
    agreementRate: probability(
      'Of the recommendations that people upheld or overrode in the last 30 days, the share that they went along ' +
        'with; null: there were none.',
      0.86,
    ).nullable(),
  })
  .meta({ id: 'Queue', description: 'A queue that people work on, and how it does.' })

function duration(description: string, example: string) {
  return field(z.string().nullable(), `${description}, ISO 8601; null: there was nothing to measure.`, example)
}

export const queueQuery = listQuery({
  cursor: nameCursor,
})
export const queueList = list('queues', queue)
