import { z } from 'zod'
import type { AgentMode } from '../../model.ts'
import { nameSchema, probabilitySchema, textSchema, timeSchema } from './parts.ts'

const modeSchema = z.enum(['live', 'shadow', 'muted'] satisfies AgentMode[])

const scaleSchema = z
  .array(z.tuple([z.number(), probabilitySchema]))
  .min(2)
  .check((context) => {
    const points = context.value
    const index = points.findIndex(([score], place) => place > 0 && score <= (points[place - 1]?.[0] ?? 0))
    if (index < 0) return
    const message = 'the scores of a scale must ascend; sort its points'
    context.issues.push({ code: 'custom', message, path: [index], input: points[index] })
  })

export const agentSchema = z.strictObject({
  kind: nameSchema.optional().describe('What sort of agent it is: `churn_agent`, `health_model`, `copilot` …'),
  mode: modeSchema.optional().describe('`live` counts, `shadow` is recorded without weight, `muted` is not read.'),
  trust: probabilitySchema.optional().describe('Multiplies the weight of all it says; 1 where left out.'),
  defaultConfidence: probabilitySchema
    .optional()
    .describe('Taken where a signal states no confidence; 0.75 where left out.'),
  confidence: z
    .enum(['probability', 'support'])
    .optional()
    .describe('Whether its confidence is the probability of the claim, or how strongly it speaks for it.'),
  scale: scaleSchema.optional().describe('Points `[score, confidence]` that turn its scores into confidences.'),
  scope: z
    .string()
    .min(1)
    .optional()
    .describe('A CEL expression over `account` and `now`; where it is false the agent is not heard.'),
  until: timeSchema.optional().describe('From this date on it counts as shadow.'),
  owner: textSchema.optional().describe('Who answers for it.'),
})

/** `agents.yaml`. */
export const agentsSchema = z.strictObject({
  agents: z.record(nameSchema, agentSchema).default({}).describe('The agents that are known, by name.'),
  unknown: z
    .strictObject({
      mode: modeSchema.default('shadow').describe('`shadow` where left out.'),
      trust: probabilitySchema.default(0.5).describe('0.5 where left out.'),
    })
    .prefault({})
    .describe('How an agent counts that nobody declared.'),
})
