import { z } from 'zod'
import { VERDICTS } from '../../core/model.ts'
import { count, field, name, nameFilter, text, time, timestamp, unfilled } from './common.ts'
import { ACTION_REPORT, CHECK, REDEMPTION } from './examples.ts'

const TOKEN = /^uml_[A-Za-z0-9_-]{64}$/
const HASH = '8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4'
const LEASE = '01980a2e-7c20-7b1e-8c3d-5d0a5f4f9b02'

const about = {
  account: name('The account, by its id or an alias.', 'acme'),
  decision: name('The decision that the action belongs to.', 'expansion-outreach'),
  action: name('What the agent wants to do.', 'send_expansion_email'),
  agent: name('Who wants to do it.', 'renewal-copilot'),
}

export const checkRequest = z
  .strictObject({
    ...about,
    payload: field(
      z.unknown(),
      'What the agent is going to send, any JSON up to 64 KiB: the lease is for that alone, and a person who is asked sees it.',
      CHECK.payload,
    ).optional(),
  })
  .meta({ id: 'CheckRequest', description: 'An agent is about to act.', examples: [CHECK] })

const payloadHash = field(
  z.string().nullable(),
  'SHA-256, in hex, of the canonical JSON (RFC 8785) of the payload; null: none was sent.',
  HASH,
)

export const check = z
  .object({
    verdict: field(z.enum(VERDICTS), '`allow`, `ask` (a person decides first) or `deny`.', 'allow'),
    doInstead: field(z.string().nullable(), 'The better action, where it is denied and that is known.', null),
    because: text('Why, in a sentence.', 'pulse (90 % healthy, today) points that way'),
    adjudication: text('Id of the answer that this rests on.', '01980a2e-7c1f-7d4b-9a55-2f6a4a4d1c11'),
    escalation: z
      .object({
        id: text('Id of the item.', '01980a2e-7c20-7b1e-8c3d-5d0a5f4f9b02'),
        queue: text('Who decides.', 'csm'),
        dueAt: time('When a person should have decided.'),
      })
      .meta({ description: 'Where a person decides first; null: nobody does.' })
      .nullable(),
    lease: z
      .object({
        id: text('Id of the lease, by which the trail and events name it.', LEASE),
        token: text('To redeem it with: told once. Keep it like a password.', `uml_${'A'.repeat(64)}`),
        expiresAt: time('Until when it may be redeemed.', '2026-11-20T09:10:00.000Z'),
        payloadHash,
      })
      .meta({ description: 'Leave to act, once and soon; null where it is not allowed.' })
      .nullable(),
    cached: field(z.boolean(), 'Whether it is an answer that was given before and still holds.', false),
  })
  .meta({ id: 'Check', description: 'Whether an agent may act.' })

export const redemptionRequest = z
  .strictObject({
    token: field(
      z.string().regex(TOKEN, { error: 'must be the `token` of a lease, `uml_` and 64 characters' }),
      'Token of the lease.',
      REDEMPTION.token,
    ),
    payloadHash: field(
      z
        .string()
        .regex(/^[0-9a-f]{64}$/, { error: 'must be a SHA-256 in hex, 64 digits' })
        .nullable(),
      'Of what is about to be sent, as the check told it; left out or null where none was checked.',
      HASH,
    ).optional(),
  })
  .meta({ id: 'RedemptionRequest', description: 'The agent acts now.', examples: [REDEMPTION] })

const answered = {
  account: text('Id of the account.', 'acme'),
  decision: text('The decision that the action belongs to.', 'expansion-outreach'),
  action: text('The action.', 'send_expansion_email'),
  agent: text('The agent.', 'renewal-copilot'),
}

export const redemption = z
  .object({
    verdict: field(z.literal('go'), 'Act, now.', 'go'),
    lease: text('Id of the lease.', LEASE),
    ...answered,
    payloadHash,
    redeemedAt: time('When it was redeemed.'),
  })
  .meta({ id: 'Redemption', description: 'Leave to act, given.' })

export const actionReport = z
  .strictObject({
    ...about,
    at: timestamp('When it was done, at most 5 minutes ahead; left out: now.').optional(),
    lease: field(
      z.string().regex(TOKEN, { error: 'must be the `token` of a lease, `uml_` and 64 characters' }),
      'Token of the lease on it, where there was one.',
      REDEMPTION.token,
    ).optional(),
  })
  .meta({ id: 'ActionReport', description: 'An agent says what it did.', examples: [ACTION_REPORT] })

export const reportedAction = z
  .object({
    id: text('Id of the report.', '01980a2e-7c20-7b1e-8c3d-5d0a5f4f9b03'),
    ...answered,
    at: time('When it was done.'),
    lease: field(z.string().nullable(), 'Id of the lease on it; null: there was none.', null),
    followed: field(
      z.boolean(),
      'Whether that was redeemed by then: false counts as acted without leave, unless it is redeemed yet.',
      false,
    ),
  })
  .meta({ id: 'ReportedAction', description: 'What an agent says it did.' })

export const uptakeQuery = z.strictObject({
  decision: nameFilter('Of this decision only.'),
  since: unfilled(timestamp('From when on.'), 'From when on, RFC 3339; the last 90 days where it is left out.'),
})

const decisionUptake = z.object({
  decision: answered.decision,
  leases: z
    .object({
      issued: count('How many it got.', 120),
      redeemed: count('Those it redeemed, and so acted on.', 96),
      revoked: count('Those that no longer held before it did.', 3),
      expired: count('Those that it never used.', 20),
      open: count('Those that it may still redeem.', 1),
    })
    .meta({ description: 'What became of its leases.' }),
  acted: z
    .object({
      followed: count('Reported, with a lease that it has redeemed.', 90),
      unasked: count('Reported, without one.', 4),
    })
    .meta({ description: 'What it says it did.' }),
  uptake: field(
    z.number().nullable(),
    'Of all that it did the share with leave, `redeemed / (redeemed + unasked)`; null: it did nothing.',
    0.96,
  ),
})

export const uptake = z
  .object({
    agent: answered.agent,
    since: time('From when on.'),
    decisions: z.array(decisionUptake).meta({ description: 'By decision.' }),
  })
  .meta({ id: 'Uptake', description: 'How far an agent follows what it is told.' })
