import { z } from 'zod'
import { parseTime } from '../time.ts'
import { durationSchema, nameSchema, textSchema, variableSchema } from './parts.ts'
import { zoneProblem } from './zone.ts'

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

/** As operators write them, the longer name of each in `EVENTS`. */
export const EVENT_WORDS = {
  opened: 'escalation.opened',
  changed: 'escalation.changed',
  reminder: 'escalation.reminder',
  overdue: 'escalation.overdue',
  resolved: 'escalation.resolved',
  withdrawn: 'escalation.withdrawn',
  'adjudication.resolved': 'adjudication.resolved',
} as const
export type EventWord = keyof typeof EVENT_WORDS
const eventSchema = z.enum(Object.keys(EVENT_WORDS) as [EventWord, ...EventWord[]])

const CLOCK = /^(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/

/** In minutes since midnight. */
const clockSchema = z.string().transform((text, context) => {
  if (CLOCK.test(text)) return Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
  const message = `\`${text}\` is no time of day; write it as in \`09:00\` or \`17:30\``
  context.issues.push({ code: 'custom', message, input: text })
  return z.NEVER
})

const dateSchema = z.string().check((context) => {
  if (/^\d{4}-\d{2}-\d{2}$/.test(context.value) && parseTime(context.value) !== null) return
  const message = `\`${context.value}\` is no date; write it as in \`2026-12-25\``
  context.issues.push({ code: 'custom', message, input: context.value })
})

const hoursSchema = z
  .strictObject({
    zone: z
      .string()
      .check((context) => {
        const message = zoneProblem(context.value)
        if (message !== null) context.issues.push({ code: 'custom', message, input: context.value })
      })
      .describe('Whose clocks count: `Europe/Berlin`, `America/New_York`, `UTC`.'),
    days: z
      .array(z.enum(WEEKDAYS))
      .min(1)
      .default(['mon', 'tue', 'wed', 'thu', 'fri'])
      .describe('Monday to Friday where left out.'),
    from: clockSchema.describe('When people begin, `"09:00"`.'),
    to: clockSchema.describe('When they stop, `"17:00"`; `"24:00"` at the latest.'),
    holidays: z.array(dateSchema).default([]).describe('Dates on which nobody works.'),
  })
  .check((context) => {
    const { from, to } = context.value
    if (from < to) return
    const message = '`to` must be later than `from`; hours that go past midnight end at `"24:00"`'
    context.issues.push({ code: 'custom', message, path: ['to'], input: to })
  })

const raiseSchema = z.strictObject({
  queue: nameSchema.describe('Who gets it then.'),
  priority: z.number().int().min(0).max(1000).describe('And how soon: higher comes first.'),
})

const onExpirySchema = z.union(
  [z.enum(['keep', 'fallback']), z.strictObject({ raise: raiseSchema.describe('Others get it.') })],
  {
    error: 'must be `keep`, `fallback` or `{ raise: { queue, priority } }`',
  },
)

const urlSchema = z.string().check((context) => {
  const message = urlProblem(context.value)
  if (message !== null) context.issues.push({ code: 'custom', message, input: context.value })
})

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/** What is wrong with where notices go, without repeating it: it may be secret. */
function urlProblem(text: string): string | null {
  if (!URL.canParse(text)) return 'write all of the address, as in `https://hooks.example.com/umpire`'
  const { protocol, hostname, username, password } = new URL(text)
  if (username !== '' || password !== '') return 'a password is not for a file; put the address into a variable'
  if (protocol === 'https:' || (protocol === 'http:' && LOOPBACK.includes(hostname))) return null
  return 'notices go to `https:` addresses only, or to `http://localhost` while you try things out'
}

const ADDRESSES = ['webhook', 'webhookFrom', 'slack', 'slackFrom'] as const

const targetSchema = z
  .strictObject({
    name: nameSchema.optional().describe('Its name in the list of deliveries; queue and number where left out.'),
    webhook: urlSchema.optional().describe('An address that is told, in Standard Webhooks.'),
    webhookFrom: variableSchema.optional().describe('Instead, the environment variable that holds the address.'),
    secretFrom: variableSchema.optional().describe('The variable that holds the signing secret of the webhook.'),
    slackFrom: variableSchema
      .optional()
      .describe('The variable that holds the address of an incoming webhook of Slack, or of what speaks like it.'),
    slack: urlSchema
      .optional()
      .describe('Instead, that address itself. Whoever knows it can post: prefer `slackFrom`.'),
    events: z
      .array(eventSchema)
      .min(1)
      .optional()
      .describe('What it is told of: a webhook of all, Slack of `opened`, `reminder` and `overdue` where left out.'),
  })
  .check((context) => {
    const target = context.value
    const [address, ...others] = ADDRESSES.filter((key) => target[key] !== undefined)
    const refuse = (message: string, key?: string) =>
      context.issues.push({ code: 'custom', message, path: key === undefined ? [] : [key], input: target })
    if (address === undefined) refuse('nobody is told; add `webhook`, `webhookFrom` or `slackFrom`')
    for (const other of others) refuse(`a target has one address; make one of its own of \`${other}\``, other)
    const isWebhook = target.webhook !== undefined || target.webhookFrom !== undefined
    if (isWebhook && target.secretFrom === undefined)
      refuse('`secretFrom` is missing; webhooks are signed, so name the variable that holds the secret')
    if (address !== undefined && !isWebhook && target.secretFrom !== undefined)
      refuse('Slack checks no signature; leave `secretFrom` out', 'secretFrom')
  })

export type TargetText = z.output<typeof targetSchema>

const queueTargetSchema = targetSchema.check((context) => {
  const index = context.value.events?.indexOf('adjudication.resolved') ?? -1
  if (index < 0) return
  const message = '`adjudication.resolved` is of no queue; ask for it under `notify` at the top of the file'
  context.issues.push({ code: 'custom', message, path: ['events', index], input: 'adjudication.resolved' })
})

export const queueSchema = z.strictObject({
  description: textSchema.optional().describe('Who works it.'),
  due: durationSchema
    .prefault('P1D')
    .describe('How soon to decide where neither rule nor decision says, in business time; 24 hours where left out.'),
  hours: hoursSchema.optional().describe('When people work: due times count these hours only. Always where left out.'),
  lease: durationSchema
    .prefault('PT15M')
    .describe('How long a case stays with whoever claims it and does nothing; 15 minutes where left out.'),
  onExpiry: onExpirySchema
    .default('keep')
    .describe('What becomes of a case that is overdue: `keep` where left out, `raise` to others, or `fallback`.'),
  blind: z
    .boolean()
    .default(false)
    .describe('Whether the recommendation is hidden until the reviewer has given theirs.'),
  notify: z.array(queueTargetSchema).default([]).describe('Who is told of what happens in the queue.'),
})

/** `queues.yaml`. */
export const queuesSchema = z.strictObject({
  queues: z.record(nameSchema, queueSchema).default({}).describe('Who decides, by the names that rules use.'),
  notify: z.array(targetSchema).default([]).describe('Who is told of what happens in any queue.'),
  reasons: z
    .record(nameSchema, textSchema)
    .default({})
    .describe('Why people decide as they do, by code. Without any, every code will do.'),
})
