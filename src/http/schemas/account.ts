import { z } from 'zod'
import { adjudication } from './adjudication.ts'
import { field, name, text } from './common.ts'
import { escalation } from './escalation.ts'
import { ACCOUNT_CHANGE } from './examples.ts'
import { facts, factsChange } from './facts.ts'
import { standingSignal } from './signal.ts'

export const accountPath = z.strictObject({ account: name('Id of the account, or an alias.', 'acme') })

export const accountChange = z
  .strictObject({
    facts: factsChange.optional(),
    aliases: z
      .array(name('What another system calls the account.', 'hubspot:4711'))
      .max(100)
      .meta({
        description: 'Aliases to add. One that was an account of its own joins this one.',
        examples: [['hubspot:4711']],
      })
      .optional(),
  })
  .meta({ id: 'AccountChange', description: 'What is new about an account.', examples: [ACCOUNT_CHANGE] })

export const account = z
  .object({
    account: text('Id of the account.', 'acme'),
    aliases: field(z.array(z.string()), 'What other systems call it.', ['hubspot:4711']),
    facts,
    signals: z.array(standingSignal).meta({ description: 'Its live signals.' }),
    adjudications: z.array(adjudication).meta({ description: 'The newest of each decision.' }),
    escalations: z.array(escalation).meta({ description: 'What waits for a person.' }),
  })
  .meta({ id: 'Account', description: 'An account as it stands.' })
