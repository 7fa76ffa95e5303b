import type { FastifyRequest } from 'fastify'
import type { App } from '../../app/app.ts'
import { type CheckAnswer, checkAction } from '../../app/checks.ts'
import { reportAction } from '../../app/leases/actions.ts'
import { redeemLease } from '../../app/leases/redeem.ts'
import { leaseToken, repeatableSecret } from '../../app/leases/token.ts'
import { getUptake } from '../../app/leases/uptake.ts'
import { type Http, JSON_TYPE } from '../http.ts'
import { bearerToken, needs } from '../plugins/auth.ts'
import type { AnswerSecret } from '../plugins/idempotency.ts'
import { agentPath } from '../schemas/agent.ts'
import {
  actionReport,
  check,
  checkRequest,
  redemption,
  redemptionRequest,
  reportedAction,
  uptake,
  uptakeQuery,
} from '../schemas/check.ts'
import { isAhead } from '../schemas/common.ts'
import { ANY_POST, ANY_ROUTE, responses } from '../schemas/problem.ts'
import { invalid } from '../validation.ts'

const tags = ['Checks']

export function checkRoutes(http: Http, app: App): void {
  http.post(
    '/checks',
    {
      onRequest: needs('adjudications:write'),
      config: { secret: TOKEN },
      schema: {
        operationId: 'check',
        tags,
        summary: 'Ask before acting',
        description:
          'The verdict first. An `allow` carries a lease: redeem it as you act. Where nothing that counts has come since ' +
          'the same was asked, the answer is that one again (`cached`).',
        body: checkRequest,
        response: responses({ 200: { description: 'Whether the agent may act.', schema: check } }, [
          ...ANY_POST,
          'unknown_decision',
          'unknown_action',
          'agent_not_allowed',
        ]),
      },
    },
    async (request, reply) => {
      const { idempotencyKey: key, principal, body } = request
      const again = key && { ...key, secret: secretOf(request, key.key), as: withoutToken }
      const answer = await checkAction(app, principal, body, again ?? undefined)
      // It was kept with the answer.
      if (key) request.idempotencyKey = null
      return reply.code(200).header('content-type', JSON_TYPE).send(JSON.stringify(answer))
    },
  )

  http.post(
    '/leases/redeem',
    {
      onRequest: needs('adjudications:write'),
      schema: {
        operationId: 'redeemLease',
        tags,
        summary: 'Redeem a lease as you act',
        description:
          'By the key that got it, once. What the lease rests on is looked at again: where it no longer holds, the lease is ' +
          'revoked, and the answer says why.',
        body: redemptionRequest,
        response: responses({ 200: { description: 'Act now.', schema: redemption } }, [
          ...ANY_POST,
          'not_found',
          'lease_used',
          'lease_revoked',
          'lease_expired',
          'payload_changed',
        ]),
      },
    },
    async (request) => {
      const { idempotencyKey: key, principal, body } = request
      const go = await redeemLease(app, principal, body, key ? { ...key, as: answered } : undefined)
      // It was kept in the commit that used the lease up.
      if (key) request.idempotencyKey = null
      return go
    },
  )

  http.post(
    '/actions',
    {
      onRequest: needs('adjudications:write'),
      schema: {
        operationId: 'reportAction',
        tags,
        summary: 'Report what an agent did',
        description: 'With a lease or without: the figure that says who follows the answers and who ignores them.',
        body: actionReport,
        response: responses({ 201: { description: 'Taken note of.', schema: reportedAction } }, [
          ...ANY_POST,
          'unknown_decision',
          'unknown_action',
          'agent_not_allowed',
          'not_found',
        ]),
      },
    },
    async ({ principal, body }, reply) => {
      if (body.at !== undefined && isAhead(body.at, app.now())) {
        throw invalid([{ path: 'at', message: 'must be at most 5 minutes ahead of now' }])
      }
      return reply.code(201).send(await reportAction(app, principal, body))
    },
  )

  http.get(
    '/agents/:agent/uptake',
    {
      onRequest: needs('read'),
      schema: {
        operationId: 'getUptake',
        tags: ['Agents'],
        summary: 'Read how far an agent follows',
        description: 'What became of its leases, and what it says it did without one.',
        params: agentPath,
        querystring: uptakeQuery,
        response: responses({ 200: { description: 'Its uptake by decision.', schema: uptake } }, ANY_ROUTE),
      },
    },
    ({ params, query }) => getUptake(app, params.agent, query),
  )
}

const answered = (body: object) => ({
  status: 200,
  headers: { 'content-type': JSON_TYPE },
  body: JSON.stringify(body),
})

/** A token is never kept: with the key and the idempotency key of the request it is made again. */
const TOKEN: AnswerSecret = {
  without: (body) => withoutToken(JSON.parse(body)).body,
  within(request, idempotencyKey, body) {
    const { lease, ...answer } = JSON.parse(body) as CheckAnswer
    if (!lease) return body
    const token = leaseToken(lease.id, secretOf(request, idempotencyKey)(lease.id))
    return JSON.stringify({ ...answer, lease: { ...lease, token } })
  },
}

function withoutToken({ lease, ...answer }: CheckAnswer) {
  return answered({ ...answer, lease: lease && { ...lease, token: '' } })
}

const secretOf = ({ headers }: FastifyRequest, idempotencyKey: string) =>
  repeatableSecret(bearerToken(headers.authorization) ?? '', idempotencyKey)
