import { z } from 'zod'
import { EVENT_TYPES } from '../../core/events.ts'
import { DISPOSITIONS } from '../../core/model.ts'
import { field, idCursor, idPath, list, listQuery, name, text, time } from './common.ts'
import { SUBSCRIPTION } from './examples.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

const url = z.string().min(1).max(2_000)
const events = z.array(z.enum(EVENT_TYPES)).min(1)
const secret = z.string().min(1).max(200).nullable().optional()

const filter = z.strictObject({
  decision: name('Only about this decision.', 'expansion-outreach').optional(),
  disposition: field(
    z.enum(DISPOSITIONS),
    'Only about adjudications with this disposition; of a decision, the one that led to it.',
    'escalate',
  ).optional(),
  account: name('Only about this account, by its id or an alias.', 'acme').optional(),
  agent: name('Only what concerns this agent: its proposals and its leases.', 'renewal-copilot').optional(),
})

export const subscriptionRequest = z
  .strictObject({
    url: field(url, 'Where it is told: https, and a public address.', 'https://crm.example.com/hooks/umpire'),
    events: field(events, 'Of what; of everything where it is left out.', ['adjudication.changed']).optional(),
    filter: filter.optional().meta({ description: 'Which of them; all where it is left out.', examples: [{}] }),
    secret: field(
      secret,
      'What signs, `whsec_` and the base64 of 24 to 64 random bytes. Left out or null: one is made, and shown once.',
      SECRET,
    ),
  })
  .meta({ id: 'SubscriptionRequest', description: 'Who is to be told of what.', examples: [SUBSCRIPTION] })

export const subscriptionPatch = z
  .strictObject({
    paused: field(z.boolean(), 'Whether what there is for it waits, for a day at most.', true).optional(),
    secret: field(
      secret,
      'What signs from now on, beside the one before for a day. Null: one is made, and shown once.',
      null,
    ),
  })
  .refine((patch) => Object.keys(patch).length > 0, { error: 'must change at least one field' })
  .meta({ id: 'SubscriptionPatch', description: 'What is to be otherwise.', examples: [{ paused: true }] })

const subscriptionFields = {
  id: text('Id.', '01980a2e-7c21-7a3c-9f0e-1b2c3d4e5f60'),
  url: text('Where it is told.', 'https://crm.example.com/hooks/umpire'),
  events: field(z.array(z.enum(EVENT_TYPES)), 'Of what.', ['adjudication.changed']),
  filter: filter.strip().meta({ description: 'Which of them.', examples: [{ decision: 'expansion-outreach' }] }),
  paused: field(z.boolean(), 'Whether what there is for it waits.', false),
  createdBy: text('The key that it was made with.', 'admin'),
  createdAt: time('When it was made.'),
}

export const subscription = z
  .object(subscriptionFields)
  .meta({ id: 'Subscription', description: 'Somebody who is told of events.' })

export const subscriptionMade = z
  .object({
    ...subscriptionFields,
    secret: field(
      z.string().nullable(),
      'What signs, shown this once; null: you have it. Keep it: nobody can look it up.',
      SECRET,
    ),
  })
  .meta({ id: 'SubscriptionMade', description: 'Somebody who is told of events, with what signs that.' })

export const subscriptionPath = idPath('subscription')
export const subscriptionList = list('subscriptions', subscription)
export const subscriptionQuery = listQuery({ cursor: idCursor })

export const subscriptionTest = z
  .object({
    delivery: text('Id of the delivery, which says what became of it.', '01980a2e-7c21-7a3c-9f0e-1b2c3d4e5f60'),
  })
  .meta({ id: 'SubscriptionTest', description: 'Something is on its way that says nothing.' })
