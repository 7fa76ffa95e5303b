import { z } from 'zod'
import { field, list, listQuery, name, nameCursor, probability, text, time } from './common.ts'
import { AGENT_PATCH } from './examples.ts'

const MODES = ['live', 'shadow', 'muted'] as const

export const agentPath = z.strictObject({ agent: name('Name of the agent.', 'churn-radar') })

export const agentPatch = z
  .strictObject({
    mode: field(z.enum(MODES), '`shadow` is listed and carries no weight, `muted` is not read.', 'live').optional(),
    trust: probability('Multiplies the weight of all it says.', 0.9).optional(),
    scope: field(
      z.string().min(1).max(2_000).nullable(),
      'CEL expression over the account that holds where the agent may be heard; null: everywhere.',
      'account.tier != "strategic"',
    ).optional(),
    defaultConfidence: probability('Used where a signal states none.', 0.75).optional(),
    kind: name('What kind of agent it is.', 'churn_agent', 100).optional(),
    owner: name('Who answers for it; null: nobody.', 'cs-ops').nullable().optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, { error: 'must change at least one field' })
  .meta({ id: 'AgentPatch', description: 'What an admin says of an agent from now on.', examples: [AGENT_PATCH] })

export const agent = z
  .object({
    agent: text('Name.', 'churn-radar'),
    kind: text('What kind of agent it is.', 'churn_agent'),
    mode: field(z.enum(MODES), '`shadow` is listed and carries no weight, `muted` is not read.', 'live'),
    trust: probability('Multiplies the weight of all it says.', 1),
    defaultConfidence: probability('Used where a signal states none.', 0.75),
    confidence: field(
      z.enum(['probability', 'support']),
      'What its confidence means: P(claim), or how strongly it speaks for it.',
      'probability',
    ),
    scope: field(z.string().nullable(), 'CEL expression that holds where it may be heard; null: everywhere.', null),
    owner: field(z.string().nullable(), 'Who answers for it; null: nobody.', 'cs-ops'),
    until: time('From then on it counts as shadow; null: never.').nullable(),
    declared: field(z.boolean(), 'Whether agents.yaml names it.', true),
    overrides: field(z.record(z.string(), z.unknown()), 'What an admin has said since; it wins over the file.', {
      trust: 0.9,
    }),
    registeredAt: time('When it was first heard of; null: not yet.').nullable(),
  })
  .meta({ id: 'Agent', description: 'A source of signals, as it stands.' })

export const agentQuery = listQuery({
  cursor: nameCursor,
})
export const agentList = list('agents', agent)
