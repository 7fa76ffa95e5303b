import { z } from 'zod'
import type { App } from '../../app/app.ts'
import { readiness } from '../../app/health.ts'
import { Problem } from '../../app/problem.ts'
import type { Webhooks } from '../../webhooks/webhooks.ts'
import { KINDS, PROBLEM_TYPE, problemDocument } from '../errors.ts'
import type { Http } from '../http.ts'
import { health, ready } from '../schemas/health.ts'
import { responses } from '../schemas/problem.ts'

const tags = ['Health']
/** These need no API key. */
const security: [] = []

export interface HealthOptions {
  /** Prometheus text. */
  readonly metrics: () => Promise<string>
  readonly queues?: { readonly away: string | null } | undefined
  /** What webhooks lack. */
  readonly webhooks?: Pick<Webhooks, 'troubles'> | undefined
  /** Whether the process is of no use without its queues, as one that only works is. */
  readonly needsQueues?: boolean
}

export function healthRoutes(http: Http, app: App, options: HealthOptions): void {
  const { metrics, queues, webhooks, needsQueues = false } = options
  http.get(
    '/healthz',
    {
      schema: {
        operationId: 'health',
        tags,
        security,
        summary: 'Whether the process is up',
        response: responses({ 200: { description: 'It is.', schema: health } }, []),
      },
    },
    async () => ({ status: 'ok' }),
  )

  http.get(
    '/readyz',
    {
      schema: {
        operationId: 'readiness',
        tags,
        security,
        summary: 'Whether requests can be served',
        response: responses({ 200: { description: 'They can.', schema: ready } }, ['unavailable']),
      },
    },
    async (request, reply) => {
      const waiting = queues?.away ? ["the queues can't be reached: notices and clocks wait"] : []
      const missing = [...(await readiness(app)).missing, ...(needsQueues ? waiting : [])]
      const degraded = [...waiting, ...(app.rules.refused ? ['newer rules are refused: see GET /v1/ruleset'] : [])]
      const off = (webhooks?.troubles() ?? []).map(({ source, reason }) => `source \`${source}\`: ${reason}`)
      if (missing.length === 0) {
        return { status: 'ready', ...(degraded.length > 0 && { degraded }), ...(off.length > 0 && { off }) }
      }
      const problem = new Problem('unavailable', `not ready: ${missing.join(', ')}`)
      const document = { ...problemDocument(problem, request.id), missing }
      return reply.code(KINDS.unavailable.status).type(PROBLEM_TYPE).send(JSON.stringify(document))
    },
  )

  http.get(
    '/metrics',
    {
      schema: {
        operationId: 'metrics',
        tags,
        security,
        summary: 'Metrics for Prometheus',
        response: {
          200: { description: 'Prometheus text format.', content: { 'text/plain': { schema: z.string() } } },
        },
      },
    },
    async (_request, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics()),
  )
}
