import { z } from 'zod'
import { factsSchema, rulesSchema } from './parts.ts'

/** `_all.yaml`. */
export const allSchema = z.strictObject({
  facts: factsSchema.optional(),
  rules: rulesSchema.describe('Rules of every decision, before its own. What a decision has not, they leave alone.'),
})
