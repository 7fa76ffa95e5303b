import { z } from 'zod'
import { count, field, idCursor, idPath, list, listQuery, name, nameFilter, text, time, UUID } from './common.ts'

export const webhookPath = z.strictObject({ source: name('The source, by its name in `sources.yaml`.', 'hubspot') })

export const secretWebhookPath = z.strictObject({
  source: name('The source, by its name in `sources.yaml`.', 'salesforce'),
  secret: name('The secret of the source, where it can do nothing but call a URL.', 'kept-0123456789abcdef'),
})

export const received = z
  .object({
    source: text('The source.', 'hubspot'),
    duplicate: field(z.boolean(), 'Whether the request had come before: nothing was done.', false),
    taken: count('Events that were taken in.', 3),
    ignored: count('Events that a matcher says are not wanted.', 1),
    rejected: count('Events that could not be taken in: see `GET /v1/webhooks/rejected`.', 0),
  })
  .meta({ id: 'Received', description: 'What became of a request to a webhook.' })

export const rejection = z
  .object({
    id: text('Id.', '01980a2e-7c21-7a3c-9f0e-1b2c3d4e5f60'),
    source: text('Who sent it.', 'hubspot'),
    account: field(z.string().nullable(), 'The account, as the source calls it; null: not known.', 'hubspot:4711'),
    whole: field(
      z.boolean(),
      'Whether it is a whole payload, of which it could not be told what its events are.',
      false,
    ),
    matcher: field(z.string().nullable(), 'The matcher that it fits; null: none does.', 'company-arr'),
    reason: text(
      'Why it could not be taken in.',
      '`facts`: unable to cast value to a number: `many` (near character 20)',
    ),
    times: count('How often it has come.', 1),
    firstAt: time('When it came first.'),
    lastAt: time('When it came last.'),
    untrusted: z
      .object({
        event: z.unknown().meta({
          description:
            'What was sent: the event, or its text where that is not safe as JSON; of a whole payload its text.',
          examples: [{ subscriptionType: 'company.propertyChange', objectId: 4711, propertyValue: 'many' }],
        }),
      })
      .meta({ description: "What the source sent: nobody's word." }),
  })
  .meta({ id: 'Rejection', description: 'What a source sent and could not be taken in.' })

export const rejectionList = list('rejected', rejection)

export const rejectionQuery = listQuery({ source: nameFilter('Only from this source.'), cursor: idCursor })

export const rejectionPath = idPath('rejection')

const replayedFields = {
  taken: count('Events that were taken in now.', 12),
  ignored: count('Events that a matcher says are not wanted.', 0),
  rejected: count('Events that still can not be taken in.', 1),
}

export const replayed = z
  .object(replayedFields)
  .meta({ id: 'Replayed', description: 'What became of what was tried again.' })

export const replayRequest = z
  .strictObject({
    source: name('Whose events to try again.', 'hubspot'),
    after: field(
      z.string().regex(UUID, { error: 'must be `next` of the answer before' }),
      '`next` of the answer before, to go on behind what was tried.',
      '01980a2e-7c21-7a3c-9f0e-1b2c3d4e5f60',
    ).optional(),
  })
  .meta({ id: 'ReplayRequest', description: 'Which events to try again.', examples: [{ source: 'hubspot' }] })

export const replayedSource = z
  .object({
    ...replayedFields,
    next: field(z.string().nullable(), 'Send it as `after` to go on with the rest; null: all were tried.', null),
  })
  .meta({ id: 'ReplayedSource', description: 'What became of what was tried again.' })
