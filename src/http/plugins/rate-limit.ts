import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance } from 'fastify'
import type { Cluster, Redis } from 'ioredis'
import { may } from '../../app/principal.ts'
import { Problem } from '../../app/problem.ts'

export interface RateLimit {
  /** Requests that each API key may make in a window; admin keys any number. */
  readonly max: number
  /** Milliseconds. */
  readonly timeWindow: number
}

/**
 * Gives the instance counters for limits: in Redis, where there is one, over all processes, else each process has its
 * own. A Redis that does not answer limits nobody.
 */
export async function countRequests(http: FastifyInstance, redis: Redis | Cluster | undefined): Promise<void> {
  await http.register(rateLimit, {
    global: false,
    nameSpace: 'umpire-rate-',
    skipOnError: true,
    ...(redis && { redis }),
  })
}

/**
 * Limits the requests of each API key to the routes of this instance. Needs `authenticateRequests` before it.
 * @param counter what they are counted as, where that is not what other instances count
 */
export function limitRequests(http: FastifyInstance, { max, timeWindow }: RateLimit, counter = ''): void {
  const limit = http.rateLimit({
    max,
    timeWindow,
    keyGenerator: ({ principal }) => `${counter}${principal.name}`,
    errorResponseBuilder: (_request, { after }) =>
      new Problem('rate_limited', `this key may make ${max} requests in ${inWords(timeWindow)}; wait ${after}`),
  })
  http.addHook('onRequest', (request, reply, done) => {
    if (may(request.principal, 'admin')) done()
    else limit.call(http, request, reply).then(() => done(), done)
  })
}

function inWords(milliseconds: number): string {
  return milliseconds === 60_000 ? 'a minute' : `${milliseconds / 1000} seconds`
}
