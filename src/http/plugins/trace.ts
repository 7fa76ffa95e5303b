import type { ServerResponse } from 'node:http'
import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { shownPath } from '../shown-path.ts'

/** Asked every few seconds, by machines. */
const UNTRACED: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics'])

const tracer = trace.getTracer('umpire')

/**
 * Gives every request a span as the semantic conventions for HTTP servers have it, in the trace that its caller names
 * (W3C Trace Context). Register it before all other hooks, so that they run within it.
 *
 * Of a request no more than method, path and route is recorded, of an error nothing but the status: headers hold keys,
 * and messages quote what was sent. (`@fastify/otel` records them, and calls every 4xx an error of ours.)
 */
export function traceRequests(http: FastifyInstance): void {
  http.addHook('onRequest', (request, reply, done) => {
    if (UNTRACED.has(request.routeOptions.url ?? '')) {
      done()
      return
    }
    const parent = propagation.extract(ROOT_CONTEXT, request.headers)
    const span = startSpan(request, parent)
    reply.raw.once('close', () => endSpan(span, reply.raw))
    context.with(trace.setSpan(parent, span), done)
  })
}

function startSpan({ method, url, protocol, routeOptions }: FastifyRequest, parent: Context): Span {
  const route = routeOptions.url
  const attributes = {
    'http.request.method': method,
    'url.scheme': protocol,
    'url.path': shownPath(url),
    ...(route !== undefined && { 'http.route': route }),
  }
  const name = route === undefined ? method : `${method} ${route}`
  return tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent)
}

/** Once the reply is sent, or nobody waits for it any more. */
function endSpan(span: Span, { statusCode, writableFinished }: ServerResponse): void {
  if (writableFinished) span.setAttribute('http.response.status_code', statusCode)
  if (!writableFinished || statusCode >= 500) {
    span.setAttribute('error.type', writableFinished ? String(statusCode) : 'aborted')
    span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end()
}
