import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { createTestDatabase, execute } from '../database.ts'
import { rulesDirectory, startService } from '../faults/process.ts'
import { eventually } from '../queue/eventually.ts'

const { url: DATABASE_URL } = await createTestDatabase()
const service = await startService({ DATABASE_URL, UMPIRE_RULES_DIR: await rulesDirectory() })

async function scrape(): Promise<string> {
  const { status, body } = await service.call('GET', '/metrics')
  expect(status).toBe(200)
  return body
}

/** The value of one series. */
function value(text: string, series: string): number | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

const signal = (agent: string, claim: string, confidence: number) => ({ id: `${agent}-1`, agent, claim, confidence })

describe('/metrics', () => {
  it('counts and measures adjudications', async () => {
    const facts = { arr: 180_000, segment: 'smb' }
    const ask = (account: string, signals: object[], rest = {}) =>
      service.call('POST', '/v1/adjudications', { account, decision: 'expansion-outreach', facts, signals, ...rest })
    const healthy = signal('pulse', 'healthy', 0.9)
    const churning = signal('churn-radar', 'churn_risk', 0.82)
    expect((await ask('torn', [healthy, churning])).body.recommendation.disposition).toBe('escalate')
    expect((await ask('leaving', [churning])).body.recommendation.disposition).toBe('act')
    await ask('leaving', [churning], { dryRun: true })

    const text = await scrape()
    const decision = 'decision="expansion-outreach"'
    expect(value(text, `umpire_adjudications_total{${decision},disposition="escalate"}`)).toBe(1)
    expect(value(text, `umpire_adjudications_total{${decision},disposition="act"}`)).toBe(1)
    expect(value(text, `umpire_conflict_count{${decision}}`)).toBe(2)
    // Unanimous is a bucket of its own.
    expect(value(text, `umpire_conflict_bucket{${decision},le="0"}`)).toBe(1)
    expect(value(text, `umpire_regret_sum{${decision}}`)).toBeGreaterThan(40)
    expect(value(text, 'umpire_adjudication_duration_seconds_count')).toBe(2)
    expect(value(text, 'umpire_adjudication_duration_seconds_bucket{le="5"}')).toBe(2)
    // The relay empties it by itself.
    await eventually(async () => value(await scrape(), 'umpire_outbox_depth') === 0)
    expect(value(text, 'umpire_ruleset_refused')).toBe(0)
    expect(value(text, 'umpire_signals_total{status="accepted"}')).toBe(3)
  })

  it('counts signals by status', async () => {
    const sent = { ...signal('pulse', 'healthy', 0.9), account: 'counted' }
    const batch = [sent, sent, { ...sent, confidence: 0.8 }]
    const { body } = await service.call('POST', '/v1/signals', { signals: batch })
    expect(body.results.map(({ status }: any) => status)).toEqual(['accepted', 'duplicate', 'rejected'])
    const text = await scrape()
    expect(value(text, 'umpire_signals_total{status="accepted"}')).toBe(4)
    expect(value(text, 'umpire_signals_total{status="duplicate"}')).toBe(1)
    expect(value(text, 'umpire_signals_total{status="rejected"}')).toBe(1)
  })

  it('measures the process', async () => {
    const text = await scrape()
    expect(value(text, 'process_memory_usage_bytes')).toBeGreaterThan(10 * 2 ** 20)
    expect(value(text, 'process_cpu_time_seconds_total{cpu_mode="user"}')).toBeGreaterThan(0)
    expect(value(text, 'nodejs_eventloop_time_seconds_total{nodejs_eventloop_state="active"}')).toBeGreaterThan(0)
  })

  it('is Prometheus text: every metric has its help and type, and every name its unit', async () => {
    const text = await scrape()
    const declared = [...text.matchAll(/^# TYPE (\w+) (counter|gauge|histogram)$/gm)].map(([, name]) => name!)
    expect(declared).toEqual([...text.matchAll(/^# HELP (\w+) \S.*$/gm)].map(([, name]) => name))
    const comments = text.split('\n').filter((line) => line.startsWith('#'))
    expect(comments).toHaveLength(2 * declared.length)
    for (const line of text
      .trim()
      .split('\n')
      .filter((each) => !each.startsWith('#'))) {
      const name = /^(\w+)(\{(\w+="[^"]*",?)*\})? (-?[\d.e+-]+|[+-]Inf|NaN)$/.exec(line)?.[1]
      expect(declared).toContain(name?.replace(/_(bucket|sum|count)$/, ''))
    }
  })

  it('leaves out what the database does not tell, whether it refuses or hangs', async () => {
    await execute(DATABASE_URL, 'ALTER TABLE outbox RENAME TO outbox_elsewhere')
    const refused = await scrape()
    await execute(DATABASE_URL, 'ALTER TABLE outbox_elsewhere RENAME TO outbox')
    expect(value(refused, 'umpire_outbox_depth')).toBeUndefined()
    expect(value(refused, 'umpire_adjudication_duration_seconds_count')).toBe(2)

    const locker = new pg.Client({ connectionString: DATABASE_URL })
    await locker.connect()
    await locker.query('BEGIN; LOCK TABLE outbox')
    // More than there are connections: scrapes do not take them all.
    for (const text of await Promise.all(Array.from({ length: 20 }, scrape))) {
      expect(value(text, 'umpire_outbox_depth')).toBeUndefined()
      expect(value(text, 'umpire_adjudication_duration_seconds_count')).toBe(2)
    }
    expect(await service.call('GET', '/readyz')).toMatchObject({ status: 200 })
    await locker.end()
    while (value(await scrape(), 'umpire_outbox_depth') === undefined);
  })

  it('counts checks, leases that are redeemed, and what agents did', async () => {
    const SEND = { decision: 'expansion-outreach', action: 'send_expansion_email', agent: 'renewal-copilot' }
    await service.call('PUT', '/v1/accounts/checked', { facts: { arr: 180_000, segment: 'smb' } })
    await service.call('POST', '/v1/signals', {
      signals: [{ ...signal('pulse', 'healthy', 0.95), account: 'checked' }],
    })
    const check = () => service.call('POST', '/v1/checks', { account: 'checked', ...SEND })
    const answers = [await check(), await check(), await check()]
    const { token } = answers[0]!.body.lease
    for (const code of [200, 409]) {
      expect((await service.call('POST', '/v1/leases/redeem', { token })).status).toBe(code)
    }
    for (const lease of [token, undefined, undefined]) {
      expect((await service.call('POST', '/v1/actions', { account: 'checked', ...SEND, lease })).status).toBe(201)
    }
    const text = await scrape()
    const cached = answers.filter(({ body }) => body.cached).length
    const series = (cached: boolean) =>
      `umpire_checks_total{cached="${cached}",decision="expansion-outreach",verdict="allow"}`
    // Of each a share is drawn to be asked in full.
    expect(value(text, series(false))).toBe(3 - cached)
    expect(value(text, series(true)) ?? 0).toBe(cached)
    expect(value(text, 'umpire_redemptions_total{result="go"}')).toBe(1)
    expect(value(text, 'umpire_redemptions_total{result="lease_used"}')).toBe(1)
    expect(value(text, 'umpire_actions_total{decision="expansion-outreach",leave="true"}')).toBe(1)
    expect(value(text, 'umpire_actions_total{decision="expansion-outreach",leave="false"}')).toBe(2)
  })
})
