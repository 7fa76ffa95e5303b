import type { App } from '../../app/app.ts'
import { getEscalation, listEscalations } from '../../app/escalations/reading.ts'
import type { Http } from '../http.ts'
import { needs } from '../plugins/auth.ts'
import { knownId } from '../schemas/common.ts'
import { escalationList, escalationPath, escalationQuery } from '../schemas/escalation.ts'
import { escalationDetail } from '../schemas/escalation-detail.ts'
import { ANY_ROUTE, responses } from '../schemas/problem.ts'

const tags = ['Escalations']

export function escalationRoutes(http: Http, app: App): void {
  http.get(
    '/escalations',
    {
      onRequest: needs('read'),
      schema: {
        operationId: 'listEscalations',
        tags,
        summary: 'List escalations',
        description:
          'In the order in which people should take them: priority, overdue, due time, regret. Samples are listed apart.',
        querystring: escalationQuery,
        response: responses({ 200: { description: 'A page.', schema: escalationList } }, ANY_ROUTE),
      },
    },
    async ({ query: { limit, cursor, ...filter } }) => {
      const { items, next } = await listEscalations(app, filter, { limit, cursor })
      return { escalations: items, next }
    },
  )

  http.get(
    '/escalations/:id',
    {
      onRequest: needs('read'),
      schema: {
        operationId: 'getEscalation',
        tags,
        summary: 'Read an escalation',
        description: 'The item with its adjudication, the account, what there is to decide, and what was done with it.',
        params: escalationPath,
        response: responses({ 200: { description: 'The item.', schema: escalationDetail } }, [
          ...ANY_ROUTE,
          'not_found',
        ]),
      },
    },
    ({ params }) => getEscalation(app, knownId(params.id, 'escalation')),
  )
}
