import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { invalid, unknownFields } from '../validation.ts'

/** Refuses query parameters on the routes registered after this call that take none. Others say which they take. */
export function refuseUnknownQueries(http: FastifyInstance): void {
  http.addHook('onRoute', (route) => {
    if (route.schema?.querystring === undefined) route.preValidation = refuseQuery
  })
}

function refuseQuery({ query }: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void {
  const names = Object.keys(query as object)
  done(names.length === 0 ? undefined : invalid(unknownFields(names, [])))
}
