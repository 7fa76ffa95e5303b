import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { App } from '../../app/app.ts'
import { ingestSignals, type SignalInput } from '../../app/signals.ts'
import { serveEach } from '../batch.ts'
import { BATCHED, fromEvent, fromHeaders, type Sent, STRUCTURED } from '../cloudevents.ts'
import { type Http, JSON_TYPE } from '../http.ts'
import { needs } from '../plugins/auth.ts'
import { readJson } from '../plugins/json.ts'
import { cloudEvent, cloudEvents } from '../schemas/cloudevent.ts'
import { ANY_POST, responses } from '../schemas/problem.ts'
import { signal, signalErrors, signalsRequest, signalsResponse } from '../schemas/signal.ts'
import { check, parse, sentences } from '../validation.ts'

export function signalRoutes(http: Http, app: App): void {
  readJson(http, [STRUCTURED, BATCHED])

  http.post(
    '/signals',
    {
      onRequest: needs('signals:write'),
      schema: {
        operationId: 'sendSignals',
        tags: ['Signals'],
        summary: 'Send signals',
        description:
          'Takes in signals one by one: a bad one is rejected and stops no other. Also as CloudEvents 1.0, structured, ' +
          'batched or binary (`ce-` headers): `source` is the agent, `subject` the account, `time` the observation, ' +
          '`type` is `umpire.signal.<claim>`, and `data` holds the rest.',
        body: {
          content: {
            'application/json': { schema: signalsRequest },
            [STRUCTURED]: { schema: cloudEvent },
            [BATCHED]: { schema: cloudEvents(SIGNALS_AT_MOST) },
          },
        },
        response: responses(
          { 202: { description: 'What became of each, in the order given.', schema: signalsResponse } },
          ANY_POST,
        ),
      },
      // The schema is for readers: each signal is validated on its own.
      validatorCompiler: () => (value) => ({ value }),
    },
    async (request, reply) => {
      const now = app.now()
      const results = await serveEach<Sent, SignalInput, Result>(
        sentSignals(request),
        (sent) => checkSent(sent, now),
        (good) => ingestSignals(app, request.principal, good),
        ({ signal: item }, detail) => {
          app.metrics.ingested('rejected', 1)
          return rejected(item, detail)
        },
      )
      return reply.code(202).header('content-type', JSON_TYPE).send(JSON.stringify({ results }))
    },
  )
}

const SIGNALS_AT_MOST = 1_000
const items = z.array(z.unknown()).min(1).max(SIGNALS_AT_MOST)
const envelope = z.strictObject({ signals: items })

/** @throws Problem `invalid_request` where it is not even clear what the signals are */
function sentSignals({ headers, body }: FastifyRequest): readonly Sent[] {
  const mediaType = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (mediaType === BATCHED) return parse(items, body).map(fromEvent)
  if (mediaType === STRUCTURED) return [fromEvent(body)]
  const event = fromHeaders(headers, body)
  if (event) return [event]
  return parse(envelope, body).signals.map((item) => ({ signal: item, refused: null, nameOf: (field) => field }))
}

interface Result {
  readonly id: string | null
  readonly agent: string | null
  readonly status: string
  readonly problem?: { readonly code: string; readonly detail: string }
}

/** @returns the signal, or else what is wrong with it */
function checkSent({ signal: item, refused, nameOf }: Sent, now: number): SignalInput | string {
  if (refused !== null) return refused
  const { value, errors } = check(signal, item)
  const wrong = value === undefined ? errors : signalErrors(value, now)
  if (value !== undefined && wrong.length === 0) return value
  return sentences(
    wrong.map(({ path, message }) => ({ path: path && nameOf(path), message })),
    'the signal',
  )
}

function rejected(item: unknown, detail: string): Result {
  const { id, agent } = (typeof item === 'object' && item !== null ? item : {}) as { id?: unknown; agent?: unknown }
  return {
    id: typeof id === 'string' ? id : null,
    agent: typeof agent === 'string' ? agent : null,
    status: 'rejected',
    problem: { code: 'invalid_request', detail },
  }
}
