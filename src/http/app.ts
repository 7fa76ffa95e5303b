import { randomUUID } from 'node:crypto'
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Cluster, Redis } from 'ioredis'
import type { App } from '../app/app.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'
import { type BoardQueues, serveBoard } from './board.ts'
import { MEBIBYTE } from './errors.ts'
import type { Http } from './http.ts'
import { authenticateRequests } from './plugins/auth.ts'
import { closeGently } from './plugins/close.ts'
import { answerErrors, answerMalformed, sendProblem } from './plugins/errors.ts'
import { honourIdempotencyKeys } from './plugins/idempotency.ts'
import { readJson } from './plugins/json.ts'
import { logRequests } from './plugins/log.ts'
import { describeRoutes, serveDescription } from './plugins/openapi.ts'
import { refuseUnknownQueries } from './plugins/query.ts'
import { countRequests, limitRequests, type RateLimit } from './plugins/rate-limit.ts'
import { traceRequests } from './plugins/trace.ts'
import { accountRoutes } from './routes/accounts.ts'
import { adjudicationRoutes } from './routes/adjudications.ts'
import { agentRoutes } from './routes/agents.ts'
import { auditRoutes } from './routes/audit.ts'
import { backtestRoutes } from './routes/backtests.ts'
import { checkRoutes } from './routes/checks.ts'
import { deliveryRoutes } from './routes/deliveries.ts'
import { escalationWorkRoutes } from './routes/escalation-work.ts'
import { escalationRoutes } from './routes/escalations.ts'
import { healthRoutes } from './routes/health.ts'
import { keyRoutes } from './routes/key.ts'
import { type McpRouteOptions, mcpRoutes } from './routes/mcp.ts'
import { outcomeRoutes } from './routes/outcomes.ts'
import { queueRoutes } from './routes/queues.ts'
import { resolutionRoutes } from './routes/resolution.ts'
import { rulesetRoutes } from './routes/ruleset.ts'
import { shadowRoutes } from './routes/shadow.ts'
import { signalRoutes } from './routes/signals.ts'
import { streamRoutes } from './routes/stream.ts'
import { subscriptionRoutes } from './routes/subscriptions.ts'
import { rejectionRoutes, webhookRoutes } from './routes/webhooks.ts'
import { validatorCompiler } from './validation.ts'

export interface ProbeOptions {
  readonly logger: FastifyBaseLogger
  /** Prometheus text. */
  readonly metrics: () => Promise<string>
  /** Undefined: there are none, and no board that shows them. */
  readonly queues?: BoardQueues | undefined
  /** Whether each request is a span, for the tracer provider of the process. */
  readonly traced?: boolean | undefined
}

export interface HttpOptions extends ProbeOptions {
  /** Of the service, for its description. */
  readonly version: string
  readonly rateLimit: RateLimit
  readonly webhooks: Webhooks
  /** What whoever posts to webhooks puts before our paths; null: what the header `host` says. */
  readonly calledAs: string | null
  /** Undefined: copilots find no `/mcp`. */
  readonly mcp?: Omit<McpRouteOptions, 'version'> | undefined
  /** Where requests are counted over all processes. Undefined: each process counts its own. */
  readonly redis?: Redis | Cluster | undefined
}

/** What a process serves that only works: whether it is up and ready, and its metrics. It does not listen yet. */
export async function buildProbes(app: App, options: ProbeOptions): Promise<FastifyInstance> {
  const http = createServer(app, options)
  healthRoutes(http, app, { ...options, needsQueues: true })
  return http as unknown as FastifyInstance
}

/** The HTTP API over an app. It does not listen yet. */
export async function buildHttp(app: App, options: HttpOptions): Promise<FastifyInstance> {
  const http = createServer(app, options)
  await describeRoutes(http, options.version)

  healthRoutes(http, app, options)
  await http.register(
    async (v1: Http) => {
      await countRequests(v1, options.redis)
      authenticateRequests(v1, app)
      limitRequests(v1, options.rateLimit)
      refuseUnknownQueries(v1)
      honourIdempotencyKeys(v1, app)
      accountRoutes(v1, app)
      adjudicationRoutes(v1, app)
      agentRoutes(v1, app)
      auditRoutes(v1, app)
      backtestRoutes(v1, app)
      checkRoutes(v1, app)
      deliveryRoutes(v1, app)
      escalationRoutes(v1, app)
      escalationWorkRoutes(v1, app)
      keyRoutes(v1)
      outcomeRoutes(v1, app)
      queueRoutes(v1, app)
      rejectionRoutes(v1, app, options.webhooks)
      resolutionRoutes(v1, app)
      rulesetRoutes(v1, app)
      shadowRoutes(v1, app)
      streamRoutes(v1, app)
      subscriptionRoutes(v1, app)
      await v1.register(async (signals: Http) => signalRoutes(signals, app))
    },
    { prefix: '/v1' },
  )
  await http.register(
    async (posts: Http) => {
      await countRequests(posts, options.redis)
      webhookRoutes(posts, options)
    },
    { prefix: '/v1' },
  )
  const { queues, mcp } = options
  if (mcp) {
    await http.register(async (copilots: Http) => {
      await countRequests(copilots, options.redis)
      authenticateRequests(copilots, app)
      // Messages, beside what they ask of the API, which counts there.
      limitRequests(copilots, options.rateLimit, 'mcp ')
      refuseUnknownQueries(copilots)
      mcpRoutes(copilots, app, { ...mcp, version: options.version })
    })
  }
  if (queues) {
    await http.register(async (admin: Http) => {
      await countRequests(admin, options.redis)
      serveBoard(admin, app, queues)
    })
  }
  await serveDescription(http)
  return http as unknown as FastifyInstance
}

function createServer(app: App, options: ProbeOptions): Http {
  const http: Http = fastify({
    loggerInstance: options.logger,
    // One logger for all: a child for each request costs more than it tells. Lines about a request carry its id.
    childLoggerFactory: () => options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: MEBIBYTE,
    requestTimeout: 30_000,
    // A name of 200 characters, percent-encoded.
    routerOptions: { maxParamLength: 2_400 },
    // What is under way when the service stops is answered, what comes in over open connections too.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => sendProblem(app, error, request, reply),
    clientErrorHandler: (error, socket) => answerMalformed(error, socket, randomUUID()),
  }).withTypeProvider<ZodTypeProvider>()

  if (options.traced) traceRequests(http)
  http.setValidatorCompiler(validatorCompiler)
  // Answers are made by our own code and checked against their schemas by tests: not for every request.
  http.setSerializerCompiler(() => JSON.stringify)
  http.removeAllContentTypeParsers()
  http.decorateRequest('rawBody', null)
  readJson(http, ['application/json'])
  answerErrors(http, app)
  closeGently(http)
  logRequests(http, app)
  return http
}
