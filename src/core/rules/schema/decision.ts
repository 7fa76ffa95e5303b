import { z } from 'zod'
import {
  amountSchema,
  assigneeSchema,
  autonomySchema,
  durationSchema,
  factsSchema,
  nameSchema,
  probabilitySchema,
  rulesSchema,
  textSchema,
} from './parts.ts'

const stateSchema = z.strictObject({
  prior: z.number().gt(0).lt(1).describe('How likely the state is before any signal; all priors sum to 1.'),
  description: textSchema.optional().describe('What the state means.'),
})

export const claimSchema = z.strictObject({
  pointsAt: z.array(nameSchema).min(1).describe('The states that the claim speaks for.'),
  halfLife: durationSchema.optional().describe('After which time the claim weighs half; without it, it does not age.'),
})

export const actionSchema = z.strictObject({
  autonomy: autonomySchema.describe(
    '`autonomous` acts unseen, `supervised` acts and a sample is reviewed, `copilot` suggests, `off_limits` is for people.',
  ),
  tags: z
    .array(nameSchema)
    .optional()
    .describe('Words that rules can name many actions by, as in `"#customer_facing"`.'),
  loss: z
    .record(nameSchema, amountSchema)
    .describe('For each state, what this action costs more than the best one would: a number or a CEL expression.'),
  cooldown: durationSchema
    .optional()
    .describe('How long after it was done it is not done again, whatever decision it was done under.'),
  description: textSchema.optional().describe('What the action is.'),
})

const reviewSchema = z.strictObject({
  cost: z.number().min(0).describe('What it costs to ask a person, in the same money as the losses.'),
  queue: nameSchema.describe('Who is asked.'),
  due: durationSchema
    .optional()
    .describe('How soon the person should decide; what `queues.yaml` says of the queue, or a day, where left out.'),
  sampleRate: probabilitySchema
    .default(0.1)
    .describe('The share of supervised actions that is reviewed; 0.1 where left out.'),
  assignee: assigneeSchema
    .optional()
    .describe('A CEL expression over `account` and `now` that names who should take it; nobody where it comes to "".'),
  holdsFor: durationSchema
    .prefault('P7D')
    .describe("How long a person's answer stands unless something changes; seven days where left out."),
  fallback: nameSchema
    .optional()
    .describe('The action that is taken where nobody decides in time, in a queue with `onExpiry: fallback`.'),
})

export type ReviewText = z.output<typeof reviewSchema>

/** A decision file. */
export const decisionSchema = z.strictObject({
  decision: nameSchema.describe('The name of the decision.'),
  description: textSchema.optional().describe('The question, in a sentence.'),
  facts: factsSchema.optional(),
  states: z.record(nameSchema, stateSchema).describe('What may be true of the account: exactly one of these is.'),
  claims: z.record(nameSchema, claimSchema).default({}).describe('What agents say, and the states that it points at.'),
  actions: z.record(nameSchema, actionSchema).describe('What can be done. Of equals the one written first is taken.'),
  review: reviewSchema.describe('What asking a person costs, and who is asked.'),
  adjudicateOn: z
    .array(z.enum(['signal', 'fact']))
    .default([])
    .describe('What, when it arrives, makes the question be asked by itself; nothing where left out.'),
  rules: rulesSchema.default([]),
  dependence: probabilitySchema
    .default(0.75)
    .describe('How much agents repeat one another: 0 adds their evidence up, 1 averages it. 0.75 where left out.'),
  evidenceCap: z
    .number()
    .gt(0)
    .max(20)
    .default(3)
    .describe('The most that one agent can move the log odds of a state; 3 where left out.'),
  tolerance: z
    .number()
    .min(0)
    .default(0)
    .describe('How much worse than the best a proposed action may be and still be allowed; 0 where left out.'),
  validFor: durationSchema.prefault('PT1H').describe('How long an answer may be used; an hour where left out.'),
  lease: durationSchema
    .prefault('PT10M')
    .describe('How long an agent may act on an answer that allows it to; ten minutes where left out.'),
})

export type DecisionText = z.output<typeof decisionSchema>
