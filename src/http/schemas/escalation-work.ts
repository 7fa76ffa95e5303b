import { z } from 'zod'
import { field, name, prose, text } from './common.ts'
import { escalation } from './escalation.ts'
import { ASSIGNMENT, BULK, COMMENT, RESOLUTION } from './examples.ts'
import { itemProblem } from './problem.ts'

/**
 * People are called in the sentences that agents read: no line breaks, colons, quotes and the like, with which a name looks
 * like more than one. That makes it harder to pass a sentence off as a name, and not impossible.
 */
const PERSON = /^(?! )[\p{L}\p{M}\p{N} ._@+()'’-]{1,100}(?<! )$/u

const person = z.string().regex(PERSON, {
  error: "must be a person's name: at most 100 letters, digits, spaces, `.`, `_`, `-`, `@`, `+`, `(`, `)` and `'`",
})
const reviewer = field(
  person,
  'For whom an admin key acts; a person acts as the name of their key.',
  'maria',
).optional()
const reason = name('Why: a code that `queues.yaml` declares, or any where it declares none.', 'knows_account', 100)
const comment = prose('A word for whoever looks at it later.', 'Their champion told me on the phone')

/** Nothing but who acts, so that a person's key need send no body at all. */
export const onBehalf = z
  .strictObject({ reviewer })
  .meta({ id: 'EscalationReviewer', description: 'Who acts.', examples: [{ reviewer: 'maria' }] })
  .default({})

export const commentRequest = z
  .strictObject({ comment, reviewer })
  .meta({ id: 'EscalationComment', description: 'A word about an escalation.', examples: [COMMENT] })

export const reassignRequest = z
  .strictObject({
    assignee: field(person, 'Who should take it; null: anybody of the queue.', 'ben').nullable().optional(),
    queue: name('Whose it is from now on; it goes there without a name unless you give one.', 'support').optional(),
    comment: comment.optional(),
    reviewer,
  })
  .refine(({ assignee, queue }) => assignee !== undefined || queue !== undefined, {
    error: 'must have an `assignee`, a `queue` or both',
  })
  .meta({ id: 'EscalationAssignment', description: 'Who should take an escalation.', examples: [ASSIGNMENT] })

export const resolveRequest = z
  .strictObject({
    resolution: field(
      z.enum(['uphold', 'override', 'dismiss']),
      'Decide for what is recommended, for another `action`, or for nothing.',
      'override',
    ),
    action: name('What to do; goes with `override`.', 'send_expansion_email').optional(),
    state: name('What you know of the account, a state of the decision; becomes an outcome.', 'healthy').optional(),
    wrongSignals: field(
      z
        .array(name('Id of a signal.', 'cr-2026-11-20-17'))
        .max(1_000)
        .refine((ids) => new Set(ids).size === ids.length, { error: 'must name each signal once' }),
      'Ids of the signals of the adjudication that were wrong.',
      ['cr-2026-11-20-17'],
    ).optional(),
    reason,
    comment: comment.optional(),
    adjudication: name(
      'Id of the adjudication that you have looked at: refused where a newer one has taken its place.',
      '01980a2e-7c1f-7d4b-9a55-2f6a4a4d1c11',
    ).optional(),
    via: name(
      'What the answer came through, for the trail, such as `mcp`; leave it out for none.',
      'slack',
      100,
    ).optional(),
    reviewer,
  })
  .meta({ id: 'EscalationAnswer', description: "A person's answer to an escalation.", examples: [RESOLUTION] })

export const bulkRequest = z
  .strictObject({
    ids: z
      .array(name('Id of an escalation.', '01980a2e-7c20-7b1e-8c3d-5d0a5f4f9b02'))
      .min(1)
      .max(100)
      .refine((ids) => new Set(ids).size === ids.length, { error: 'must name each escalation once' })
      .meta({
        description: 'Resolved one by one: one that can not be stops no other.',
        examples: [['01980a2e-7c20-7b1e-8c3d-5d0a5f4f9b02']],
      }),
    resolution: field(z.enum(['uphold', 'dismiss']), 'Decide for what is recommended, or for nothing.', 'dismiss'),
    reason,
    comment: comment.optional(),
    reviewer,
  })
  .meta({ id: 'EscalationBulk', description: 'One answer to many escalations.', examples: [BULK] })

export const bulkResponse = z.object({
  results: z
    .array(
      z.object({
        id: text('Id of the escalation.', '01980a2e-7c20-7b1e-8c3d-5d0a5f4f9b02'),
        status: field(z.enum(['resolved', 'rejected']), 'What became of it.', 'resolved'),
        problem: itemProblem.optional(),
      }),
    )
    .meta({ description: 'In the order of the ids.' }),
})

export const claimNextPath = z.strictObject({ queue: name('The queue.', 'csm') })

export const claimNextResponse = z.object({
  escalation: escalation.meta({ description: 'The item that is now yours; null: none waits.' }).nullable(),
})
