import type { App } from '../../app/app.ts'
import {
  getSubscription,
  listSubscriptions,
  patchSubscription,
  subscribe,
  trySubscription,
  unsubscribe,
} from '../../app/events/subscriptions.ts'
import type { Http } from '../http.ts'
import { needs } from '../plugins/auth.ts'
import { knownId } from '../schemas/common.ts'
import { ANY_BODY, ANY_POST, ANY_ROUTE, responses } from '../schemas/problem.ts'
import {
  subscription,
  subscriptionList,
  subscriptionMade,
  subscriptionPatch,
  subscriptionPath,
  subscriptionQuery,
  subscriptionRequest,
  subscriptionTest,
} from '../schemas/subscription.ts'

const tags = ['Events']
const onRequest = needs('admin')

export function subscriptionRoutes(http: Http, app: App): void {
  http.post(
    '/subscriptions',
    {
      onRequest,
      config: { secret: { without: (body) => JSON.stringify({ ...JSON.parse(body), secret: null }) } },
      schema: {
        operationId: 'subscribe',
        tags,
        summary: 'Have a URL told of events',
        description:
          'Each is a POST, signed as Standard Webhooks has it, tried again for a day and listed at `/v1/deliveries`. ' +
          'A request that is sent again is answered without the secret.',
        body: subscriptionRequest,
        response: responses({ 201: { description: 'The subscription, and its secret.', schema: subscriptionMade } }, [
          ...ANY_POST,
          'unknown_decision',
        ]),
      },
    },
    async (request, reply) => {
      const made = await subscribe(app, request.principal, request.body)
      return reply.code(201).header('location', `/v1/subscriptions/${made.id}`).send(made)
    },
  )

  http.get(
    '/subscriptions',
    {
      onRequest,
      schema: {
        operationId: 'listSubscriptions',
        tags,
        summary: 'List subscriptions, newest first',
        querystring: subscriptionQuery,
        response: responses({ 200: { description: 'A page.', schema: subscriptionList } }, ANY_ROUTE),
      },
    },
    async ({ query }) => {
      const { items, next } = await listSubscriptions(app, query)
      return { subscriptions: items, next }
    },
  )

  http.get(
    '/subscriptions/:id',
    {
      onRequest,
      schema: {
        operationId: 'getSubscription',
        tags,
        summary: 'Read a subscription',
        params: subscriptionPath,
        response: responses({ 200: { description: 'The subscription.', schema: subscription } }, [
          ...ANY_ROUTE,
          'not_found',
        ]),
      },
    },
    ({ params }) => getSubscription(app, idOf(params)),
  )

  http.patch(
    '/subscriptions/:id',
    {
      onRequest,
      schema: {
        operationId: 'patchSubscription',
        tags,
        summary: 'Pause a subscription, let it go on, or change its secret',
        description:
          'What happens while it is paused waits for it, for a day. When its secret is changed, the one before signs as ' +
          'well for a day, so that the receiver may go over meanwhile.',
        params: subscriptionPath,
        body: subscriptionPatch,
        response: responses({ 200: { description: 'The subscription as it is now.', schema: subscriptionMade } }, [
          ...ANY_BODY,
          'not_found',
        ]),
      },
    },
    ({ principal, params, body }) => patchSubscription(app, principal, idOf(params), body),
  )

  http.post(
    '/subscriptions/:id/test',
    {
      onRequest,
      schema: {
        operationId: 'testSubscription',
        tags,
        summary: 'Try a subscription',
        description: 'Sends `subscription.test`, whatever it wants to hear of. The delivery says what became of it.',
        params: subscriptionPath,
        response: responses({ 202: { description: 'It is on its way.', schema: subscriptionTest } }, [
          ...ANY_POST,
          'not_found',
        ]),
      },
    },
    async ({ principal, params }, reply) => {
      const tried = await trySubscription(app, principal, idOf(params))
      return reply.code(202).header('location', `/v1/deliveries/${tried.delivery}`).send(tried)
    },
  )

  http.delete(
    '/subscriptions/:id',
    {
      onRequest,
      schema: {
        operationId: 'unsubscribe',
        tags,
        summary: 'Delete a subscription',
        description: 'What still waits for it is given up.',
        params: subscriptionPath,
        response: responses({ 200: { description: 'The subscription as it was.', schema: subscription } }, [
          ...ANY_ROUTE,
          'not_found',
        ]),
      },
    },
    ({ principal, params }) => unsubscribe(app, principal, idOf(params)),
  )
}

const idOf = ({ id }: { readonly id: string }): string => knownId(id, 'subscription')
