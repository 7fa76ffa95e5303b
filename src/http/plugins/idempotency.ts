import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../../app/app.ts'
import { begin, forget, type IdempotencyKey, remember } from '../../app/idempotency.ts'
import { Problem } from '../../app/problem.ts'
import { describeFailure } from '../../telemetry/failure.ts'
import { JSON_TYPE } from '../http.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Of a route whose answers hold a secret, which no database should. */
    secret?: AnswerSecret
  }
  interface FastifyRequest {
    /** The key that this request holds until it is answered; null: none, or its answer is settled already. */
    idempotencyKey: IdempotencyKey | null
  }
}

/** What keeps a secret out of what is kept of an answer. Bodies are JSON, of answers that were given and not refused. */
export interface AnswerSecret {
  /** The body without it, as it is kept. */
  without(body: string): string
  /** The body with it, out of one that was kept; left out where it is told once. */
  within?(request: FastifyRequest, idempotencyKey: string, body: string): string
}

/**
 * Gives every POST route of this instance, those registered after this call, the header `Idempotency-Key`: a request
 * sent again is not done again but gets the first answer. A request without it costs nothing.
 *
 * What is refused before a route's handler runs is not remembered; nor is what is worth trying again, 429 and 5xx.
 */
export function honourIdempotencyKeys(http: FastifyInstance, app: App): void {
  http.decorateRequest('idempotencyKey', null)
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
    const { secret } = request.routeOptions.config
    reply.send(isGiven(answer.status) && secret?.within ? secret.within(request, header, answer.body) : answer.body)
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
    const { secret } = request.routeOptions.config
    const body = String(payload ?? '')
    settleAnswer(app, key, reply, secret && isGiven(reply.statusCode) ? secret.without(body) : body)
      // The answer is true whether or not it could be kept; the lock lapses by itself.
      .catch((error) =>
        app.log.warn({ requestId: request.id, error: describeFailure(error) }, 'idempotency key not settled'),
      )
      .then(() => done(null, payload))
  }
}

const PRINTABLE = /^[\x20-\x7e]{1,200}$/

const isGiven = (status: number): boolean => status < 300

async function settleAnswer(app: App, key: IdempotencyKey, reply: FastifyReply, body: string): Promise<void> {
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
  await remember(app, key, { status, headers, body })
}

/** SHA-256 of what makes two requests the same: method, target, body, and of a CloudEvent in binary mode its headers. */
function digest(request: FastifyRequest): Buffer {
  const hash = createHash('sha256').update(`${request.method} ${request.url}\n`)
  for (const name of Object.keys(request.headers).sort()) {
    if (name.startsWith('ce-')) hash.update(`${name}: ${request.headers[name]}\n`)
  }
  return hash.update(request.rawBody ?? '').digest()
}
