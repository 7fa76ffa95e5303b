import { z } from 'zod'
import { field, text, time } from './common.ts'

const decision = z.object({
  decision: text('Name of the decision.', 'expansion-outreach'),
  description: text('The question it answers.', 'May a copilot reach out about expansion?'),
  states: field(z.array(z.string()), 'What may be true of an account.', ['healthy', 'at_risk']),
  actions: field(z.array(z.string()), 'What can be done.', ['send_expansion_email', 'wait']),
})

export const ruleset = z
  .object({
    ruleset: text('SHA-256 of the rules.', 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'),
    activatedAt: time('Since when they answer.'),
    source: text('Where they came from.', 'directory rules'),
    decisions: z.array(decision).meta({ description: 'What can be asked.' }),
    lastError: field(z.string().nullable(), 'Why newer rules were not taken; null: none were refused.', null),
  })
  .meta({ id: 'Ruleset', description: 'The rules that answer now.' })
