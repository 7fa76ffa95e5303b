import type { FastifyInstance } from 'fastify'
import type { App } from '../../app/app.ts'

/**
 * One line for each request at level `debug`: who asked for which route, and how it went. Neither headers nor bodies
 * are ever logged, so no keys, facts or evidence. Failures are logged where they are answered.
 */
export function logRequests(http: FastifyInstance, { log }: App): void {
  if (!log.isLevelEnabled('debug')) return
  http.addHook('onResponse', (request, reply, done) => {
    log.debug(
      {
        requestId: request.id,
        method: request.method,
        route: request.routeOptions.url,
        status: reply.statusCode,
        milliseconds: reply.elapsedTime,
        key: request.principal?.name,
      },
      'request',
    )
    done()
  })
}
