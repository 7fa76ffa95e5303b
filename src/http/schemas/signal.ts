import { z } from 'zod'
import type { FieldError } from '../../app/problem.ts'
import type { SignalInput } from '../../app/signals.ts'
import { anyJson, field, isAhead, name, number, probability, text, time, timestamp } from './common.ts'
import { SIGNALS } from './examples.ts'
import { itemProblem } from './problem.ts'

const SHOWN = /^[^\p{Cc}\p{Bidi_Control}\u2028\u2029]+$/u
const ATTRIBUTES_AT_MOST = 8 * 1024

const evidence = z.strictObject({
  label: field(
    z.string().min(1).max(200).regex(SHOWN, { error: 'must not have control or bidirectional characters' }),
    'What the agent saw, in its words.',
    'Logins down 60 %',
  ),
  url: field(
    z.string().max(2_000).refine(isHttps, { error: 'must be an https URL' }),
    'Where it can be seen. Never fetched.',
    'https://bi.example.com/acme/logins',
  ).optional(),
})

function isHttps(url: string): boolean {
  return /^https:\/\//i.test(url) && SHOWN.test(url) && URL.canParse(url)
}

const fields = {
  id: name("The agent's own id of the signal: the same (account, agent, id) is taken in once.", 'cr-2026-11-20-17'),
  agent: name('Who says so.', 'churn-radar'),
  claim: name("What it says, in the agent's vocabulary.", 'churn_risk'),
  agentVersion: name('Version of the agent.', '3.2.0', 100).optional(),
  confidence: probability('How sure the agent is of its claim. Send this, or `score`, or neither.', 0.82).optional(),
  score: number("A score that the agent's scale turns into a confidence.", 73).optional(),
  observedAt: timestamp('When it was observed, at most 5 minutes ahead; left out: when it arrives.').optional(),
  expiresAt: timestamp('From when on it counts no more; null: never.', '2026-12-20T09:00:00Z').nullable().optional(),
  recommends: name('The action that the agent recommends.', 'save_play', 100).optional(),
  evidence: z
    .array(evidence)
    .max(20)
    .meta({ description: "What the agent goes by: an agent's words, shown apart from what Umpire says." })
    .optional(),
  attributes: field(
    anyJson.refine((attributes) => Buffer.byteLength(JSON.stringify(attributes)) <= ATTRIBUTES_AT_MOST, {
      error: 'must have at most 8 KiB as JSON',
    }),
    'Whatever else the agent wants kept, at most 8 KiB.',
    { model: 'gbm-7' },
  ).optional(),
}

export const signal = z
  .strictObject({ ...fields, account: name('The account, by its id or an alias.', 'acme') })
  .meta({ id: 'Signal', description: "One agent's statement about one account." })

export const signalOfRequest = z
  .strictObject(fields)
  .meta({ id: 'AccountSignal', description: "One agent's statement about the account of the request." })

/** What a schema can't see: fields that depend on one another or on the time (milliseconds since the epoch). */
export function signalErrors(signal: Omit<SignalInput, 'account'>, now: number): readonly FieldError[] {
  const { confidence, score, observedAt, expiresAt } = signal
  const errors: FieldError[] = []
  if (confidence !== undefined && score !== undefined) {
    errors.push({ path: 'score', message: "can't be given beside `confidence`; send one of them" })
  }
  if (observedAt !== undefined && isAhead(observedAt, now)) {
    errors.push({
      path: 'observedAt',
      message: `must be at most 5 minutes ahead of now, ${new Date(now).toISOString()}`,
    })
  }
  if (expiresAt && Date.parse(expiresAt) <= (observedAt === undefined ? now : Date.parse(observedAt))) {
    errors.push({ path: 'expiresAt', message: 'must be after `observedAt`' })
  }
  return errors
}

export const signalsRequest = z
  .strictObject({
    signals: z.array(signal).min(1).max(1_000).meta({ description: 'Taken in one by one: a bad one stops no other.' }),
  })
  .meta({ examples: [SIGNALS] })

const signalResult = z.object({
  id: field(z.string().nullable(), 'Id of the signal; null where what was sent has none.', 'cr-2026-11-20-17'),
  agent: field(z.string().nullable(), 'Its agent; null where what was sent has none.', 'churn-radar'),
  status: field(z.enum(['accepted', 'duplicate', 'rejected']), 'What became of it.', 'accepted'),
  problem: itemProblem.optional(),
})

export const signalsResponse = z.object({
  results: z.array(signalResult).meta({ description: 'In the order of the signals.' }),
})

/** A signal that stands, as an account shows it. */
export const standingSignal = z
  .object({
    sequence: field(z.number(), "Its place in the account's audit stream.", 12),
    id: text("The agent's id of it.", 'cr-2026-11-20-17'),
    agent: text('Who says so.', 'churn-radar'),
    claim: text('What it says.', 'churn_risk'),
    confidence: field(z.number().nullable(), 'As stated; null: not stated.', 0.82),
    score: field(z.number().nullable(), 'As stated; null: not stated.', null),
    observedAt: time('When it was observed.'),
    expiresAt: time('From when on it counts no more; null: never.').nullable(),
    untrusted: z
      .object({
        agentVersion: field(z.string().nullable(), "The agent's version.", '3.2.0'),
        recommends: field(z.string().nullable(), 'What the agent would do.', 'save_play'),
        evidence: z.array(evidence).meta({ description: 'What the agent goes by.' }),
        attributes: field(z.record(z.string(), z.unknown()), 'Whatever else it sent.', { model: 'gbm-7' }),
      })
      .meta({ description: "What the agent wrote: nobody's word, never fetched, never part of an answer." }),
  })
  .meta({ id: 'StandingSignal', description: 'A signal that stands.' })
