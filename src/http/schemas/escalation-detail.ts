import { z } from 'zod'
import { account } from './account.ts'
import { adjudication } from './adjudication.ts'
import { field, text, time } from './common.ts'
import { escalationFields } from './escalation.ts'

const HASH = '8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4'

const hidden = field(z.null(), 'Hidden until the item is resolved.', null)

const { id, agent, claim, confidence, ageHours } = adjudication.shape.signals.element.shape
const proposal = adjudication.shape.proposal.unwrap().shape

/** An answer of which the reviewer of a blind queue sees what there is to go by, and not what came out. */
const hiddenAdjudication = adjudication
  .extend({
    summary: hidden,
    recommendation: hidden,
    proposal: z
      .object({ agent: proposal.agent, action: proposal.action, verdict: hidden, reasons: hidden })
      .meta({ description: 'What an agent wants to do; null: none does.' })
      .nullable(),
    beliefs: hidden,
    expectedLoss: hidden,
    regret: hidden,
    conflict: hidden,
    signals: z.array(z.object({ id, agent, claim, confidence, ageHours })).meta({ description: 'What agents said.' }),
    flips: hidden,
    ruling: hidden,
  })
  .meta({ id: 'HiddenAdjudication', description: 'An answer without what tells the recommendation.' })

const step = z.object({
  at: time('When.'),
  kind: text(
    '`opened`, `changed`, `joined` (its account joined another), `claimed`, `released`, `reassigned`, `commented`, ' +
      '`lapsed`, `reminded`, `overdue`, `raised`, `resolved`, `expired` or `withdrawn`; `erased` where nobody knows.',
    'changed',
  ),
  by: field(z.string().nullable(), 'Who; `umpire`: no person. Null: erased.', 'maria'),
  changed: z
    .record(
      z.string(),
      z.object({
        from: field(z.unknown(), 'As it was.', 'healthy'),
        to: field(z.unknown(), 'As it is since.', 'at_risk'),
      }),
    )
    .meta({
      description: 'What is not as it was before, by field.',
      examples: [{ state: { from: 'healthy', to: 'at_risk' } }],
    })
    .nullable(),
  comment: field(z.string().nullable(), 'What they said.', null),
})

/** An item with all that a person needs to decide it. */
export const escalationDetail = z
  .object({
    ...escalationFields,
    adjudicationDetail: z
      .union([adjudication, hiddenAdjudication, z.null()])
      .meta({ description: 'The newest answer to the question; null where it has been erased.', examples: [null] }),
    accountDetail: account,
    decide: z
      .object({
        actions: field(z.array(z.string()), 'Actions to choose from.', ['send_expansion_email', 'wait']),
        states: field(z.array(z.string()), 'States that may be the truth.', ['healthy', 'at_risk']),
        reasons: field(z.record(z.string(), z.string()), 'Reasons by code; none: any will do.', {
          knows_account: 'The reviewer knows what the agents do not',
        }),
      })
      .meta({ description: 'What there is to decide.' }),
    untrusted: z
      .object({
        agent: text('Who is going to send it.', 'renewal-copilot'),
        payload: field(z.unknown(), 'As the agent wrote it.', { subject: 'More seats for the new team?' }),
        payloadHash: text('SHA-256 of its canonical JSON, in hex.', HASH),
      })
      .meta({
        description:
          "What the agent that waits is going to send, which is nobody's word: what you allow is that. Null: it showed nothing.",
      })
      .nullable(),
    error: field(z.string().nullable(), 'Why it could not be evaluated, where the item is about that.', null),
    history: z.array(step).meta({ description: 'What was done with it, in order; the newest 500 steps.' }),
  })
  .meta({ id: 'EscalationDetail', description: 'An item in a human queue, with what it is about.' })
