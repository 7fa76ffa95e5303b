import { z } from 'zod'
import { AUTONOMY } from '../../model.ts'
import { FACT_TYPES, fits, parseFactType } from '../facts.ts'
import { factNameProblem, nameProblem } from '../name.ts'
import { DAY, parseDuration, parseTime } from '../time.ts'

/** A check that returns what is wrong, as zod wants it. */
function refuse<T>(problemOf: (value: T) => string | null) {
  return (context: { value: T; issues: unknown[] }): void => {
    const message = problemOf(context.value)
    if (message !== null) context.issues.push({ code: 'custom', message, input: context.value })
  }
}

export const nameSchema = z.string().check(refuse(nameProblem))

/** Of a rule, or of a cooldown, which vetoes like one. */
export const ruleIdSchema = z.string().check(refuse((id) => nameProblem(id.replace(/^cooldown:#?/, ''))))

const factNameSchema = z.string().check(refuse(factNameProblem))

export const textSchema = z.string().trim().min(1).max(1000)

/** Whatever ends later than that, a date may not be able to say. */
const LONGEST = 1000 * 366 * DAY

/** In milliseconds. */
export const durationSchema = z.string().transform((text, context) => {
  const duration = parseDuration(text)
  if (typeof duration === 'number' && duration > 0 && duration <= LONGEST) return duration
  const length =
    duration === 0 ? 'no time at all; write a longer one' : 'longer than a thousand years; write a shorter one'
  const message = typeof duration === 'string' ? duration : `\`${text}\` is ${length}`
  context.issues.push({ code: 'custom', message, input: text })
  return z.NEVER
})

/** RFC 3339, in milliseconds since the epoch. */
export const timeSchema = z.string().transform((text, context) => {
  const time = parseTime(text)
  if (time !== null) return time
  const message = `\`${text}\` is no date or time; write it as in \`2027-01-01\` or \`2027-01-01T09:00:00Z\``
  context.issues.push({ code: 'custom', message, input: text })
  return z.NEVER
})

export const probabilitySchema = z.number().min(0).max(1)

/** The name of an environment variable. */
export const variableSchema = z.string().check((context) => {
  if (/^[A-Z_][A-Z0-9_]*$/.test(context.value)) return
  // The value may be the secret itself, so it is not repeated.
  const message =
    'write the name of an environment variable, as in `UMPIRE_CSM_SECRET`; what is secret is not for a file'
  context.issues.push({ code: 'custom', message, input: context.value })
})

export const autonomySchema = z.enum(AUTONOMY)

/** A CEL expression that is true or false. */
const conditionSchema = z.union([z.string().min(1), z.boolean()], { error: 'must be an expression' }).transform(String)

/** A number, or a CEL expression that comes to one. */
export const amountSchema = z.union([z.number().min(0), z.string().min(1)], {
  error: 'must be a number or an expression',
})

/** A CEL expression that comes to the name of a person. */
export const assigneeSchema = z.string().min(1)

const factTypeSchema = z
  .string()
  .check(refuse((type) => (parseFactType(type) === null ? `\`${type}\` is no type; write ${FACT_TYPES}` : null)))

const factSchema = z.union(
  [
    factTypeSchema.transform((type) => ({ type })),
    z
      .strictObject({
        type: factTypeSchema.describe('What the fact is.'),
        default: z
          .unknown()
          .optional()
          .describe('What it is where the account has none; without it an expression that reads it fails.'),
      })
      .check((context) => {
        const { type: name, default: value } = context.value
        const type = parseFactType(name)
        if (type === null || value === undefined || fits(type, value)) return
        const message = `the default does not fit the type \`${name}\`; give one that does, or leave it out`
        context.issues.push({ code: 'custom', message, path: ['default'], input: value })
      }),
  ],
  { error: 'must be a type, or a map with `type` and `default`' },
)

export const factsSchema = z
  .record(factNameSchema, factSchema)
  .describe('Facts of the account that expressions may read, with their types. Without it, any fact may be read.')

/** An action, or all that carry a tag. */
const actionReference = z.string().check(refuse((text) => nameProblem(text.startsWith('#') ? text.slice(1) : text)))

const oneOrMore = <T extends z.ZodType>(item: T) =>
  z.union([item.transform((one) => [one]), z.array(item).min(1)], { error: 'must be a word or a list of words' })

const escalateSchema = z.strictObject({
  queue: nameSchema.optional().describe("Who decides; the decision's review queue where left out."),
  priority: z.number().int().min(0).max(1000).optional().describe('Higher comes first; 0 where left out.'),
  due: durationSchema.optional().describe("How soon; the decision's review time where left out."),
  assignee: assigneeSchema
    .optional()
    .describe('A CEL expression over `account` and `now` that names who should take it.'),
})

const effectsSchema = z
  .strictObject({
    because: textSchema.describe('Why, in a sentence that whoever reads the answer understands.'),
    veto: z.array(actionReference).min(1).optional().describe('Actions, or `"#tag"`, that must not be taken.'),
    escalate: escalateSchema.optional().describe('A person decides. `{}` takes queue and time from `review`.'),
    autonomyCap: z
      .record(actionReference, autonomySchema)
      .optional()
      .describe('For an action or `"#tag"`, the freest level that is still allowed.'),
    weight: z
      .number()
      .min(0)
      .max(3)
      .optional()
      .describe('Multiplies the weight of the signal; only under `forEach: signal`.'),
    addLoss: z
      .record(actionReference, z.record(nameSchema, amountSchema))
      .optional()
      .describe('For an action or `"#tag"`, what it costs more in a state.'),
    tag: oneOrMore(nameSchema).optional().describe('Words put on the answer.'),
  })
  .check((context) => {
    if (Object.keys(context.value).some((key) => key !== 'because')) return
    const message = 'the rule does nothing; add `veto`, `escalate`, `autonomyCap`, `weight`, `addLoss` or `tag`'
    context.issues.push({ code: 'custom', message, input: context.value })
  })

export const ruleSchema = z
  .strictObject({
    id: nameSchema.describe('Names the rule in answers and in the audit trail.'),
    description: textSchema.optional().describe('A note to whoever edits the file.'),
    forEach: z.literal('signal').optional().describe('Asks the rule once for each live signal, as `signal`.'),
    when: conditionSchema.describe('A CEL expression; the rule applies where it is true.'),
    // biome-ignore lint/suspicious/noThenProperty: the word of the rule language; nothing here is awaited
    then: effectsSchema.describe('What follows, and why.'),
  })
  .check((context) => {
    const { forEach, then } = context.value
    if (then?.weight === undefined || forEach !== undefined) return
    const message = '`weight` belongs to a signal; add `forEach: signal` to the rule'
    context.issues.push({ code: 'custom', message, path: ['then', 'weight'], input: then.weight })
  })

export type RuleText = z.output<typeof ruleSchema>

export const rulesSchema = z.array(ruleSchema).describe('Applied from top to bottom; all that hold count.')
