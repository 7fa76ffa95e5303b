import { readFile } from 'node:fs/promises'
import type { Meter } from '@opentelemetry/api'
import type { FastifyInstance } from 'fastify'
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { v7 as uuid } from 'uuid'
import type { App } from './app/app.ts'
import { createDesk } from './app/desk.ts'
import { sweepIdempotencyKeys } from './app/idempotency.ts'
import { ensureAdminKey } from './app/keys.ts'
import { readRules } from './app/rule-files.ts'
import { activateRules } from './app/rules.ts'
import { createWaits } from './app/waits.ts'
import { projectFile } from './cli/project.ts'
import type { Config } from './config.ts'
import type { Ruleset } from './core/rules/load.ts'
import { buildHttp } from './http/app.ts'
import { type Bell, createBell } from './storage/bell.ts'
import { type Clock, createClock } from './storage/clock.ts'
import { openStore, type Store } from './storage/open.ts'
import { countOutbox } from './storage/outbox.ts'
import { createMetrics } from './telemetry/metrics.ts'
import { startTelemetry } from './telemetry/telemetry.ts'

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
 * Everything that the service is made of, put together in one place. Rules are read before anything is started, so a
 * file that does not load costs nothing.
 *
 * @throws RulesInvalid, DataDirInUse, EmbeddedPostgresError, or what the database says
 */
export async function compose(config: Config, log: Logger): Promise<Service> {
  const ruleset = await readRules(config.rulesDir)
  /** Gives back what has been opened, the last first. */
  const closers: (() => unknown)[] = []
  const close = async () => {
    for (const giveBack of closers.splice(0).reverse()) await giveBack()
  }
  try {
    const redis = config.redisUrl === null ? undefined : await connectRedis(config.redisUrl, log)
    closers.push(() => redis?.disconnect())
    const store = await openStore({
      databaseUrl: config.databaseUrl,
      dataDir: config.dataDir,
      onError: ({ message }) => log.warn({ reason: message }, 'a database connection broke'),
      onNotice: (line) => log.info(line),
    })
    closers.push(store.close)
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
    const app = await createApp(config, log, store, { ruleset, meter: telemetry.meter, clock, bell })
    closers.push(app.desk.drained)
    await ensureAdminKey(app, {
      configured: config.adminKey,
      dataDir: config.dataDir,
      log: (line) => log.info(line),
    })
    const http = await buildHttp(app, {
      version: await ownVersion(),
      logger: log,
      metrics: telemetry.text,
      rateLimit: { max: config.rateLimit, timeWindow: 60_000 },
      redis,
      traced: config.exported.traces,
    })
    closers.push(() => http.close())
    // Before that waits for all that is under way.
    closers.push(app.waits.close)
    const sweeper = setInterval(() => sweep(app), 3_600_000)
    closers.push(() => clearInterval(sweeper))
    return { app, http, lost: store.lost, close }
  } catch (error) {
    await close()
    throw error
  }
}

interface Parts {
  readonly ruleset: Ruleset
  readonly meter: Meter
  readonly clock: Clock
  readonly bell: Bell
}

async function createApp(config: Config, log: Logger, store: Store, parts: Parts): Promise<App> {
  const { db } = store
  const { ruleset, meter, bell } = parts
  const { now } = parts.clock
  return {
    db,
    desk: createDesk({ pool: store.desk, now }),
    rules: await activateRules(db, ruleset, `directory ${config.rulesDir}`, now()),
    bell,
    waits: createWaits({ db, bell, log }),
    metrics: createMetrics(meter, () => countOutbox(db)),
    log,
    publicUrl: config.publicUrl,
    now,
    draw: Math.random,
    newId: uuid,
  }
}

/** Holds rate limits that count over all processes. Nothing else depends on it, so its absence stops nothing. */
async function connectRedis(url: string, log: Logger): Promise<Redis> {
  const { Redis } = await import('ioredis')
  const redis = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 1 })
  redis.on('error', (error) => log.warn({ reason: error.message }, 'redis does not answer'))
  return redis
}

async function ownVersion(): Promise<string> {
  return JSON.parse(await readFile(projectFile('package.json'), 'utf8')).version
}

/** Idempotency keys are kept for a day. */
function sweep(app: App): void {
  sweepIdempotencyKeys(app).catch((error) =>
    app.log.warn({ reason: error.message }, 'old idempotency keys stay for now'),
  )
}
