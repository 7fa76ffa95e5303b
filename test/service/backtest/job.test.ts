import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { uploadRuleset } from '../../../src/app/activation.ts'
import { cancelBacktest, getBacktest, sweepBacktests } from '../../../src/app/backtests.ts'
import { renderReport } from '../../../src/backtest/html.ts'
import { type RunOptions, runBacktest } from '../../../src/backtest/job/run.ts'
import { createTestApp, RULES, START } from '../app.ts'
import { umpire } from '../cli.ts'
import { execute } from '../database.ts'
import { admin } from '../escalations/reviewing.ts'
import { temporaryDirectory } from '../faults/process.ts'
import { eventually } from '../queue/eventually.ts'
import { adjudicateSome, holdUp, isHeldUp, request, rowOf } from './jobs.ts'

const test = await createTestApp()
const { app, databaseUrl: url, logged, pass } = test
await adjudicateSome(test)
const edited = { ...RULES, 'expansion-outreach.yaml': RULES['expansion-outreach.yaml']!.replace('cost: 40', 'cost: 1') }
const files = Object.entries(edited).map(([name, text]) => ({ path: name, text }))
const { ruleset: candidate } = await uploadRuleset(app, admin, files)

const run = (id: string, options: Partial<RunOptions> = {}) =>
  runBacktest(app, id, {
    connection: { connectionString: url },
    stopping: new AbortController().signal,
    onProgress: () => {},
    ...options,
  })

describe('a back-test in the background', () => {
  it('finds what the command does, to the byte', async () => {
    const asked = await request(test, { candidate, decision: 'expansion-outreach', since: 'P7D', minutesPerReview: 5 })
    expect(asked).toMatchObject({ status: 'queued', requestedBy: 'admin', progress: { done: 0, total: null } })
    expect(await run(asked.id)).toBeNull()
    const found = await getBacktest(app, asked.id)
    expect(found).toMatchObject({
      status: 'done',
      progress: { done: 3, total: 3 },
      candidate: { hash: candidate, name: candidate },
      baseline: { hash: app.rules.active.hash, name: 'active' },
      startedAt: new Date(START).toISOString(),
      finishedAt: new Date(START).toISOString(),
      error: null,
    })
    const page = path.join(await temporaryDirectory(), 'report.html')
    const options = ['--decision', 'expansion-outreach', '--since', 'P7D', '--minutes-per-review', '5', '--html', page]
    const command = await umpire(['backtest', '--candidate', candidate, '--json', ...options], {
      env: { DATABASE_URL: url, UMPIRE_PUBLIC_URL: app.publicUrl },
    })
    expect(`${JSON.stringify(found.report, null, 2)}\n`).toBe(command.stdout)
    expect(renderReport(found.report as never, app.publicUrl)).toBe(await readFile(page, 'utf8'))
  })

  it('says how far it is', async () => {
    const asked = await request(test)
    const percents: number[] = []
    const letGo = await holdUp(url)
    const running = run(asked.id, { onProgress: (percent) => percents.push(percent) })
    await eventually(async () => (await rowOf(url, asked)).total === 3)
    expect(await getBacktest(app, asked.id)).toMatchObject({
      status: 'running',
      progress: { done: 0, total: 3 },
      report: null,
    })
    expect(percents).toContain(0)
    await letGo()
    expect(await running).toBeNull()
    expect(await getBacktest(app, asked.id)).toMatchObject({ status: 'done', progress: { done: 3, total: 3 } })
  })

  it('is run by one at a time', async () => {
    const asked = await request(test)
    const letGo = await holdUp(url)
    const first = run(asked.id)
    await eventually(() => isHeldUp(url))
    const { leased_until } = await rowOf(url, asked)
    expect(leased_until!.getTime()).toBeGreaterThan(app.now())
    expect(await run(asked.id)).toBe(leased_until!.getTime())
    // Another takes it for dead, whose run then counts.
    await execute(url, 'UPDATE backtests SET runs = runs + 1 WHERE id = $1', [asked.id])
    expect(await first).toBeNull()
    await letGo()
    expect(await rowOf(url, asked)).toMatchObject({ status: 'running', runs: 2, report: null })
  })

  it('is not told of as finished by whom it was taken from', async () => {
    const asked = await request(test)
    const letGo = await holdUp(url)
    const running = run(asked.id)
    await eventually(() => isHeldUp(url))
    await execute(url, 'UPDATE backtests SET runs = runs + 1 WHERE id = $1', [asked.id])
    await letGo()
    expect(await running).toBeNull()
    expect(await rowOf(url, asked)).toMatchObject({ status: 'running', report: null })
    expect(logged.filter((line) => line.includes(asked.id) && line.includes('has finished'))).toEqual([])
  })

  it('is begun anew once nothing is heard any more of whoever ran it', async () => {
    const asked = await request(test)
    const lease = new Date(app.now() + 1)
    await execute(url, `UPDATE backtests SET status = 'running', runs = 1, leased_until = $2 WHERE id = $1`, [
      asked.id,
      lease,
    ])
    expect(await run(asked.id)).toBe(lease.getTime())
    pass(1)
    expect(await run(asked.id)).toBeNull()
    expect(await rowOf(url, asked)).toMatchObject({ status: 'done', runs: 2, broken_off: 1, leased_until: null })
  })

  it('is given up where one process after another dies with it', async () => {
    const asked = await request(test)
    await execute(
      url,
      `UPDATE backtests SET status = 'running', broken_off = 3, leased_until = created_at WHERE id = $1`,
      [asked.id],
    )
    expect(await run(asked.id)).toBeNull()
    expect(await getBacktest(app, asked.id)).toMatchObject({
      status: 'failed',
      error: 'it broke off 4 times, with its process or the database; ask for less, with `since` or `decision`',
    })
  })

  it('ends where it is when it is cancelled, and is not run afterwards', async () => {
    const asked = await request(test)
    const letGo = await holdUp(url)
    const running = run(asked.id)
    await eventually(() => isHeldUp(url))
    expect(await cancelBacktest(app, admin, asked.id)).toMatchObject({ status: 'cancelled' })
    // Though the database keeps it waiting.
    expect(await running).toBeNull()
    expect(await run(asked.id)).toBeNull()
    await letGo()
    expect(await rowOf(url, asked)).toMatchObject({ status: 'cancelled', runs: 1, report: null })
  })

  it('is given back at once when the process is to end', async () => {
    const asked = await request(test)
    const letGo = await holdUp(url)
    const stop = new AbortController()
    const running = run(asked.id, { stopping: stop.signal })
    await eventually(() => isHeldUp(url))
    stop.abort()
    expect(await running).toBe(app.now())
    expect(await getBacktest(app, asked.id)).toMatchObject({ status: 'queued', startedAt: null })
    await letGo()
    expect(await run(asked.id)).toBeNull()
    expect(await rowOf(url, asked)).toMatchObject({ status: 'done', broken_off: 0 })
  })

  it('is tried again where the database is away', async () => {
    const asked = await request(test)
    await expect(run(asked.id, { connection: { host: '127.0.0.1', port: 1 } })).rejects.toThrow('ECONNREFUSED')
    expect(await rowOf(url, asked)).toMatchObject({ status: 'queued', leased_until: null })
    expect(await run(asked.id)).toBeNull()
    expect(await rowOf(url, asked)).toMatchObject({ status: 'done' })
  })

  it('fails in the words of the command', async () => {
    pass(1)
    const asked = await request(test, { decision: 'expansion-outreach' })
    await execute(url, `UPDATE backtests SET decision = 'renewal' WHERE id = $1`, [asked.id])
    expect(await run(asked.id)).toBeNull()
    expect(await getBacktest(app, asked.id)).toMatchObject({
      status: 'failed',
      error: 'the database has no adjudication of `renewal` yet; `umpire backtest` can replay files instead',
      report: null,
    })
  })

  it('fails where what is stored is damaged, and the log says how', async () => {
    const hash = `sha256:${'d'.repeat(64)}`
    await execute(url, 'INSERT INTO rulesets VALUES ($1, $2, now())', [hash, '[["damaged.yaml", {"decision": "d"}]]'])
    const asked = await request(test, { candidate: hash })
    expect(await run(asked.id)).toBeNull()
    const { status, error } = await rowOf(url, asked)
    expect([status, error]).toEqual([
      'failed',
      'an unexpected error; quote the id of this back-test to whoever runs this service',
    ])
    expect(logged.some((line) => line.includes(asked.id) && line.includes('no longer load'))).toBe(true)
  })

  it('is kept for ninety days', async () => {
    const asked = await request(test)
    await cancelBacktest(app, admin, asked.id)
    const waiting = await request(test)
    const day = 24 * 3_600_000
    pass(90 * day - 1)
    await sweepBacktests(app)
    expect(await getBacktest(app, asked.id)).toMatchObject({ status: 'cancelled' })
    pass(1)
    expect(await sweepBacktests(app)).toBeGreaterThan(0)
    await expect(getBacktest(app, asked.id)).rejects.toMatchObject({ code: 'not_found' })
    expect(await getBacktest(app, waiting.id)).toMatchObject({ status: 'queued' })
  })
})
