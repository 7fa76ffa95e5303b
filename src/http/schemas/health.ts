import { z } from 'zod'
import { field } from './common.ts'

export const health = z.object({ status: field(z.literal('ok'), 'The process is up.', 'ok') })

export const ready = z.object({
  status: field(z.literal('ready'), 'Migrations are done, rules are loaded and the stores answer.', 'ready'),
})
