import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readRules } from '../src/app/rule-files.ts'
import type { Source } from '../src/core/sources.ts'
import { authenticate } from '../src/webhooks/authenticate.ts'
import { mapEvents } from '../src/webhooks/intake.ts'
import { compileExpressions, ROOM } from '../src/webhooks/mapping/expressions.ts'
import { createMapper } from '../src/webhooks/mapping/mapper.ts'
import { readEvents } from '../src/webhooks/read.ts'
import type { Posted } from '../src/webhooks/schemes/scheme.ts'
import { type Figure, median } from './report.ts'

const ROUNDS = 7
const BATCHES = 100
const EVENTS = 100
const SECRET = 'c0ffee00-1111-2222-3333-444455556666'
const URL_CALLED = 'https://umpire.example.com/v1/webhooks/hubspot'

/**
 * The signature of a HubSpot batch of a hundred events and what those become: processor time of the process that serves
 * and of the one that evaluates expressions, together.
 */
export async function benchWebhooks(): Promise<Figure[]> {
  const source = (await readRules('rules')).sources.get('hubspot')!
  const now = Date.parse('2026-11-20T09:00:00Z')
  const posted = batchOf(now)
  const processes = createMapper()
  const serve = async () => {
    const verdict = authenticate(source, [SECRET], posted, now)
    if (!verdict.ok) throw new Error(verdict.reason)
    const receivedAt = new Date(now).toISOString()
    const mapper = processes.forRequest()
    const events = await readEvents(mapper, source, { body: posted.body, organization: null, receivedAt })
    if (!Array.isArray(events)) throw new Error('no events')
    const outcomes = await mapEvents(mapper, source, events, { now, receivedAt: null })
    const taken = outcomes.filter(({ kind }) => kind === 'taken').length
    if (taken !== EVENTS) throw new Error(`${taken} events were taken, not ${EVENTS}`)
  }
  try {
    const evaluate = evaluator(source, posted)
    for (let i = 0; i < BATCHES; i++) {
      await serve()
      await evaluate()
    }
    const rounds: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const [served, evaluated] = [await cpuOf(serve), await cpuOf(evaluate)]
      rounds.push(served + evaluated)
    }
    const value = median(rounds)
    return [
      {
        name: `webhooks: signature and mapping of ${EVENTS} HubSpot events`,
        unit: 'ms of CPU',
        value,
        yardstick: 'limit',
        yardstickValue: 5,
        ratio: value / 5,
        target: { is: 'at most', ratio: 1 },
      },
    ]
  } finally {
    await processes.close()
  }
}

/** The events of the example, again and again, of other companies. */
function batchOf(now: number): Posted {
  const known = JSON.parse(readFileSync('examples/webhooks/hubspot.json', 'utf8')) as Record<string, unknown>[]
  const scored = known.filter(({ objectId }) => objectId === 4711)
  const events = Array.from({ length: EVENTS }, (_, i) => ({
    ...scored[i % scored.length],
    objectId: 4711 + i,
    eventId: i,
  }))
  const body = Buffer.from(JSON.stringify(events))
  const signature = createHmac('sha256', SECRET).update(`POST${URL_CALLED}${body}${now}`).digest('base64')
  const headers = { 'x-hubspot-signature-v3': signature, 'x-hubspot-request-timestamp': String(now) }
  return { method: 'POST', url: URL_CALLED, headers, body, pathSecret: null }
}

/** What the process of the source does for a batch, its messages included, here, where it can be measured. */
function evaluator(source: Source, { body }: Posted): () => Promise<void> {
  const expressions = compileExpressions(source, false)
  const message = body.toString()
  const receivedAt = '2026-11-20T09:00:00.000Z'
  return async () => {
    const made = []
    const asked = { receivedAt, room: ROOM }
    for (const event of JSON.parse(message)) made.push(await expressions.map(event, asked))
    JSON.stringify(made)
  }
}

/** Milliseconds of processor time of this process, for one. */
async function cpuOf(run: () => Promise<void>): Promise<number> {
  const start = process.cpuUsage()
  for (let i = 0; i < BATCHES; i++) await run()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1_000 / BATCHES
}
