import { normalizeIP } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import type { App } from '../../app/app.ts'
import { authenticate, hasSeen, recall } from '../../app/keys.ts'
import { demand, type Principal, type Scope } from '../../app/principal.ts'
import { Problem } from '../../app/problem.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set on every route under `/v1`. */
    principal: Principal
  }
}

/** Wrong keys that an address may try in a minute. */
const WRONG_KEYS_AT_MOST = 60

/**
 * Demands an API key of every request to this instance. Needs `countRequests` before it.
 *
 * An address that has tried too many wrong keys goes on being served under those that this process has seen in use,
 * so that one caller with an old key does not shut out the others behind the same proxy.
 *
 * @param tokenOf reads the key out of the header `authorization`; undefined: there is none
 */
export function authenticateRequests(http: FastifyInstance, app: App, tokenOf = bearerToken): void {
  const wrongKeys = http.createRateLimit({
    max: WRONG_KEYS_AT_MOST,
    timeWindow: 60_000,
    keyGenerator: ({ ip }) => normalizeIP(ip),
  })

  async function lookUp(request: FastifyRequest, reply: FastifyReply, token: string): Promise<void> {
    if (!hasSeen(app, token)) refuseGuessing(reply, await wrongKeys(request, { increment: false }))
    try {
      request.principal = await authenticate(app, token)
    } catch (error) {
      if (error instanceof Problem) refuseGuessing(reply, await wrongKeys(request))
      throw error
    }
  }

  http.decorateRequest('principal')
  http.addHook('onRequest', (request, reply, done) => {
    const token = tokenOf(request.headers.authorization)
    if (token === undefined) {
      done(new Problem('unauthorized', 'send an API key in the header `authorization: Bearer <key>`'))
      return
    }
    const principal = recall(app, token)
    if (principal) {
      request.principal = principal
      done()
    } else {
      lookUp(request, reply, token).then(() => done(), done)
    }
  })
}

/** A route's own hook: lets in keys that have one of the scopes. */
export function needs(...scopes: readonly Scope[]): onRequestHookHandler {
  return (request, _reply, done) => {
    try {
      demand(request.principal, ...scopes)
      done()
    } catch (error) {
      done(error as Problem)
    }
  }
}

export function bearerToken(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^bearer +([\x21-\x7e]+) *$/i.exec(header)?.[1]
}

/** The password of Basic credentials (RFC 7617), whatever the name. */
export function basicPassword(header: string | undefined): string | undefined {
  const encoded = header === undefined ? undefined : /^basic +([a-z0-9+/]+=*) *$/i.exec(header)?.[1]
  const credentials = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString()
  return /^[^:]*:([\x21-\x7e]+)$/.exec(credentials)?.[1]
}

type Count = Awaited<ReturnType<ReturnType<FastifyInstance['createRateLimit']>>>

function refuseGuessing(reply: FastifyReply, count: Count): void {
  if (count.isAllowed || !count.isExceeded) return
  reply.header('retry-after', count.ttlInSeconds)
  throw new Problem('rate_limited', 'too many wrong API keys from this address; wait a minute')
}
