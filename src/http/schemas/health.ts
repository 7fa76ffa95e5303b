import { z } from 'zod'
import { field } from './common.ts'

export const health = z.object({ status: field(z.literal('ok'), 'The process is up.', 'ok') })

export const ready = z.object({
  status: field(z.literal('ready'), 'Migrations are done, rules are loaded and the stores answer.', 'ready'),
  degraded: field(
    z.array(z.string()),
    'What does not work at the moment and stops no request; absent: everything works.',
    ["the queues can't be reached: notices and clocks wait"],
  ).optional(),
  off: field(z.array(z.string()), 'Webhook sources that lack what they need; absent: none do.', [
    'source `hubspot`: the variable `HUBSPOT_CLIENT_SECRET` is not set',
  ]).optional(),
})
