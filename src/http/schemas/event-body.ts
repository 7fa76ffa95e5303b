import { z } from 'zod'
import { DISPOSITIONS, VERDICTS } from '../../core/model.ts'
import { count, field, probability, text, time } from './common.ts'
import { decided } from './resolution.ts'

const ADJUDICATION = '01980a2e-7c1f-7d4b-9a55-2f6a4a4d1c11'
const SUBSCRIPTION = '01980a2e-7c21-7a3c-9f0e-1b2c3d4e5f60'
const ACTION = 'send_expansion_email'
const AGENT = 'renewal-copilot'

const about = {
  account: text('Id of the account.', 'acme'),
  decision: text('The decision.', 'expansion-outreach'),
  adjudication: text('Id of the adjudication that it is about.', ADJUDICATION),
  escalation: field(z.string().nullable(), 'Id of the item that people have of it; null: none.', null),
  sequence: count("Its place in the account's trail: of two events the one with the higher is the newer.", 12),
  url: text('The adjudication.', `https://umpire.example.com/v1/adjudications/${ADJUDICATION}`),
}

const recommendation = z
  .object({
    action: field(z.string().nullable(), 'What is recommended; null: nothing is permitted.', 'wait'),
    confidence: probability('Belief in the states in which it costs the least.', 0.91),
    disposition: field(z.enum(DISPOSITIONS), 'What may be done with it.', 'act'),
  })
  .meta({ description: 'What to do; null: a blind queue hides it.' })
  .nullable()

const proposed = {
  agent: text('Who wants to act.', AGENT),
  action: text('What it wants to do.', ACTION),
}

const proposal = z
  .object({
    ...proposed,
    verdict: field(z.enum(VERDICTS).nullable(), 'Whether it may; null: a blind queue hides it.', 'deny'),
  })
  .meta({ description: 'What an agent wanted to do; null: none did.' })
  .nullable()

const summary = field(z.string().nullable(), 'Why, in a sentence; null: a blind queue hides it.', 'Wait. …')

const answer = { ...about, recommendation, proposal, summary }

const before = z
  .object({
    action: field(z.string().nullable(), 'What was recommended; null: nothing was permitted.', ACTION),
    disposition: field(z.enum(DISPOSITIONS), 'What was to be done with it.', 'act'),
    proposal: z
      .object({ ...proposed, verdict: field(z.enum(VERDICTS), 'Whether it might.', 'allow') })
      .meta({ description: 'What an agent wanted to do then; null: none did.' })
      .nullable(),
  })
  .meta({ description: 'The answer before; null: it has been erased, or a blind queue hides it.' })
  .nullable()

const decision = z
  .object({
    action: field(z.string().nullable(), 'What is to be done; null: nothing is permitted.', ACTION),
    confidence: z.null().meta({ description: 'Nobody states any.', examples: [null] }),
    disposition: z.null().meta({ description: 'It is decided.', examples: [null] }),
  })
  .meta({ description: 'What was decided.' })

const settled = z
  .object({
    ...proposed,
    verdict: z.null().meta({ description: 'Whether it may is to be checked again.', examples: [null] }),
  })
  .meta({ description: 'What an agent waited for permission to do; null: none did.' })
  .nullable()

const lease = z
  .object({
    id: text('Id.', SUBSCRIPTION),
    agent: text('Whose it was.', AGENT),
    action: text('What it was allowed to do.', ACTION),
  })
  .meta({ description: 'The lease.' })

const reason = field(
  z.string().nullable(),
  'Why, in words; null: a blind queue hides it.',
  'it is denied now: churn-radar (82 %, today) says otherwise',
)

/** What is told of an event of each type, over streams and to subscriptions. */
export const eventBodies = {
  'adjudication.created': told('AdjudicationCreated', 'adjudication.created', 'A question was answered.', answer),
  'adjudication.changed': told(
    'AdjudicationChanged',
    'adjudication.changed',
    'A question was answered otherwise than the time before.',
    { ...answer, before },
  ),
  'adjudication.resolved': told(
    'AdjudicationResolved',
    'adjudication.resolved',
    'People decided what is to be done, or nobody did in time.',
    {
      ...about,
      recommendation: decision,
      proposal: settled,
      summary: text('Who says so.', 'Wait. …'),
      resolution: decided.meta({ description: 'Who decided what, and why.' }),
    },
  ),
  'lease.revoked': told('LeaseRevoked', 'lease.revoked', 'What an agent was allowed to do, it is not any more.', {
    ...about,
    lease,
    reason,
  }),
  'subscription.test': told('SubscriptionTried', 'subscription.test', 'Somebody tries a subscription.', {
    subscription: text('Id of the subscription.', SUBSCRIPTION),
  }),
} as const

function told<S extends z.ZodRawShape>(id: string, type: string, description: string, data: S) {
  return z
    .object({
      id: text('Of the event: the same over every door, and of no other.', '7421.9031.1'),
      type: field(z.literal(type), 'What happened.', type),
      timestamp: time('When.'),
      data: z.object(data).meta({ description: 'What there is to know of it.' }),
    })
    .meta({ id, description })
}

const header = (name: string, description: string, example: string) => ({
  name,
  in: 'header' as const,
  required: true,
  description,
  schema: { type: 'string' as const },
  example,
})

const SIGNED = [
  header('webhook-id', 'Id of the delivery, the same however often it comes.', SUBSCRIPTION),
  header('webhook-timestamp', 'When it was sent, seconds since the epoch.', '1795165200'),
  header(
    'webhook-signature',
    '`v1,` and the base64 of an HMAC-SHA256; of several, with spaces between, one fits.',
    'v1,…',
  ),
]

/** The requests that subscriptions get, as OpenAPI 3.1 describes webhooks. */
export const eventWebhooks = Object.fromEntries(
  Object.entries(eventBodies).map(([type, body]) => {
    const { id, description = '' } = body.meta()!
    const schema = { $ref: `#/components/schemas/${id}` }
    const post = {
      operationId: `on${id}`,
      tags: ['Events'],
      summary: description,
      description: 'Signed as Standard Webhooks has it.',
      security: [],
      parameters: SIGNED,
      requestBody: { required: true, content: { 'application/json': { schema } } },
      responses: {
        '2XX': { description: 'It has arrived.' },
        '410': { description: 'Send no more: the subscription is paused.' },
      },
    }
    return [type, { post }]
  }),
)
