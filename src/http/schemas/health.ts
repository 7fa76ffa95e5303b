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
})
