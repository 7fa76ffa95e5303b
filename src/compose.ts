import { readFile } from 'node:fs/promises'
import type { Meter } from '@opentelemetry/api'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { v7 as uuid } from 'uuid'
import type { App } from './app/app.ts'
import { atMostEvery } from './app/at-most-every.ts'
import { sweepBacktests } from './app/backtests.ts'
import { createDesk } from './app/desk.ts'
import { tick } from './app/escalations/clocks.ts'
import { createWaits } from './app/escalations/waits.ts'
import { fanOut } from './app/events/fan-out.ts'
import { createFeed } from './app/events/feed.ts'
import { sweepEvents } from './app/events/sweep.ts'
import { sweepIdempotencyKeys } from './app/idempotency.ts'
import { ensureAdminKey } from './app/keys.ts'
import { createQuickChecks } from './app/leases/quick.ts'
import { recheckLeases } from './app/leases/recheck.ts'
import { sweepLeases } from './app/leases/uptake.ts'
import { warnOfActs } from './app/leases/without-leave.ts'
import { attemptDelivery, sweepDeliveries } from './app/notices/deliveries.ts'
import { handleNotice } from './app/notices/notices.ts'
import { missingSecrets } from './app/notices/targets.ts'
import { type Found, reloadRules } from './app/reload.ts'
import { sweepShadowAnswers } from './app/shadow-answers.ts'
import { startRules } from './app/start-rules.ts'
import { answerQuestion } from './app/unasked.ts'
import { runBacktest } from './backtest/job/run.ts'
import { projectFile } from './cli/project.ts'
import type { Config } from './config.ts'
import type { Ruleset } from './core/rules/load.ts'
import { createEgress } from './egress/egress.ts'
import { buildHttp, buildProbes } from './http/app.ts'
import { startFanOut } from './queue/fan-out.ts'
import { openQueues, type Queues } from './queue/queues.ts'
import { startReconciling } from './queue/reconcile.ts'
import { connectRedis, HASTY, isCluster, type RedisClient } from './queue/redis.ts'
import { startRelay } from './queue/relay.ts'
import { type Handlers, startWorkers } from './queue/workers.ts'
import { type Bell, createBell } from './storage/bell.ts'
import { type Clock, createClock } from './storage/clock.ts'
import { mendPositions } from './storage/events.ts'
import { isNewStore, openStore, type Store } from './storage/open.ts'
import { countOutbox } from './storage/outbox.ts'
import { createMetrics } from './telemetry/metrics.ts'
import { startTelemetry } from './telemetry/telemetry.ts'
import { watchDirectory } from './watch/directory.ts'
import { followActivations } from './watch/follow.ts'
import { sweepWebhooks } from './webhooks/rejected.ts'
import { createWebhooks, type Webhooks } from './webhooks/webhooks.ts'

export interface ComposeOptions {
  /** `joinStore` where a service may be running on the data. */
  readonly open?: typeof openStore
  /** Whether the log of a first start shows the admin key: not where others keep that log. */
  readonly showsAdminKey?: boolean
}

/** The whole service, wired and not yet listening. */
export interface Service {
  readonly app: App
  readonly http: FastifyInstance
  /** Resolves, with the reason, when the service can't go on. */
  readonly lost: Promise<string>
  /** Lets requests in flight finish, then gives everything back. */
  close(): Promise<void>
}

/**
 * Everything that the service is made of, put together in one place. Rules are read before anything is started, so
 * that those of a newcomer which can't answer cost nothing. Where others have been active, these go on.
 *
 * @throws RulesUnreadable, RulesInvalid, CasesFail, DataDirInUse, EmbeddedPostgresError, or what the database says
 */
export async function compose(
  config: Config,
  log: Logger,
  { open = openStore, showsAdminKey = true }: ComposeOptions = {},
): Promise<Service> {
  const found = await reloadRules(config.rulesDir)
  if ('refused' in found && isNewStore(config)) throw found.refused
  /** Gives back what has been opened, the last first. */
  const closers: (() => unknown)[] = []
  const close = async () => {
    for (const giveBack of closers.splice(0).reverse()) await giveBack()
  }
  try {
    const serves = config.role !== 'worker'
    const works = config.role !== 'api'
    const store = await open({
      databaseUrl: config.databaseUrl,
      dataDir: config.dataDir,
      onError: ({ message }) => log.warn({ reason: message }, 'a database connection broke'),
      onNotice: (line) => log.info(line),
    })
    closers.push(store.close)
    await mendPositions(store.db)
    // Closed before the store, which it measures once more.
    const telemetry = await startTelemetry(config.exported, log)
    closers.push(telemetry.shutdown)
    const clock = await createClock(store.db)
    closers.push(clock.close)
    const bell = createBell({
      notify: (sql) => store.desk.query(sql),
      connect: store.listener,
      onError: ({ message }) =>
        log.warn({ reason: message }, 'changes are polled for: the connection that tells broke'),
    })
    closers.push(bell.close)
    const app = await createApp(config, log, store, { found, meter: telemetry.meter, clock, bell })
    closers.push(app.desk.drained)
    if (serves) {
      await ensureAdminKey(app, {
        configured: config.adminKey,
        dataDir: config.dataDir,
        log: (line) => log.info(line),
        showsAdminKey,
      })
    }
    const queues = openQueues({ redisUrl: config.redisUrl, pool: store.queues, now: app.now, log })
    closers.push(queues.close)
    const limiter = serves && config.redisUrl !== null ? await connectLimiter(config.redisUrl) : undefined
    closers.push(() => limiter?.disconnect())
    const probes = {
      logger: log,
      metrics: telemetry.text,
      queues,
      traced: config.exported.traces,
    }
    const rateLimit = { max: config.rateLimit, timeWindow: 60_000 }
    const webhooks = createWebhooks(app, (name) => process.env[name] || undefined)
    closers.push(webhooks.close)
    if (serves) tellOfSources(webhooks, log)
    const { calledAs } = config
    const mcp = { glossary: await readFile(projectFile('docs/glossary.md'), 'utf8'), resolves: config.mcpResolves }
    const served = { version: await ownVersion(), rateLimit, redis: limiter, webhooks, calledAs, mcp }
    const http = serves ? await buildHttp(app, { ...probes, ...served }) : await buildProbes(app, probes)
    if (works) warnOfTargets(app.rules.active, log)
    // Before what goes by the rules is stopped.
    closers.push(followActivations(app))
    if (config.activation === 'automatic') closers.push(watchDirectory(app, found))
    const stopWorking = works ? startWorking(app, store, queues) : () => {}
    // Requests and jobs under way finish at the same time.
    closers.push(() => Promise.all([http.close(), stopWorking()]))
    // Before that waits for all that is under way.
    closers.push(app.waits.close, app.feed.close)
    const sweeper = setInterval(() => sweep(app), 3_600_000)
    closers.push(() => clearInterval(sweeper))
    return { app, http, lost: store.lost, close }
  } catch (error) {
    await close()
    throw error
  }
}

interface Parts {
  readonly found: Found
  readonly meter: Meter
  readonly clock: Clock
  readonly bell: Bell
}

async function createApp(config: Config, log: Logger, store: Store, parts: Parts): Promise<App> {
  const { db } = store
  const { found, meter, bell } = parts
  const { now } = parts.clock
  const directory = { path: config.rulesDir, isWatched: config.activation === 'automatic' }
  const rules = await startRules({ db, log }, found, directory, now())
  const observed = { outboxDepth: () => countOutbox(db), rulesRefused: () => rules.refused !== null }
  const metrics = createMetrics(meter, observed)
  return {
    db,
    desk: createDesk({ pool: store.desk, now, onOutbox: bell.ring, onEvents: atMostEvery(EVENTS_RUNG, bell.ring) }),
    rules,
    quick: createQuickChecks({ pool: store.checks, now }),
    bell,
    waits: createWaits({ db, bell, log }),
    feed: createFeed({ db, bell, log, metrics, now }),
    metrics,
    log,
    actedWithoutLeave: warnOfActs(log),
    publicUrl: config.publicUrl,
    egressAllow: config.egressAllow,
    now,
    draw: Math.random,
    newId: uuid,
  }
}

/** Each ring is a transaction: there are events with every answer, and who follows them can wait so long. Milliseconds. */
const EVENTS_RUNG = 50

/** Works on queues until what is returned is called; it resolves when nothing is under way. */
function startWorking(app: App, store: Store, queues: Queues): () => Promise<unknown> {
  const stops = [
    startRelay({ ...app, queues }),
    startReconciling({ ...app, queues }),
    startFanOut({ ...app, queues, fanOut: () => fanOut(app) }),
  ]
  startWorkers({ ...app, queues, handlers: createHandlers(app, store) })
  return () => Promise.all([queues.stopWorking(), ...stops.map((stop) => stop())])
}

function createHandlers(app: App, { connection }: Store): Handlers {
  const egress = createEgress({ allow: app.egressAllow, env: process.env })
  return {
    handleNotice: (outbox) => handleNotice(app, outbox),
    tick: (escalation) => tick(app, escalation),
    answerQuestion: (account, decision) => answerQuestion(app, account, decision),
    recheckLeases: (outbox, stir) => recheckLeases(app, outbox, stir),
    attemptDelivery: (delivery) => attemptDelivery(app, egress, delivery),
    runBacktest: (backtest, { stopping, showProgress }) =>
      runBacktest(app, backtest, { connection, stopping, onProgress: showProgress }),
  }
}

/**
 * Holds rate limits that count over all processes. Nothing else depends on it, so its absence stops nothing, and the
 * queues tell of it.
 */
async function connectLimiter(url: string): Promise<RedisClient> {
  const redis = connectRedis(url, await isCluster(url).catch(() => false), HASTY)
  redis.on('error', () => {})
  return redis
}

async function ownVersion(): Promise<string> {
  return JSON.parse(await readFile(projectFile('package.json'), 'utf8')).version
}

/** Deletes what is kept for a time only. */
function sweep(app: App): void {
  const sweeps = {
    'idempotency keys': sweepIdempotencyKeys(app),
    deliveries: sweepDeliveries(app),
    'back-tests': sweepBacktests(app),
    leases: sweepLeases(app),
    'answers of shadows': sweepShadowAnswers(app),
    'what came by webhook': sweepWebhooks(app),
    events: sweepEvents(app),
  }
  for (const [what, swept] of Object.entries(sweeps)) {
    swept.catch((error) => app.log.warn({ reason: error.message }, `old ${what} stay for now`))
  }
}

/** A source that lacks its secret is off and stops nothing; whoever starts the service hears of it once. */
function tellOfSources(webhooks: Webhooks, log: Logger): void {
  const sources = webhooks.troubles().map(({ source, reason }) => `${source}: ${reason}`)
  if (sources.length > 0) log.info({ sources }, 'webhook sources that lack what they need')
}

/** What can't be told is retried for a day; whoever starts the service hears of it now. */
function warnOfTargets({ queues }: Ruleset, log: Logger): void {
  for (const missing of missingSecrets(queues, process.env)) log.warn(missing, 'a target can not be told')
}
