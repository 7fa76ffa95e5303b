import type { App } from '../../app/app.ts'
import { listQueues } from '../../app/escalations/queues.ts'
import type { Http } from '../http.ts'
import { needs } from '../plugins/auth.ts'
import { ANY_ROUTE, responses } from '../schemas/problem.ts'
import { queueList, queueQuery } from '../schemas/queue.ts'

export function queueRoutes(http: Http, app: App): void {
  http.get(
    '/queues',
    {
      onRequest: needs('read'),
      schema: {
        operationId: 'listQueues',
        tags: ['Escalations'],
        summary: 'List queues by name',
        description:
          'How each queue does: what waits in it, how fast people get to it, and how often they agree with what was ' +
          'recommended.',
        querystring: queueQuery,
        response: responses({ 200: { description: 'A page.', schema: queueList } }, ANY_ROUTE),
      },
    },
    async ({ query }) => {
      const { items, next } = await listQueues(app, query)
      return { queues: items, next }
    },
  )
}
