import type { Http } from '../http.ts'
import { key } from '../schemas/key.ts'
import { ANY_ROUTE, responses } from '../schemas/problem.ts'

export function keyRoutes(http: Http): void {
  http.get(
    '/key',
    {
      schema: {
        operationId: 'getKey',
        tags: ['Keys'],
        summary: 'Read the key that asks',
        description: 'Whose it is and what it may do, for clients that act for its holder. Needs no scope.',
        response: responses({ 200: { description: 'The key.', schema: key } }, ANY_ROUTE),
      },
    },
    async ({ principal: { name, kind, scopes, agents } }) => ({
      name,
      principal: kind,
      scopes: [...scopes],
      agents: agents && [...agents],
    }),
  )
}
