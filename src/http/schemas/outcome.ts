import { z } from 'zod'
import { field, name, timestamp } from './common.ts'
import { OUTCOMES } from './examples.ts'
import { itemProblem } from './problem.ts'

export const outcome = z
  .strictObject({
    account: name('The account, by its id or an alias.', 'acme'),
    decision: name('The decision whose state became known.', 'expansion-outreach'),
    state: name('The state that was the truth.', 'at_risk'),
    observedAt: timestamp('When it became known.'),
    source: name('Who says so: one source says one thing per decision and time.', 'billing'),
  })
  .meta({ id: 'Outcome', description: "The truth about an account's state, learned later." })

export const outcomesRequest = z
  .strictObject({
    outcomes: z
      .array(outcome)
      .min(1)
      .max(1_000)
      .meta({ description: 'Taken in one by one: a bad one stops no other.' }),
  })
  .meta({ examples: [OUTCOMES] })

const outcomeResult = z.object({
  status: field(z.enum(['accepted', 'duplicate', 'rejected']), 'What became of it.', 'accepted'),
  problem: itemProblem.optional(),
})

export const outcomesResponse = z.object({
  results: z.array(outcomeResult).meta({ description: 'In the order of the outcomes.' }),
})
