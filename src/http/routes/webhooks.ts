import { normalizeIP } from '@fastify/rate-limit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { App } from '../../app/app.ts'
import { Problem, type ProblemCode } from '../../app/problem.ts'
import { dismissRejected, listRejected } from '../../webhooks/rejected.ts'
import { replayRejected, replaySource } from '../../webhooks/replay.ts'
import { acknowledgement } from '../../webhooks/salesforce.ts'
import type { Posted } from '../../webhooks/schemes/scheme.ts'
import type { Webhooks } from '../../webhooks/webhooks.ts'
import { type Http, JSON_TYPE } from '../http.ts'
import { needs } from '../plugins/auth.ts'
import { refuseEncoded } from '../plugins/json.ts'
import type { RateLimit } from '../plugins/rate-limit.ts'
import { knownId } from '../schemas/common.ts'
import { ANY_POST, ANY_ROUTE, responses } from '../schemas/problem.ts'
import {
  received,
  rejection,
  rejectionList,
  rejectionPath,
  rejectionQuery,
  replayed,
  replayedSource,
  replayRequest,
  secretWebhookPath,
  webhookPath,
} from '../schemas/webhook.ts'

const tags = ['Webhooks']

export interface WebhookOptions {
  readonly webhooks: Webhooks
  readonly rateLimit: RateLimit
  /** What whoever calls us puts before our paths; null: what they say in the header `host`. */
  readonly calledAs: string | null
}

/** Requests that an address may make in a minute that are not from whom they say, or to nobody who hears them. */
const WRONG_AT_MOST = 60
const WRONG: ReadonlySet<ProblemCode> = new Set(['sender_not_authenticated', 'source_disabled'])

/** Where CRMs post. Each source has an authentication of its own, so that no API key is asked for. Needs `countRequests`. */
export function webhookRoutes(http: Http, { webhooks, rateLimit, calledAs }: WebhookOptions): void {
  const { max, timeWindow } = rateLimit
  const bySource = http.createRateLimit({
    max,
    timeWindow,
    keyGenerator: ({ params }) => `source ${(params as { source: string }).source}`,
  })
  const wrong = http.createRateLimit({
    max: WRONG_AT_MOST,
    timeWindow: 60_000,
    keyGenerator: ({ ip }) => `source of ${normalizeIP(ip)}`,
  })
  http.removeAllContentTypeParsers()
  http.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  // A signature covers what was sent, which nobody here unpacks.
  http.addHook('onRequest', async (request) => refuseEncoded(request))

  async function receive(request: FastifyRequest, reply: FastifyReply, name: string, pathSecret: string | null) {
    try {
      const source = webhooks.source(name)
      const posted = postedBy(request, calledAs, pathSecret)
      const once = webhooks.authenticate(source, posted)
      limit(reply, await bySource(request), `source \`${name}\` may post ${max} times in ${timeWindow / 1000} seconds`)
      const became = await webhooks.receive(source, posted, once)
      if (source.format === 'salesforce') {
        return reply.code(200).type('text/xml; charset=utf-8').send(acknowledgement())
      }
      return reply.code(202).header('content-type', JSON_TYPE).send(JSON.stringify(became))
    } catch (error) {
      if (error instanceof Problem && WRONG.has(error.code)) await tellWrong(request, reply, name, error)
      throw error
    }
  }

  /** Whoever tries too often is told to wait and fills no log. Those that are authenticated never wait for others. */
  async function tellWrong(request: FastifyRequest, reply: FastifyReply, source: string, { code, message }: Problem) {
    limit(reply, await wrong(request), 'too many requests from this address that their source does not take')
    // Its sender may never show the answer to whoever set it up.
    if (code === 'sender_not_authenticated') {
      request.log.info({ source, reason: message }, 'refused what is not from its source')
    }
  }

  const description =
    'Each source shows that it is who it says in its own way, declared in `sources.yaml`: no API key is needed. What ' +
    'can not be taken in is kept and answered as if it were, so that the sender goes on. Salesforce gets its ' +
    'acknowledgement in SOAP.'
  const body = { content: { '*/*': { schema: z.any().meta({ description: 'What the source sends, to the byte.' }) } } }
  const response = {
    ...responses({ 202: { description: 'It was taken in, or kept where that can not be.', schema: received } }, [
      'invalid_request',
      'sender_not_authenticated',
      'not_found',
      'payload_too_large',
      'unsupported_media_type',
      'rate_limited',
      'internal',
      'source_disabled',
      'unavailable',
      'overloaded',
    ]),
    200: {
      description: 'The acknowledgement that Salesforce waits for.',
      content: { 'text/xml': { schema: z.string() } },
    },
  }
  const security: [] = []
  const shared = { tags, security, description, body, response }

  http.post(
    '/webhooks/:source',
    {
      schema: { ...shared, operationId: 'receiveWebhook', summary: 'Take in what a source posts', params: webhookPath },
    },
    (request, reply) => receive(request, reply, request.params.source, null),
  )

  http.post(
    '/webhooks/:source/:secret',
    {
      schema: {
        ...shared,
        operationId: 'receiveWebhookBySecretPath',
        summary: 'Take in what a source posts that can do nothing but call a URL',
        params: secretWebhookPath,
      },
    },
    (request, reply) => receive(request, reply, request.params.source, request.params.secret),
  )
}

function postedBy(request: FastifyRequest, calledAs: string | null, pathSecret: string | null): Posted {
  const { method, headers, url, protocol, host } = request
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  return { method, headers, url: `${calledAs ?? `${protocol}://${host}`}${url}`, body, pathSecret }
}

interface Count {
  readonly isAllowed: boolean
  readonly isExceeded?: boolean
  readonly ttlInSeconds?: number
}

function limit(reply: FastifyReply, count: Count, detail: string): void {
  if (count.isAllowed || !count.isExceeded) return
  reply.header('retry-after', count.ttlInSeconds)
  throw new Problem('rate_limited', `${detail}; wait ${count.ttlInSeconds} seconds`)
}

/** What could not be taken in, for operators: by API key. */
export function rejectionRoutes(http: Http, app: App, webhooks: Webhooks): void {
  http.get(
    '/webhooks/rejected',
    {
      onRequest: needs('admin'),
      schema: {
        operationId: 'listRejected',
        tags,
        summary: 'List what sources sent and could not be taken in, newest first',
        description: 'Each with the reason. Mend the source in `sources.yaml`, and replay them.',
        querystring: rejectionQuery,
        response: responses({ 200: { description: 'A page.', schema: rejectionList } }, [...ANY_ROUTE, 'not_found']),
      },
    },
    async ({ query: { limit, cursor, source } }) => {
      const { items, next } = await listRejected(app, { source }, { limit, cursor })
      return { rejected: items, next }
    },
  )

  http.post(
    '/webhooks/rejected/replay',
    {
      onRequest: needs('admin'),
      schema: {
        operationId: 'replaySource',
        tags,
        summary: 'Try again all that a source sent and could not be taken in',
        description:
          'Under the sources as they are now, oldest first, up to a thousand. What is taken in leaves the list. ' +
          'Where `next` is not null there are more: ask again with it as `after`.',
        body: replayRequest,
        response: responses({ 200: { description: 'What became of them.', schema: replayedSource } }, [
          ...ANY_POST,
          'not_found',
        ]),
      },
    },
    ({ body, principal }) => replaySource(app, webhooks, principal, body),
  )

  http.post(
    '/webhooks/rejected/:id/replay',
    {
      onRequest: needs('admin'),
      schema: {
        operationId: 'replayRejected',
        tags,
        summary: 'Try again what a source sent and could not be taken in',
        description: 'Under the sources as they are now. What is taken in leaves the list.',
        params: rejectionPath,
        response: responses({ 200: { description: 'What became of it.', schema: replayed } }, [
          ...ANY_POST,
          'not_found',
        ]),
      },
    },
    ({ params, principal }) => replayRejected(app, webhooks, principal, knownId(params.id, 'rejection')),
  )

  http.delete(
    '/webhooks/rejected/:id',
    {
      onRequest: needs('admin'),
      schema: {
        operationId: 'dismissRejected',
        tags,
        summary: 'Dismiss what a source sent and will never be taken in',
        description:
          'Of kinds of events that are not wanted, say so in `sources.yaml` (`ignore: true`) and replay them.',
        params: rejectionPath,
        response: responses({ 200: { description: 'What was dismissed.', schema: rejection } }, [
          ...ANY_ROUTE,
          'not_found',
        ]),
      },
    },
    ({ params, principal }) => dismissRejected(app, principal, knownId(params.id, 'rejection')),
  )
}
