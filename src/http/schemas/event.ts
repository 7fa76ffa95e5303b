import { z } from 'zod'
import { EVENT_TYPES } from '../../core/events.ts'
import { DISPOSITIONS } from '../../core/model.ts'
import { field, nameFilter, unfilled } from './common.ts'

const NAMES = EVENT_TYPES.map((type) => `\`${type}\``).join(', ')

export const streamQuery = z.strictObject({
  events: unfilled(
    z.preprocess((sent) => (typeof sent === 'string' ? sent.split(',') : sent), z.array(z.enum(EVENT_TYPES)).min(1)),
    `Only these, with commas between them: ${NAMES}.`,
  ),
  decision: nameFilter('Only about this decision.'),
  disposition: unfilled(z.enum(DISPOSITIONS), 'Only about adjudications with this disposition.'),
  account: nameFilter('Only about this account, by its id or an alias.'),
  agent: nameFilter('Only what concerns this agent: its proposals and its leases.'),
})

export const streamHeaders = z.looseObject({
  'last-event-id': unfilled(
    z.string().min(1).max(50),
    'Id of the last event that you have heard: what came since is told first.',
  ),
})

export const streamed = field(
  z.string(),
  '`id`, `event` (the type) and `data`: JSON, the same as subscriptions get, whose bodies `webhooks` describes. Of the ' +
    'stream itself tell `stream.opened`, `stream.late` and `stream.alive`: `id` and `type`.',
  'id: 7421.9031.1\nevent: adjudication.changed\ndata: {"id":"7421.9031.1","type":"adjudication.changed"}\n\n',
)
