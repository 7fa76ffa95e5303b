import { z } from 'zod'
import { durationSchema, factsSchema, nameSchema, rulesSchema } from './parts.ts'

/** `_all.yaml`. */
export const allSchema = z.strictObject({
  facts: factsSchema.optional(),
  cooldowns: z
    .record(nameSchema, durationSchema)
    .default({})
    .describe('By tag, how long after an action with it no action with it is done again, across all decisions.'),
  rules: rulesSchema.describe('Rules of every decision, before its own. What a decision has not, they leave alone.'),
})
