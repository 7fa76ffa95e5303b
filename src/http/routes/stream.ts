import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../../app/app.ts'
import { openStream, type StreamEvent } from '../../app/events/stream.ts'
import { authenticate } from '../../app/keys.ts'
import { Problem } from '../../app/problem.ts'
import type { Http } from '../http.ts'
import { bearerToken, needs } from '../plugins/auth.ts'
import { streamed, streamHeaders, streamQuery } from '../schemas/event.ts'
import { ANY_ROUTE, responses } from '../schemas/problem.ts'

/** What clients wait before they come back: not all as long, since a service that stops sends all away at once. Milliseconds. */
const RETRY = { shortest: 1_000, longest: 3_000 }

export function streamRoutes(http: Http, app: App): void {
  http.get(
    '/stream',
    {
      onRequest: needs('read'),
      // Nothing could be said about it without opening it.
      exposeHeadRoute: false,
      schema: {
        operationId: 'streamEvents',
        tags: ['Events'],
        summary: 'Follow what happens',
        description:
          'Server-sent events (`text/event-stream`), in the order in which they were committed. Reconnect with ' +
          '`Last-Event-ID` and miss nothing of the last day; `stream.late` in place of `stream.opened` says that some may ' +
          'be missing. `stream.alive` says that nothing has happened. A key of an agent hears of its own proposals and ' +
          'leases alone.',
        headers: streamHeaders,
        querystring: streamQuery,
        response: {
          ...responses({}, [...ANY_ROUTE, 'unknown_decision', 'overloaded']),
          200: {
            description: 'Events, until you or the service end it.',
            content: { 'text/event-stream': { schema: streamed } },
          },
        },
      },
    },
    async (request, reply) => {
      const gone = untilGone(reply)
      const told = await openStream(
        app,
        request.principal,
        { ...request.query, lastEventId: request.headers['last-event-id'] },
        () => isStillGood(app, request),
        gone,
      )
      // A proxy that gathers answers before it passes them on, or compresses them, would pass on nothing.
      reply.headers({
        'content-type': 'text/event-stream',
        'cache-control': 'no-store, no-transform',
        'x-accel-buffering': 'no',
      })
      const untyped: FastifyReply = reply
      return untyped.send(Readable.from(lines(app, told, reply), { highWaterMark: 1 }))
    },
  )
}

/** Server-sent events as the HTML standard has them. */
async function* lines(
  app: App,
  told: AsyncGenerator<readonly StreamEvent[], void>,
  reply: FastifyReply,
): AsyncGenerator<string> {
  let head = `retry: ${Math.round(RETRY.shortest + app.draw() * (RETRY.longest - RETRY.shortest))}\n`
  try {
    for await (const events of told) {
      const timer = setTimeout(() => reply.raw.destroy(), app.feed.limits.stalled)
      try {
        yield head + events.map(({ id, type, body }) => `id: ${id}\nevent: ${type}\ndata: ${body}\n\n`).join('')
      } finally {
        clearTimeout(timer)
      }
      head = ''
    }
  } catch (error) {
    // Whoever listens comes back, and goes on where they were.
    app.log.debug({ reason: (error as Error).message }, 'a stream of events broke off')
  }
}

async function isStillGood(app: App, { headers }: FastifyRequest): Promise<boolean> {
  try {
    await authenticate(app, bearerToken(headers.authorization) ?? '')
    return true
  } catch (error) {
    // Whether it is can't be asked while the database is away.
    return !(error instanceof Problem && error.code === 'unauthorized')
  }
}

/** Aborted when whoever asked has hung up. */
function untilGone({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController()
  raw.once('close', () => gone.abort())
  return gone.signal
}
