import { createHash } from 'node:crypto'
import { z } from 'zod'
import { type FieldError, Problem } from '../app/problem.ts'
import type { SignalInput } from '../app/signals.ts'
import type { Facts } from '../core/model.ts'
import { parseTime } from '../core/rules/time.ts'
import type { Source } from '../core/sources.ts'
import { parseJson } from '../http/parse-json.ts'
import { anyName, isAhead } from '../http/schemas/common.ts'
import { factsChange } from '../http/schemas/facts.ts'
import { signalErrors, signalOfRequest } from '../http/schemas/signal.ts'
import { check, sentences } from '../http/validation.ts'
import { canonicalJson } from '../storage/chain.ts'
import type { Made } from './mapping/made.ts'

/** An event as it is taken in. */
export interface Taken {
  readonly account: string
  readonly aliases: readonly string[]
  /** When it happened, milliseconds since the epoch; null: not said. */
  readonly at: number | null
  readonly facts: Facts | null
  readonly signals: readonly SignalInput[]
}

export interface Moment {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** When the event arrived, where that was not now. */
  readonly receivedAt: number | null
}

/** `"hubspot:" & objectId` is `hubspot:` where there is no such field, and one account of all that lack it. */
const externalId = anyName().refine((name) => !name.endsWith(':'), {
  error: 'must have an id behind its colon; the field that it comes from is not there',
})

const madeSchema = z.object({
  account: externalId,
  aliases: z.array(externalId).max(100),
  facts: factsChange.nullable(),
  signals: z.array(signalOfRequest).max(100),
})

/** What was made of an event, as the API would take it, or what is wrong with it in words. */
export function checkMade(
  source: Source,
  event: unknown,
  made: Extract<Made, { kind: 'made' }>,
  moment: Moment,
): Taken | string {
  const unsafe = unsafeIn(made)
  if (unsafe !== null) return `what the event becomes is not safe to keep: ${unsafe}`
  const { aliases, facts = null, signals } = made
  const at = timeOf(made.at ?? null, moment.now)
  if (typeof at === 'string') return at
  const { value, errors } = check(madeSchema, {
    account: made.account ?? undefined,
    aliases: listOf(aliases),
    facts,
    signals: listOf(signals).map((signal, index) => withDefaults(signal, index, { source, event, at })),
  })
  if (value === undefined) return sentences(errors, 'what the event becomes')
  if (Object.keys(value.facts ?? {}).length + value.signals.length + value.aliases.length === 0) {
    return 'its expressions come to nothing: neither facts nor signals nor aliases'
  }
  const received = new Date(moment.receivedAt ?? moment.now).toISOString()
  const more = value.signals.flatMap((signal, index) =>
    [...agentErrors(source, signal), ...signalErrors({ observedAt: received, ...signal }, moment.now)].map(
      ({ path, message }) => ({ path: `signals.${index}.${path}`, message }),
    ),
  )
  if (more.length > 0) return sentences(more, 'what the event becomes')
  const { account } = value
  return { ...value, account, at, signals: value.signals.map((signal) => ({ ...signal, account })) }
}

function agentErrors({ agents }: Source, { agent }: { readonly agent: string }): readonly FieldError[] {
  if (agents.includes(agent)) return []
  const message = `must be one that the source speaks for, not \`${agent}\`; list it under \`agents\``
  return [{ path: 'agent', message }]
}

/** Why what expressions have made can't be kept, though what was sent could; null: it can. */
function unsafeIn(made: object): string | null {
  const text = JSON.stringify(made)
  if (!SUSPECT.test(text)) return null
  try {
    parseJson(Buffer.from(text))
    return null
  } catch (error) {
    if (error instanceof Problem) return error.message
    throw error
  }
}

/** Without any of these it is safe: to look closer costs as much as all else. */
const SUSPECT = /\\u|"__proto__"|"constructor"/

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}

/** Earlier in milliseconds it would be a time in seconds. */
const YEAR_1973 = 100_000_000_000

function timeOf(at: unknown, now: number): number | string | null {
  if (at === null) return null
  const time = typeof at === 'string' ? parseTime(at) : at
  if (typeof time !== 'number' || !Number.isSafeInteger(Math.trunc(time))) {
    return `\`at\` must be milliseconds or a time as in \`2026-11-20T09:00:00Z\`, not \`${JSON.stringify(at).slice(0, 40)}\``
  }
  if (typeof at === 'number' && Math.abs(at) < YEAR_1973) {
    return `\`at\` must be in milliseconds, and \`${at}\` looks like seconds; multiply it by 1000`
  }
  if (Math.abs(time) > 8.64e15) return '`at` is no time that a date can say'
  if (isAhead(new Date(time).toISOString(), now)) {
    return `\`at\` must be at most 5 minutes ahead of now, not \`${new Date(time).toISOString()}\``
  }
  return Math.trunc(time)
}

interface Origin {
  readonly source: Source
  readonly event: unknown
  readonly at: number | null
}

/** Of a source with one agent it is that one's; the same event gives a signal of the same id; it is as old as the event. */
function withDefaults(signal: unknown, index: number, { source, event, at }: Origin): unknown {
  if (typeof signal !== 'object' || signal === null || Array.isArray(signal)) return signal
  const [agent, ...others] = source.agents
  return {
    ...(!('id' in signal) && { id: `${digestOf(event)}-${index}` }),
    ...(agent !== undefined && others.length === 0 && { agent }),
    ...(at !== null && { observedAt: new Date(at).toISOString() }),
    ...signal,
  }
}

function digestOf(event: unknown): string {
  return createHash('sha256').update(canonicalJson(event)).digest('hex').slice(0, 32)
}
