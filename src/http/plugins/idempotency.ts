import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../../app/app.ts'
import { begin, forget, type IdempotencyKey, remember } from '../../app/idempotency.ts'
import { Problem } from '../../app/problem.ts'
import { describeFailure } from '../../telemetry/failure.ts'
import { JSON_TYPE } from '../http.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Puts into a first answer what is not kept of it. */
    replay?: (request: FastifyRequest, idempotencyKey: string, body: string) => string
  }
  interface FastifyRequest {
    /** The key that this request holds until it is answered; null: none, or its answer is settled already. */
    idempotencyKey: IdempotencyKey | null
    /** What is kept under the key, and answered again, instead of an answer that may be given only once. */
    keptAnswer: string | null
  }
}

/**
 * Gives every POST route of this instance, those registered after this call, the header `Idempotency-Key`: a request
 * sent again is not done again but gets the first answer. A request without it costs nothing.
 *
 * What is refused before a route's handler runs is not remembered; nor is what is worth trying again, 429 and 5xx.
 */
export function honourIdempotencyKeys(http: FastifyInstance, app: App): void {
  http.decorateRequest('idempotencyKey', null)
  http.decorateRequest('keptAnswer', null)
  http.addHook('onRoute', (route) => {
    if (route.method !== 'POST') return
    route.preHandler = takeKey
    route.onSend = settle
  })

  function takeKey(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
    const header = request.headers['idempotency-key']
    if (header === undefined) done()
    else replayOrGoOn(request, reply, header).then((replayed) => replayed || done(), done)
  }

  async function replayOrGoOn(
    request: FastifyRequest,
    reply: FastifyReply,
    header: string | string[],
  ): Promise<boolean> {
    if (typeof header !== 'string' || !PRINTABLE.test(header)) {
      throw new Problem('invalid_request', 'an `idempotency-key` has 1 to 200 printable ASCII characters')
    }
    const key = { owner: request.principal.name, key: header }
    const answer = await begin(app, key, digest(request))
    if (answer === null) {
      request.idempotencyKey = key
      return false
    }
    reply.code(answer.status).headers({ 'content-type': JSON_TYPE, ...answer.headers, 'idempotent-replayed': 'true' })
    reply.send(request.routeOptions.config.replay?.(request, header, answer.body) ?? answer.body)
    return true
  }

  function settle(
    request: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
    done: (error: null, payload: unknown) => void,
  ): void {
    const key = request.idempotencyKey
    if (key === null) {
      done(null, payload)
      return
    }
    request.idempotencyKey = null
    settleAnswer(app, key, reply, request.keptAnswer ?? payload)
      // The answer is true whether or not it could be kept; the lock lapses by itself.
      .catch((error) =>
        app.log.warn({ requestId: request.id, error: describeFailure(error) }, 'idempotency key not settled'),
      )
      .then(() => done(null, payload))
  }
}

const PRINTABLE = /^[\x20-\x7e]{1,200}$/

async function settleAnswer(app: App, key: IdempotencyKey, reply: FastifyReply, payload: unknown): Promise<void> {
  const { statusCode: status } = reply
  if (status >= 500 || status === 429) {
    await forget(app, key)
    return
  }
  const location = reply.getHeader('location')
  const headers = {
    'content-type': String(reply.getHeader('content-type')),
    ...(location !== undefined && { location: String(location) }),
  }
  await remember(app, key, { status, headers, body: String(payload ?? '') })
}

/** SHA-256 of what makes two requests the same: method, target, body, and of a CloudEvent in binary mode its headers. */
function digest(request: FastifyRequest): Buffer {
  const hash = createHash('sha256').update(`${request.method} ${request.url}\n`)
  for (const name of Object.keys(request.headers).sort()) {
    if (name.startsWith('ce-')) hash.update(`${name}: ${request.headers[name]}\n`)
  }
  return hash.update(request.rawBody ?? '').digest()
}
