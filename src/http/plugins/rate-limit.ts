import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance } from 'fastify'
import type { Redis } from 'ioredis'
import { Problem } from '../../app/problem.ts'

export interface RateLimit {
  /** Requests that each API key may make in a window; admin keys any number. */
  readonly max: number
  /** Milliseconds. */
  readonly timeWindow: number
}

/**
 * Limits the requests of each API key to the routes of this instance. Counted in Redis, where there is one, over all
 * processes, else in each for itself. A Redis that does not answer limits nobody.
 */
export async function limitRequests(http: FastifyInstance, limit: RateLimit, redis: Redis | undefined): Promise<void> {
  await http.register(rateLimit, {
    ...limit,
    keyGenerator: ({ principal }) => principal.name,
    allowList: ({ principal }) => principal.scopes.has('admin'),
    nameSpace: 'umpire-rate-',
    skipOnError: true,
    ...(redis && { redis }),
    errorResponseBuilder: (_request, { max, after }) =>
      new Problem('rate_limited', `this key may make ${max} requests in ${seconds(limit.timeWindow)}; wait ${after}`),
  })
}

function seconds(milliseconds: number): string {
  return milliseconds === 60_000 ? 'a minute' : `${milliseconds / 1000} seconds`
}
