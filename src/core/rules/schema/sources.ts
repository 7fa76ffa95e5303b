import { z } from 'zod'
import { AUTH_SCHEMES, FORMATS } from '../../sources.ts'
import { nameSchema, textSchema, variableSchema } from './parts.ts'

/** Paths of the API, which no source can have. */
const TAKEN = ['rejected']

const sourceNameSchema = nameSchema.check((context) => {
  if (!TAKEN.includes(context.value)) return
  const message = `\`${context.value}\` is a path of the API already; choose another name`
  context.issues.push({ code: 'custom', message, input: context.value })
})

const oneOrMore = <T extends z.ZodType>(item: T, error: string) =>
  z.union([item.transform((one): z.output<T>[] => [one]), z.array(item).min(1).max(10)], { error })

/** What an expression of JSONata may be written as: bare words of YAML are values, which are expressions, too. */
const jsonataSchema = z.union([z.string().min(1), z.number(), z.boolean()], { error: 'must be an expression' })

const expressionSchema = jsonataSchema.transform(String)

const authSchema = z
  .strictObject({
    scheme: z
      .enum(AUTH_SCHEMES)
      .describe(
        '`standard-webhooks`, `hubspot-v3` and `hub-signature-256` sign what they send; `bearer` sends a token; ' +
          '`secret-path` is for those that can do nothing but call a URL with a secret at its end.',
      ),
    secretFrom: oneOrMore(variableSchema, 'must be the name of a variable, or a list of them').describe(
      'The environment variable that holds the secret. Several: each will do, so that one can take the place of another.',
    ),
    deliveryHeader: z
      .string()
      .regex(/^[A-Za-z0-9-]+$/, { error: 'must be the name of a header' })
      .optional()
      .describe('For `hub-signature-256`, the header that names a delivery; `X-GitHub-Delivery` where left out.'),
  })
  .check((context) => {
    const { scheme, deliveryHeader } = context.value
    if (deliveryHeader === undefined || scheme === 'hub-signature-256') return
    const message = `\`${scheme}\` has no header of that kind; leave it out`
    context.issues.push({ code: 'custom', message, path: ['deliveryHeader'], input: deliveryHeader })
  })

const scalarSchema = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: 'must be a word, a number, true, false or null',
})

const MADE = ['facts', 'signals', 'aliases'] as const

export const matcherSchema = z
  .strictObject({
    name: nameSchema.describe('Names this kind of event where one of them could not be taken in.'),
    match: z
      .record(
        z.string().min(1),
        z.union(
          [scalarSchema.transform((one): z.output<typeof scalarSchema>[] => [one]), z.array(scalarSchema).min(1)],
          {
            error: 'must be a value, or a list of them',
          },
        ),
      )
      .default({})
      .describe('Fields that the event must have, with their values: `propertyName: [arr, annualrevenue]`.'),
    when: expressionSchema.optional().describe('A JSONata expression over the event that must be true besides.'),
    ignore: z.literal(true).optional().describe('Events of this kind are known and not wanted.'),
    account: expressionSchema.optional().describe('JSONata: which account it is about, `"hubspot:" & objectId`.'),
    aliases: expressionSchema.optional().describe('JSONata: other names of the account, a text or a list of them.'),
    at: expressionSchema
      .optional()
      .describe(
        'JSONata: when it happened, in milliseconds or as `2026-11-20T09:00:00Z`. Older facts then change nothing.',
      ),
    facts: expressionSchema.optional().describe('JSONata: facts of the account, `{ "arr": $number(propertyValue) }`.'),
    signals: expressionSchema
      .optional()
      .describe('JSONata: a signal or a list of them, `{ "claim": "churn_risk", "confidence": score / 100 }`.'),
  })
  .check((context) => {
    const matcher = context.value
    const refuse = (message: string, key?: string) =>
      context.issues.push({ code: 'custom', message, path: key === undefined ? [] : [key], input: matcher })
    if (matcher.ignore === true) {
      const wanted = (['account', 'at', ...MADE] as const).find((key) => matcher[key] !== undefined)
      if (wanted !== undefined) refuse('what is ignored becomes nothing; remove one of the two', wanted)
      return
    }
    if (MADE.every((key) => matcher[key] === undefined)) {
      refuse('nothing comes of it; add `facts`, `signals` or `aliases`, or say `ignore: true`')
    } else if (matcher.account === undefined) refuse('`account` is missing; say which account it is about')
  })

export const sourceSchema = z
  .strictObject({
    description: textSchema.optional().describe('Who posts, and what.'),
    auth: authSchema.describe('How it shows that it is who it says.'),
    format: z
      .enum(FORMATS)
      .default('json')
      .describe('`json` where left out; `salesforce` for the outbound messages of Salesforce.'),
    organizationFrom: variableSchema
      .optional()
      .describe('With `format: salesforce`, the environment variable that holds the id of your organization, `00D…`.'),
    agents: z
      .array(nameSchema)
      .default([])
      .describe('The agents that it speaks for. Of a single one its signals need not give the name.'),
    forEach: expressionSchema
      .optional()
      .describe('JSONata that finds the events in what is sent. The items of a list, or all of it, where left out.'),
    matchers: z
      .array(matcherSchema)
      .min(1)
      .describe('From top to bottom: an event becomes what the first that fits makes of it.'),
  })
  .check((context) => {
    const { format, organizationFrom, agents, matchers } = context.value
    const refuse = (message: string, path: (string | number)[]) =>
      context.issues.push({ code: 'custom', message, path, input: context.value })
    if (format === 'salesforce' && organizationFrom === undefined)
      refuse('`organizationFrom` is missing; name the variable that holds the id of your organization', [])
    if (format !== 'salesforce' && organizationFrom !== undefined)
      refuse('only `format: salesforce` has organizations; leave it out', ['organizationFrom'])
    if (agents.length === 0) {
      const index = matchers.findIndex(({ signals }) => signals !== undefined)
      if (index >= 0) refuse('the source speaks for no agent; name one under `agents`', ['matchers', index, 'signals'])
    }
  })

/** `sources.yaml`. */
export const sourcesSchema = z.strictObject({
  sources: z.record(sourceNameSchema, sourceSchema).default({}).describe('Who may post to `/v1/webhooks/<name>`.'),
})
