import ipaddr from 'ipaddr.js'
import { pino } from 'pino'
import { v7 as uuid } from 'uuid'
import { afterAll } from 'vitest'
import type { App } from '../../src/app/app.ts'
import { createDesk } from '../../src/app/desk.ts'
import { createWaits } from '../../src/app/escalations/waits.ts'
import { createFeed, type FeedOptions } from '../../src/app/events/feed.ts'
import { createQuickChecks } from '../../src/app/leases/quick.ts'
import { warnOfActs } from '../../src/app/leases/without-leave.ts'
import { startRules } from '../../src/app/start-rules.ts'
import { formatProblem, loadRuleset } from '../../src/core/rules/load.ts'
import { createBell } from '../../src/storage/bell.ts'
import { connect } from '../../src/storage/open.ts'
import { createMetrics, startMetrics } from '../../src/telemetry/metrics.ts'
import { createTestDatabase } from './database.ts'

/** A time of no meaning, at which tests begin: a Monday morning. */
export const START = Date.parse('2026-11-23T09:00:00Z')

export interface TestApp {
  readonly app: App
  /** Connection string of the owner of its database. */
  readonly databaseUrl: string
  /** Every line that was logged, down to level `debug`. */
  readonly logged: readonly string[]
  /** Moves the clock on, by milliseconds. It stands still otherwise. */
  pass(milliseconds: number): void
  metricsText(): Promise<string>
}

export interface TestAppOptions {
  /** Rule files by name. */
  readonly rules?: Readonly<Record<string, string>>
  /** Where they are said to come from. */
  readonly rulesDir?: string
  /** Instead of the database of its own that each app gets. */
  readonly databaseUrl?: string
  /** What streams of events may take. */
  readonly streams?: FeedOptions['limits']
}

/** An app on a database of its own. Call it at the top level of a file or `describe`. */
export async function createTestApp({
  rules = RULES,
  rulesDir = 'rules',
  databaseUrl,
  streams,
}: TestAppOptions = {}): Promise<TestApp> {
  const url = databaseUrl ?? (await createTestDatabase()).url
  const logged: string[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) })
  const store = connect({ connectionString: url }, { connections: 6, onError: () => {} })
  const { db, desk: pool, checks } = store
  let time = START
  const now = () => time
  const { ruleset, problems } = loadRuleset(Object.entries(rules).map(([path, text]) => ({ path, text })))
  if (!ruleset) throw new Error(problems.map(formatProblem).join('\n'))
  const pipeline = startMetrics()
  const metrics = createMetrics(pipeline.meter, { outboxDepth: async () => 0, rulesRefused: () => false })
  const bell = createBell({ notify: (sql) => pool.query(sql), connect: store.listener, onError: () => {} })
  const app: App = {
    db,
    desk: createDesk({ pool, now, onEvents: bell.ring }),
    rules: await startRules({ db, log }, { ruleset }, { path: rulesDir, isWatched: true }, START),
    quick: createQuickChecks({ pool: checks, now }),
    bell,
    waits: createWaits({ db, bell, log }),
    feed: createFeed({ db, bell, log, metrics, now, limits: streams }),
    metrics,
    log,
    actedWithoutLeave: warnOfActs(log),
    publicUrl: 'https://umpire.example.com',
    egressAllow: [[ipaddr.parse('127.0.0.1'), 32]],
    now,
    draw: () => 0.5,
    newId: uuid,
  }
  afterAll(async () => {
    await app.desk.drained()
    await bell.close()
    await store.close()
    await pipeline.shutdown()
  })
  return {
    app,
    databaseUrl: url,
    logged,
    pass: (milliseconds) => {
      time += milliseconds
    },
    metricsText: pipeline.text,
  }
}

/** The example of the design: a health model alone sends, a churn agent alone waits, both ask a person. */
export const RULES: Readonly<Record<string, string>> = {
  'expansion-outreach.yaml': `
decision: expansion-outreach
description: May a copilot reach out about expansion?
facts: { arr: number, segment: string, flags: { type: list<string>, default: [] } }
states:
  healthy: { prior: 0.8 }
  at_risk: { prior: 0.2 }
claims:
  churn_risk: { pointsAt: [at_risk], halfLife: P14D }
  healthy: { pointsAt: [healthy], halfLife: P30D }
  expansion_ready: { pointsAt: [healthy] }
actions:
  send_expansion_email:
    autonomy: supervised
    tags: [customer_facing]
    loss: { healthy: 0, at_risk: 0.002 * account.arr }
  wait:
    autonomy: autonomous
    loss: { healthy: 0.0006 * account.arr, at_risk: 0 }
review: { cost: 40, queue: csm, due: PT8H, sampleRate: 0.1 }
rules:
  - id: procurement-dispute
    when: '"procurement_dispute" in account.flags'
    then: { veto: [send_expansion_email], because: Pushing expansion in a dispute costs the relationship }
`,
  'agents.yaml': `
agents:
  churn-radar: { kind: churn_agent, trust: 1, mode: live, owner: cs-ops }
  pulse: { kind: health_model, trust: 1, mode: live, scale: [[0, 0.02], [100, 0.97]] }
  renewal-copilot: { kind: copilot, trust: 1, mode: live }
`,
}
