import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { BacktestReport } from '../../../src/backtest/report.ts'
import { report } from '../../unit/backtest.ts'
import { RULES, START } from '../app.ts'
import { execute } from '../database.ts'
import { createTestHttp } from './http.ts'

const { app, call, keyOf, databaseUrl } = await createTestHttp()
const active = app.rules.active.hash
const stored = await store({
  'expansion-outreach.yaml': RULES['expansion-outreach.yaml']!.replace('cost: 40', 'cost: 4'),
})
const other = await store({
  'expansion-outreach.yaml': RULES['expansion-outreach.yaml']!.replace('expansion-outreach', 'renewal'),
})
const UNKNOWN = '01980a2e-7c1f-7d4b-9a55-2f6a4a4d1c11'

async function store(changed: Readonly<Record<string, string>>): Promise<string> {
  return (await call('POST', '/v1/rulesets', { body: { files: { ...RULES, ...changed } } })).body.ruleset
}

const request = async (body: object = { candidate: stored }) => (await call('POST', '/v1/backtests', { body })).body.id

/** As a process would leave it that has run it. */
async function finish(id: string, found: BacktestReport): Promise<void> {
  await execute(
    databaseUrl,
    `UPDATE backtests SET status = 'done', report = $2, done = 1000, total = 1000, started_at = created_at,
       finished_at = created_at WHERE id = $1`,
    [id, JSON.stringify(found)],
  )
}

describe('a back-test', () => {
  it('is asked for, and found where the answer says', async () => {
    const { status, headers, body } = await call('POST', '/v1/backtests', { body: { candidate: stored } })
    expect(status).toBe(202)
    expect(headers.location).toBe(`/v1/backtests/${body.id}`)
    expect(body).toEqual({
      id: body.id,
      status: 'queued',
      progress: { done: 0, total: null },
      requestedBy: 'admin',
      candidate: { hash: stored, name: stored },
      baseline: { hash: active, name: 'active' },
      since: 'P30D',
      decision: null,
      minutesPerReview: 10,
      error: null,
      createdAt: new Date(START).toISOString(),
      startedAt: null,
      finishedAt: null,
    })
    expect(await call('GET', headers.location!)).toMatchObject({ status: 200, body: { ...body, report: null } })
    expect(await execute(databaseUrl, `SELECT payload FROM outbox WHERE topic = 'backtest'`)).toContainEqual({
      payload: JSON.stringify({ backtest: body.id }),
    })
  })

  it('is of what was asked for', async () => {
    const wanted = { candidate: 'active', baseline: other, since: 'P1W', decision: 'renewal', minutesPerReview: 2.5 }
    const { status, body } = await call('POST', '/v1/backtests', { body: wanted })
    expect(status).toBe(202)
    expect(body).toMatchObject({
      candidate: { hash: active, name: 'active' },
      baseline: { hash: other, name: other },
      since: 'P1W',
      decision: 'renewal',
      minutesPerReview: 2.5,
    })
  })

  it('is asked for once, however often the request is sent', async () => {
    const headers = { 'idempotency-key': 'once' }
    const answers = [1, 2].map(() => call('POST', '/v1/backtests', { body: { candidate: 'active' }, headers }))
    const settled = await Promise.all(answers)
    const again = await call('POST', '/v1/backtests', { body: { candidate: 'active' }, headers })
    expect(again).toMatchObject({
      status: 202,
      headers: { 'idempotent-replayed': 'true', location: `/v1/backtests/${again.body.id}` },
    })
    expect(settled.map(({ body }) => body.id)).toContain(again.body.id)
  })

  it('is read with the report once it is done', async () => {
    const id = await request()
    await finish(id, report())
    const { status, body } = await call('GET', `/v1/backtests/${id}`)
    expect([status, body.status, body.progress]).toEqual([200, 'done', { done: 1000, total: 1000 }])
    expect(body.report).toEqual(report())
  })

  it('is read with a report in which nothing is known, too', async () => {
    const id = await request()
    const [decision] = report().decisions
    const nothing = {
      ...report(),
      history: { ...report().history, from: null, to: null, days: null, reproduced: null },
      decisions: [{ ...decision!, costs: [], thresholds: null, calibration: { baseline: null, candidate: null } }],
    }
    await finish(id, nothing)
    expect((await call('GET', `/v1/backtests/${id}`)).body.report).toEqual(nothing)
  })

  it('is listed, the newest first, without its report', async () => {
    const ids = [await request(), await request()]
    await finish(ids[1]!, report())
    const { body: page } = await call('GET', '/v1/backtests?limit=1')
    expect(page.backtests).toMatchObject([{ id: ids[1], status: 'done' }])
    expect(page.backtests[0]).not.toHaveProperty('report')
    const { body: rest } = await call('GET', `/v1/backtests?cursor=${page.next}`)
    expect(rest.backtests[0]).toMatchObject({ id: ids[0], status: 'queued' })
    expect(rest.next).toBeNull()
  })
})

describe('the page of a back-test', () => {
  it('allows its own style sheet and nothing else', async () => {
    const id = await request()
    await finish(id, report())
    const { status, headers, text } = await call('GET', `/v1/backtests/${id}/report`)
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    const styles = [...text.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(([, style]) => style!)
    const [hash] = styles.map((style) => createHash('sha256').update(style).digest('base64'))
    expect(styles).toHaveLength(1)
    expect(headers['content-security-policy']).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    )
    expect(text).not.toMatch(/<script| style=| on\w+=|<link|<img|<iframe/)
    expect(text).toContain('href="https://umpire.example.com/v1/adjudications/')
  })

  it('is not there before the back-test is done, and never where it is not to be', async () => {
    const id = await request()
    const url = `/v1/backtests/${id}/report`
    const at = async (sql: string) => {
      await execute(databaseUrl, `UPDATE backtests SET ${sql} WHERE id = $1`, [id])
      const { status, body } = await call('GET', url)
      return [status, body.code, body.detail]
    }
    expect(await at('done = 0')).toEqual([
      409,
      'backtest_pending',
      `back-test \`${id}\` is queued; ask again when its status is \`done\``,
    ])
    expect(await at(`status = 'running', done = 500, total = 1000`)).toEqual([
      409,
      'backtest_pending',
      `back-test \`${id}\` has asked 500 of 1000 questions; ask again when its status is \`done\``,
    ])
    expect(await at(`status = 'failed', error = 'nothing was asked'`)).toEqual([
      404,
      'not_found',
      `back-test \`${id}\` failed, so it has no report: nothing was asked`,
    ])
    expect(await at(`status = 'cancelled', error = NULL`)).toEqual([
      404,
      'not_found',
      `back-test \`${id}\` was cancelled, so it has no report`,
    ])
  })
})

describe('what a blind queue hides', async () => {
  const queues = 'queues: { csm: { blind: true } }'
  const { call, keyOf, databaseUrl } = await createTestHttp({ rules: { ...RULES, 'queues.yaml': queues } })

  it('is hidden from reviewers until they have decided', async () => {
    const signal = (id: string, agent: string, claim: string, confidence: number) => ({ id, agent, claim, confidence })
    const { body: adjudication } = await call('POST', '/v1/adjudications', {
      body: {
        account: 'globex',
        decision: 'expansion-outreach',
        facts: { arr: 180_000, segment: 'smb' },
        signals: [signal('p-1', 'pulse', 'healthy', 0.9), signal('c-1', 'churn-radar', 'churn_risk', 0.82)],
      },
    })
    const [decision] = report().decisions
    const [flip] = decision!.flips.costliest
    const costliest = [flip!, { ...flip!, id: adjudication.id, account: 'globex' }]
    const { body: asked } = await call('POST', '/v1/backtests', { body: { candidate: 'active' } })
    const found = report({ decisions: [{ ...decision!, flips: { ...decision!.flips, costliest } }] })
    await execute(
      databaseUrl,
      `UPDATE backtests SET status = 'done', report = $2, finished_at = created_at WHERE id = $1`,
      [asked.id, JSON.stringify(found)],
    )

    const maria = await keyOf({ name: 'maria', principal: 'person', scopes: ['read', 'escalations:review'] })
    const seen = async (key?: string) => {
      const { body } = await call('GET', `/v1/backtests/${asked.id}`, { key })
      const { text: page } = await call('GET', `/v1/backtests/${asked.id}/report`, { key })
      const accounts = body.report.decisions[0].flips.costliest.map(({ account }: { account: string }) => account)
      return { accounts, isOnPage: page.includes('globex') }
    }
    expect(await seen(maria)).toEqual({ accounts: ['acme'], isOnPage: false })
    expect(await seen()).toEqual({ accounts: ['acme', 'globex'], isOnPage: true })
    await call('POST', `/v1/escalations/${adjudication.escalation.id}/resolve`, {
      key: maria,
      body: { resolution: 'override', action: 'wait', reason: 'agreed' },
    })
    expect(await seen(maria)).toEqual({ accounts: ['acme', 'globex'], isOnPage: true })
  })
})

describe('a back-test that is not wanted any more', () => {
  it('is cancelled, once or twice', async () => {
    const id = await request()
    for (let i = 0; i < 2; i++) {
      const { status, body } = await call('DELETE', `/v1/backtests/${id}`)
      expect([status, body.status, body.finishedAt]).toEqual([200, 'cancelled', new Date(START).toISOString()])
    }
  })

  it('stays when it is over', async () => {
    const id = await request()
    await finish(id, report())
    expect(await call('DELETE', `/v1/backtests/${id}`)).toMatchObject({
      status: 409,
      body: { code: 'backtest_finished', detail: `back-test \`${id}\` is over already: its status is \`done\`` },
    })
  })
})

describe('refused', () => {
  it.each([
    ['no candidate', {}, '`candidate` is required'],
    ['a directory', { candidate: 'rules' }, '`candidate` must be `active`, or `sha256:` and 64 hexadecimal digits'],
    ['a path', { candidate: '/etc' }, '`candidate` must be'],
    ['a path in a hash', { candidate: `sha256:${'0'.repeat(61)}/..` }, '`candidate` must be'],
    ['the beginning of a hash', { candidate: 'active', baseline: 'sha256:12345678' }, '`baseline` must be'],
    ['no time at all', { candidate: 'active', since: 'PT0S' }, '`since` must be an ISO 8601 duration of at most'],
    ['a time without end', { candidate: 'active', since: 'P36501D' }, '`since` must be'],
    ['months', { candidate: 'active', since: 'P1M' }, '`since` must be'],
    ['minutes of nobody', { candidate: 'active', minutesPerReview: 0 }, '`minutesPerReview` must be'],
    ['minutes of more than a day', { candidate: 'active', minutesPerReview: 1441 }, '`minutesPerReview` must be'],
    ['what is not known', { candidate: 'active', threads: 64 }, '`threads`'],
  ])('is %s', async (_what, body, detail) => {
    const { status, body: problem } = await call('POST', '/v1/backtests', { body })
    expect([status, problem.code]).toEqual([400, 'invalid_request'])
    expect(problem.detail).toContain(detail)
  })

  it('is a set that is not stored, with what to do', async () => {
    const hash = `sha256:${'0'.repeat(64)}`
    expect(await call('POST', '/v1/backtests', { body: { candidate: hash } })).toMatchObject({
      status: 404,
      body: {
        code: 'not_found',
        detail: `no ruleset \`${hash}\` is stored; send its files to POST /v1/rulesets first`,
      },
    })
  })

  it('is a decision that neither set has', async () => {
    const body = { candidate: stored, decision: 'renewal' }
    expect(await call('POST', '/v1/backtests', { body })).toMatchObject({
      status: 400,
      body: {
        code: 'unknown_decision',
        detail: 'neither set has the decision `renewal`; they have `expansion-outreach`',
      },
    })
    expect(await call('POST', '/v1/backtests', { body: { ...body, candidate: other } })).toMatchObject({ status: 202 })
    // Only decision files have decisions.
    const empty = await store({ 'agents.yaml': 'agents: {}\n' })
    expect(await call('POST', '/v1/backtests', { body: { ...body, candidate: empty } })).toMatchObject({
      status: 400,
      body: { code: 'unknown_decision' },
    })
  })

  it('is whoever may not', async () => {
    const id = await request()
    const reader = await keyOf({ name: 'reader', scopes: ['read'] })
    const writer = await keyOf({ name: 'writer', scopes: ['signals:write', 'adjudications:write'] })
    for (const [method, url] of [
      ['POST', '/v1/backtests'],
      ['DELETE', `/v1/backtests/${id}`],
    ] as const) {
      const body = method === 'POST' ? { candidate: 'active' } : undefined
      expect(await call(method, url, { key: reader, body })).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    }
    for (const url of ['/v1/backtests', `/v1/backtests/${id}`, `/v1/backtests/${id}/report`]) {
      expect(await call('GET', url, { key: writer })).toMatchObject({ status: 403 })
      expect(await call('GET', url, { key: '' })).toMatchObject({ status: 401 })
      expect((await call('GET', url, { key: reader })).status).not.toBe(403)
    }
  })

  it.each([
    ['GET', '/v1/backtests/nonsense', 404],
    ['GET', `/v1/backtests/${UNKNOWN}`, 404],
    ['GET', `/v1/backtests/${UNKNOWN}/report`, 404],
    ['DELETE', `/v1/backtests/${UNKNOWN}`, 404],
    ['GET', '/v1/backtests?cursor=nonsense', 400],
    ['GET', '/v1/backtests?limit=0', 400],
    ['GET', '/v1/backtests?status=done', 400],
  ] as const)('is %s %s, with %i', async (method, url, status) => {
    expect((await call(method, url)).status).toBe(status)
  })
})
