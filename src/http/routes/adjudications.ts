import { adjudicate } from '../../app/adjudications.ts'
import type { App } from '../../app/app.ts'
import { getAdjudication, listAdjudications, recompute } from '../../app/history.ts'
import type { SignalInput } from '../../app/signals.ts'
import type { StoredAnswer } from '../../storage/idempotency.ts'
import { type Http, JSON_TYPE } from '../http.ts'
import { needs } from '../plugins/auth.ts'
import {
  adjudication,
  adjudicationList,
  adjudicationPath,
  adjudicationQuery,
  adjudicationRequest,
  recomputation,
} from '../schemas/adjudication.ts'
import { knownId } from '../schemas/common.ts'
import { ANY_POST, ANY_ROUTE, responses } from '../schemas/problem.ts'
import { signalErrors } from '../schemas/signal.ts'
import { invalid } from '../validation.ts'

const tags = ['Adjudications']

export function adjudicationRoutes(http: Http, app: App): void {
  http.post(
    '/adjudications',
    {
      onRequest: needs('adjudications:write'),
      schema: {
        operationId: 'adjudicate',
        tags,
        summary: 'Ask what to do',
        description:
          'Takes in the signals of the request, resolves all live signals of the account under the rules, and answers ' +
          'with one recommendation, what may be done with it, and the terms it was computed from.',
        body: adjudicationRequest,
        response: responses(
          {
            200: { description: 'The answer of a dry run, kept nowhere.', schema: adjudication },
            201: { description: 'The answer.', schema: adjudication },
          },
          [
            ...ANY_POST,
            'unknown_decision',
            'unknown_action',
            'agent_not_allowed',
            'signal_conflict',
            'score_without_scale',
            'facts_too_large',
          ],
        ),
      },
    },
    async (request, reply) => {
      const { body, principal } = request
      if (body.signals) refuseBadSignals(body.signals, app.now())
      const key = body.dryRun ? null : request.idempotencyKey
      const answer = await adjudicate(app, principal, body, key ? { ...key, as: created } : undefined)
      // It was kept in the transaction of the answer.
      if (key) request.idempotencyKey = null
      if (answer.id === null) return reply.code(200).header('content-type', JSON_TYPE).send(answer.body)
      const { status, headers } = created(answer.id, answer.body)
      return reply.code(status).headers(headers).send(answer.body)
    },
  )

  http.get(
    '/adjudications',
    {
      onRequest: needs('read'),
      schema: {
        operationId: 'listAdjudications',
        tags,
        summary: 'List adjudications, newest first',
        querystring: adjudicationQuery,
        response: responses({ 200: { description: 'A page.', schema: adjudicationList } }, ANY_ROUTE),
      },
    },
    async ({ principal, query: { limit, cursor, ...filter } }) => {
      const { items, next } = await listAdjudications(app, filter, { limit, cursor }, principal)
      return { adjudications: items, next }
    },
  )

  http.get(
    '/adjudications/:id',
    {
      onRequest: needs('read'),
      schema: {
        operationId: 'getAdjudication',
        tags,
        summary: 'Read an adjudication',
        params: adjudicationPath,
        response: responses({ 200: { description: 'The answer as it was given.', schema: adjudication } }, [
          ...ANY_ROUTE,
          'not_found',
          'redacted',
        ]),
      },
    },
    ({ principal, params }) => getAdjudication(app, knownId(params.id, 'adjudication'), principal),
  )

  http.post(
    '/adjudications/:id/recompute',
    {
      onRequest: needs('read'),
      schema: {
        operationId: 'recompute',
        tags,
        summary: 'Recompute an adjudication',
        description: 'Computes the answer again from what is stored, and says whether every number is the same.',
        params: adjudicationPath,
        response: responses({ 200: { description: 'Whether it is the same.', schema: recomputation } }, [
          ...ANY_POST,
          'not_found',
          'redacted',
        ]),
      },
    },
    ({ params }) => recompute(app, knownId(params.id, 'adjudication')),
  )
}

function created(id: string, body: string): StoredAnswer {
  return { status: 201, headers: { 'content-type': JSON_TYPE, location: `/v1/adjudications/${id}` }, body }
}

/** One bad signal refuses the request. */
function refuseBadSignals(signals: readonly Omit<SignalInput, 'account'>[], now: number): void {
  const errors = signals.flatMap((signal, i) =>
    signalErrors(signal, now).map(({ path, message }) => ({ path: `signals.${i}.${path}`, message })),
  )
  if (errors.length > 0) throw invalid(errors)
}
