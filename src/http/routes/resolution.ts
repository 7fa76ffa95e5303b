import type { FastifyReply } from 'fastify'
import type { App } from '../../app/app.ts'
import { getResolution } from '../../app/escalations/resolution.ts'
import type { Http } from '../http.ts'
import { needs } from '../plugins/auth.ts'
import { adjudicationPath } from '../schemas/adjudication.ts'
import { knownId } from '../schemas/common.ts'
import { ANY_ROUTE, responses } from '../schemas/problem.ts'
import { resolution, resolutionQuery } from '../schemas/resolution.ts'

export function resolutionRoutes(http: Http, app: App): void {
  http.get(
    '/adjudications/:id/resolution',
    {
      onRequest: needs('read', 'adjudications:write'),
      schema: {
        operationId: 'getResolution',
        tags: ['Adjudications'],
        summary: 'Wait for what people decide',
        description:
          'Answers as soon as a person has decided, or the question has ended otherwise, and at the latest when `wait` ' +
          'is over. Whoever may ask may read this, an agent too.',
        params: adjudicationPath,
        querystring: resolutionQuery,
        response: responses({ 200: { description: 'How things stand.', schema: resolution } }, [
          ...ANY_ROUTE,
          'not_found',
          'redacted',
        ]),
      },
    },
    ({ params, query }, reply) => getResolution(app, knownId(params.id, 'adjudication'), query.wait, untilGone(reply)),
  )
}

/** Aborted when whoever asked has hung up. */
function untilGone({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController()
  raw.once('close', () => gone.abort())
  return gone.signal
}
