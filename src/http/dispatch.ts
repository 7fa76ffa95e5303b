import { context, propagation } from '@opentelemetry/api'
import type { FastifyInstance } from 'fastify'
import { inject } from 'light-my-request'

/** A request that never was on the wire. */
export interface Dispatched {
  readonly method: 'GET' | 'POST'
  /** Path and query. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: object | undefined
  /** Address of whoever it is made for. */
  readonly from?: string | undefined
}

export interface DispatchedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  /** Parsed JSON; null where there is none. */
  readonly body: unknown
}

/**
 * Puts a request through the routes from within the process: hooks, limits, validation and all, as a part of the trace that
 * it is made in. Unlike Fastify's `inject` it works while the service closes, when what still comes in is answered.
 */
export async function dispatch(
  http: Pick<FastifyInstance, 'routing'>,
  { method, url, headers, body, from }: Dispatched,
): Promise<DispatchedAnswer> {
  const carried: Record<string, string> = { ...headers, ...(body && { 'content-type': 'application/json' }) }
  propagation.inject(context.active(), carried)
  const answer = await inject(http.routing, {
    method,
    url,
    headers: carried,
    ...(from !== undefined && { remoteAddress: from }),
    ...(body && { payload: JSON.stringify(body) }),
  })
  const { statusCode: status, payload } = answer
  return { status, headers: answer.headers, body: payload === '' ? null : JSON.parse(payload) }
}
