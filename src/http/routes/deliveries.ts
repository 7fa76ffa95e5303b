import type { App } from '../../app/app.ts'
import { getDelivery, listDeliveries, replayDelivery } from '../../app/notices/deliveries.ts'
import type { Http } from '../http.ts'
import { needs } from '../plugins/auth.ts'
import { knownId } from '../schemas/common.ts'
import { delivery, deliveryDetail, deliveryList, deliveryPath, deliveryQuery } from '../schemas/delivery.ts'
import { ANY_POST, ANY_ROUTE, responses } from '../schemas/problem.ts'

const tags = ['Deliveries']

export function deliveryRoutes(http: Http, app: App): void {
  http.get(
    '/deliveries',
    {
      onRequest: needs('admin'),
      schema: {
        operationId: 'listDeliveries',
        tags,
        summary: 'List notices that were sent or wait to be, newest first',
        description: 'Those with status `dead` are given up: see why, mend it, and replay them.',
        querystring: deliveryQuery,
        response: responses({ 200: { description: 'A page.', schema: deliveryList } }, ANY_ROUTE),
      },
    },
    async ({ query: { limit, cursor, ...filter } }) => {
      const { items, next } = await listDeliveries(app, filter, { limit, cursor })
      return { deliveries: items, next }
    },
  )

  http.get(
    '/deliveries/:id',
    {
      onRequest: needs('admin'),
      schema: {
        operationId: 'getDelivery',
        tags,
        summary: 'Read a delivery',
        description: 'With what is sent.',
        params: deliveryPath,
        response: responses({ 200: { description: 'The delivery.', schema: deliveryDetail } }, [
          ...ANY_ROUTE,
          'not_found',
        ]),
      },
    },
    ({ params }) => getDelivery(app, knownId(params.id, 'delivery')),
  )

  http.post(
    '/deliveries/:id/replay',
    {
      onRequest: needs('admin'),
      schema: {
        operationId: 'replayDelivery',
        tags,
        summary: 'Send a notice again',
        description: 'One that was given up or delivered, under the id that it had, for another day.',
        params: deliveryPath,
        response: responses({ 200: { description: 'The delivery, pending.', schema: delivery } }, [
          ...ANY_POST,
          'not_found',
          'delivery_pending',
        ]),
      },
    },
    ({ params, principal }) => replayDelivery(app, principal, knownId(params.id, 'delivery')),
  )
}
