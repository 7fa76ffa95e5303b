import type { App } from '../../app/app.ts'
import { claimNext } from '../../app/escalations/claim-next.ts'
import {
  claimEscalation,
  commentOnEscalation,
  reassignEscalation,
  releaseEscalation,
} from '../../app/escalations/claims.ts'
import { resolveEach, resolveEscalation } from '../../app/escalations/resolve.ts'
import type { Http } from '../http.ts'
import { needs } from '../plugins/auth.ts'
import { knownId } from '../schemas/common.ts'
import { escalation, escalationPath } from '../schemas/escalation.ts'
import {
  bulkRequest,
  bulkResponse,
  claimNextPath,
  claimNextResponse,
  commentRequest,
  onBehalf,
  reassignRequest,
  resolveRequest,
} from '../schemas/escalation-work.ts'
import { ANY_POST, responses } from '../schemas/problem.ts'

const tags = ['Escalations']
const onRequest = needs('escalations:review')
const item = { 200: { description: 'The item as it stands now.', schema: escalation } }
const STEP = [...ANY_POST, 'not_found', 'already_claimed', 'already_resolved'] as const

/** What people do with escalations. */
export function escalationWorkRoutes(http: Http, app: App): void {
  http.post(
    '/escalations/:id/claim',
    {
      onRequest,
      schema: {
        operationId: 'claimEscalation',
        tags,
        summary: 'Claim an escalation',
        description:
          'Takes it for as long as the lease of its queue lasts, 15 minutes unless `queues.yaml` says otherwise; all ' +
          'that you do with it renews that, claiming it again too. A claim that lapses gives it back.',
        params: escalationPath,
        body: onBehalf,
        response: responses(item, STEP),
      },
    },
    ({ principal, params, body }) => claimEscalation(app, principal, idOf(params), body),
  )

  http.post(
    '/escalations/:id/release',
    {
      onRequest,
      schema: {
        operationId: 'releaseEscalation',
        tags,
        summary: 'Give an escalation back',
        description: 'Anybody of the queue may take it then.',
        params: escalationPath,
        body: onBehalf,
        response: responses(item, [...STEP, 'not_claimed']),
      },
    },
    ({ principal, params, body }) => releaseEscalation(app, principal, idOf(params), body),
  )

  http.post(
    '/escalations/:id/reassign',
    {
      onRequest,
      schema: {
        operationId: 'reassignEscalation',
        tags,
        summary: 'Put an escalation into other hands',
        description: 'Names a person, another queue, or both. Who held it gives it back, unless it is them.',
        params: escalationPath,
        body: reassignRequest,
        response: responses(item, STEP),
      },
    },
    ({ principal, params, body }) => reassignEscalation(app, principal, idOf(params), body),
  )

  http.post(
    '/escalations/:id/comment',
    {
      onRequest,
      schema: {
        operationId: 'commentOnEscalation',
        tags,
        summary: 'Comment on an escalation',
        description: 'Anybody may, while it waits; it is in the history of the item.',
        params: escalationPath,
        body: commentRequest,
        response: responses(item, [...ANY_POST, 'not_found', 'already_resolved']),
      },
    },
    ({ principal, params, body }) => commentOnEscalation(app, principal, idOf(params), body),
  )

  http.post(
    '/escalations/:id/resolve',
    {
      onRequest,
      schema: {
        operationId: 'resolveEscalation',
        tags,
        summary: 'Resolve an escalation',
        description:
          'What you uphold or override stands for that question about that account until it is older than ' +
          '`review.holdsFor`, or what it was decided on has changed. Without a claim, if nobody else has one.',
        params: escalationPath,
        body: resolveRequest,
        response: responses(item, [
          ...STEP,
          'escalation_changed',
          'unknown_reason',
          'unknown_action',
          'unknown_state',
          'outcome_conflict',
          'redacted',
        ]),
      },
    },
    ({ principal, params, body }) => resolveEscalation(app, principal, idOf(params), body),
  )

  http.post(
    '/escalations/bulk',
    {
      onRequest,
      schema: {
        operationId: 'resolveEscalations',
        tags,
        summary: 'Resolve many escalations',
        description: 'Upholds or dismisses each on its own: one that can not be resolved stops no other.',
        body: bulkRequest,
        response: responses({ 200: { description: 'What became of each.', schema: bulkResponse } }, [
          ...ANY_POST,
          'unknown_reason',
        ]),
      },
    },
    async ({ principal, body: { ids, ...answer } }) => ({ results: await resolveEach(app, principal, ids, answer) }),
  )

  http.post(
    '/queues/:queue/claim-next',
    {
      onRequest,
      schema: {
        operationId: 'claimNextEscalation',
        tags,
        summary: 'Claim what comes next in a queue',
        description:
          'The decision of the queue that should be taken first, of those for anybody, those for you, and those that ' +
          'whoever they are for has let become overdue. However many ask at once, each gets another.',
        params: claimNextPath,
        body: onBehalf,
        response: responses({ 200: { description: 'The item, if any waits.', schema: claimNextResponse } }, ANY_POST),
      },
    },
    async ({ principal, params, body }) => ({ escalation: await claimNext(app, principal, params.queue, body) }),
  )
}

const idOf = ({ id }: { readonly id: string }): string => knownId(id, 'escalation')
