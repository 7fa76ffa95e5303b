import { z } from 'zod'
import { DISPOSITIONS, REASONS, VERDICTS } from '../../model.ts'
import { agentSchema } from './agents.ts'
import { durationSchema, nameSchema, probabilitySchema, textSchema, timeSchema } from './parts.ts'

const factsSchema = z.record(z.string(), z.unknown())

const signalSchema = z
  .strictObject({
    id: textSchema.optional().describe('`s1`, `s2` … where left out.'),
    agent: nameSchema,
    claim: nameSchema,
    confidence: probabilitySchema.optional(),
    score: z.number().optional().describe('For an agent with a scale.'),
    age: durationSchema.optional().describe('How long before `now` it was observed; at `now` where left out.'),
    observedAt: timeSchema.optional().describe('Instead of `age`.'),
    expiresAt: timeSchema.optional(),
  })
  .check((context) => {
    const { age, observedAt } = context.value
    if (age === undefined || observedAt === undefined) return
    const message = '`age` and `observedAt` say the same; leave one out'
    context.issues.push({ code: 'custom', message, path: ['age'], input: age })
  })

const expectationSchema = z
  .strictObject({
    action: nameSchema.nullable().optional().describe('The recommended action; null where nothing is permitted.'),
    disposition: z.enum(DISPOSITIONS).optional(),
    reasons: z.array(z.enum(REASONS)).optional().describe('Of the disposition, all that hold.'),
    verdict: z.enum(VERDICTS).optional().describe('On the proposal.'),
    beliefs: z.record(nameSchema, probabilitySchema).optional(),
    expectedLoss: z.record(nameSchema, z.number().nullable()).optional(),
    regret: z.number().optional(),
    conflict: probabilitySchema.optional(),
    rules: z.array(nameSchema).optional().describe('Those that hold, and no others.'),
    tags: z.array(nameSchema).optional(),
    queue: nameSchema.nullable().optional().describe('Who is asked; null where nobody is.'),
    tolerance: z
      .number()
      .min(0)
      .default(0.001)
      .describe('How far numbers may be off, of numbers above 1 as a share; 0.001 where left out.'),
  })
  .check((context) => {
    if (Object.keys(context.value).some((key) => key !== 'tolerance')) return
    const message = 'the case expects nothing; add `action`, `disposition`, `verdict`, `beliefs`, `rules` or `queue`'
    context.issues.push({ code: 'custom', message, input: context.value })
  })

export const caseSchema = z.strictObject({
  name: textSchema.describe('What the case shows, in a sentence.'),
  facts: factsSchema.default({}).describe('Of the account, over those of all cases.'),
  agents: z.record(nameSchema, agentSchema).default({}).describe('Over `agents.yaml` and those of all cases.'),
  signals: z.array(signalSchema).default([]),
  proposal: z.strictObject({ agent: nameSchema, action: nameSchema }).optional(),
  now: timeSchema.optional(),
  draw: z
    .number()
    .min(0)
    .lt(1)
    .default(0.999)
    .describe('Uniform in [0, 1): below the sample rate a supervised action is reviewed; not where left out.'),
  expect: expectationSchema,
})

/** `<decision>_test.yaml`. */
export const casesSchema = z.strictObject({
  decision: nameSchema.optional().describe('What the name of the file says, where left out.'),
  now: timeSchema.prefault('2026-01-05T09:00:00Z').describe('Of all cases that give none; a Monday where left out.'),
  facts: factsSchema.default({}).describe('Of the account, in all cases.'),
  agents: z.record(nameSchema, agentSchema).default({}).describe('Over `agents.yaml`, in all cases.'),
  cases: z.array(caseSchema).min(1),
})

export type CaseText = z.output<typeof caseSchema>
export type Expectation = CaseText['expect']
