import { z } from 'zod'
import { account } from './account.ts'
import { adjudication } from './adjudication.ts'
import { field } from './common.ts'
import { escalationFields } from './escalation.ts'

/** An item with all that a person needs to decide it. */
export const escalationDetail = z
  .object({
    ...escalationFields,
    adjudicationDetail: adjudication,
    accountDetail: account,
    decide: z
      .object({
        actions: field(z.array(z.string()), 'Actions to choose from.', ['send_expansion_email', 'wait']),
        states: field(z.array(z.string()), 'States that may be the truth.', ['healthy', 'at_risk']),
      })
      .meta({ description: 'What there is to decide.' }),
  })
  .meta({ id: 'EscalationDetail', description: 'An item in a human queue, with what it is about.' })
