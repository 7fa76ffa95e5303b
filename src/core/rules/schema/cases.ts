import { z } from 'zod'
import { DISPOSITIONS, REASONS, VERDICT_REASONS, VERDICTS } from '../../model.ts'
import { agentSchema } from './agents.ts'
import { durationSchema, nameSchema, probabilitySchema, ruleIdSchema, textSchema, timeSchema } from './parts.ts'

const factsSchema = z.record(z.string(), z.unknown())

const signalSchema = z
  .strictObject({
    id: textSchema.optional().describe('`s1`, `s2` … where left out.'),
    agent: nameSchema.describe('Who says it.'),
    claim: nameSchema.describe("What it says, in the agent's own word."),
    confidence: probabilitySchema.optional().describe("How sure it is, 0 to 1; the agent's default where left out."),
    score: z.number().optional().describe('For an agent with a scale.'),
    age: durationSchema.optional().describe('How long before `now` it was observed; at `now` where left out.'),
    observedAt: timeSchema.optional().describe('Instead of `age`.'),
    expiresAt: timeSchema.optional().describe('From then on it does not count.'),
  })
  .check((context) => {
    const { age, observedAt } = context.value
    if (age === undefined || observedAt === undefined) return
    const message = '`age` and `observedAt` say the same; leave one out'
    context.issues.push({ code: 'custom', message, path: ['age'], input: age })
  })

const takenSchema = z.strictObject({
  action: nameSchema.describe('What was done.'),
  tags: z
    .array(nameSchema)
    .optional()
    .describe(
      'What it was tagged with, of an action of another decision; those that this one gives it where left out.',
    ),
  age: durationSchema.describe('How long before `now` it was done.'),
})

const expectationSchema = z
  .strictObject({
    action: nameSchema.nullable().optional().describe('The recommended action; null where nothing is permitted.'),
    disposition: z.enum(DISPOSITIONS).optional().describe('What may be done with the recommendation.'),
    reasons: z.array(z.enum(REASONS)).optional().describe('Of the disposition, all that hold.'),
    verdict: z.enum(VERDICTS).optional().describe('On the proposal.'),
    verdictReasons: z.array(z.enum(VERDICT_REASONS)).optional().describe('Of the verdict, all that hold.'),
    beliefs: z.record(nameSchema, probabilitySchema).optional().describe('How likely each state is, of some or all.'),
    expectedLoss: z
      .record(nameSchema, z.number().nullable())
      .optional()
      .describe('What each action costs on average, of some or all; null where that could not be told.'),
    regret: z.number().optional().describe('What a mistake costs on average.'),
    conflict: probabilitySchema.optional().describe('How much the agents contradict one another: 0 not, 1 a draw.'),
    rules: z
      .array(ruleIdSchema)
      .optional()
      .describe('Those that hold, and no others; `cooldown:<action>` and `cooldown:#<tag>` among them.'),
    tags: z.array(nameSchema).optional().describe('Those put on the answer, and no others.'),
    escalation: z
      .enum(['decision', 'sample'])
      .nullable()
      .optional()
      .describe('`decision`: a person decides. `sample`: one looks afterwards. Null: nobody is asked.'),
    queue: nameSchema.nullable().optional().describe('Who is asked; null where nobody is.'),
    priority: z.number().optional().describe('How urgent it is in the queue.'),
    dueAt: timeSchema.optional().describe('By when a person should have decided, in the hours of the queue.'),
    assignee: textSchema.nullable().optional().describe('Who of the queue should take it; null where anybody may.'),
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
  signals: z.array(signalSchema).default([]).describe('What agents have said about the account.'),
  taken: z
    .array(takenSchema)
    .default([])
    .describe('What agents have done with the account, under any decision; cooldowns count it.'),
  proposal: z
    .strictObject({
      agent: nameSchema.describe('Who wants to take the action.'),
      action: nameSchema.describe('What it wants to do.'),
    })
    .optional()
    .describe('What a copilot wants to do; `verdict` is the answer to it.'),
  now: timeSchema.optional().describe('When it is asked; the `now` of all cases where left out.'),
  draw: z
    .number()
    .min(0)
    .lt(1)
    .default(0.999)
    .describe('Uniform in [0, 1): below the sample rate a supervised action is reviewed; not where left out.'),
  expect: expectationSchema.describe('The answer, or the parts of it that matter; the rest may be anything.'),
})

/** `<decision>_test.yaml`. */
export const casesSchema = z.strictObject({
  decision: nameSchema.optional().describe('What the name of the file says, where left out.'),
  now: timeSchema.prefault('2026-01-05T09:00:00Z').describe('Of all cases that give none; a Monday where left out.'),
  facts: factsSchema.default({}).describe('Of the account, in all cases.'),
  agents: z.record(nameSchema, agentSchema).default({}).describe('Over `agents.yaml`, in all cases.'),
  cases: z.array(caseSchema).min(1).describe('Each a question and what the answer should be.'),
})

export type CaseText = z.output<typeof caseSchema>
export type Expectation = CaseText['expect']
