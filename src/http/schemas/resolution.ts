import { z } from 'zod'
import { ESCALATION_STATUSES } from '../../core/escalation/escalation.ts'
import { parseDuration } from '../../core/rules/time.ts'
import { field, text, time } from './common.ts'

const LONGEST = 60_000

export const resolutionQuery = z.strictObject({
  wait: z
    .string()
    .refine((given) => Number(parseDuration(given)) <= LONGEST, {
      error: 'must be an ISO 8601 duration of at most a minute, such as `PT30S`',
    })
    .transform((given) => Number(parseDuration(given)))
    .default(0)
    .meta({
      description:
        'How long to wait for a person, at most: an ISO 8601 duration up to `PT60S`. Not at all where it is left out.',
      examples: ['PT30S'],
    }),
})

export const decided = z
  .object({
    resolution: field(
      z.enum(['uphold', 'override', 'dismiss', 'fallback', 'withdrawn']),
      'How it ended: by a person (`uphold` the recommendation, `override` it, `dismiss` the question), because nobody ' +
        'decided in time (`fallback`), or because no person was needed any more (`withdrawn`).',
      'override',
    ),
    action: field(z.string().nullable(), 'What is to be done; null: nothing was decided.', 'wait'),
    reason: text('Why, by its code.', 'known_plan'),
    state: field(z.string().nullable(), 'What the reviewer knows of the account; null: nothing was said.', 'at_risk'),
    by: text('Who decided; `umpire` where nobody did.', 'maria'),
    at: time('When it ended.'),
  })
  .meta({ description: 'What was decided; null: nothing yet.' })

export const resolution = z
  .object({
    adjudication: text('Id of the adjudication.', '01980a2e-7c1f-7d4b-9a55-2f6a4a4d1c11'),
    escalation: field(
      z.string().nullable(),
      'Id of the item that the question became, or joined; null: nobody was asked.',
      '01980a2e-7c20-7b1e-8c3d-5d0a5f4f9b02',
    ),
    status: field(
      z.enum(['none', ...ESCALATION_STATUSES]),
      'How far the item is. `none`: nobody was asked. `open` or `claimed`: nobody has decided yet, so ask again.',
      'resolved',
    ),
    resolution: decided.nullable(),
  })
  .meta({ id: 'Resolution', description: 'What became of a question that people were asked.' })
