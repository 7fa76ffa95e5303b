import { randomUUID } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { createWaits } from '../../../src/app/escalations/waits.ts'
import { createDatabase, createPool } from '../../../src/storage/pool.ts'
import { START } from '../app.ts'
import { createTestDatabase, execute } from '../database.ts'
import { KEY, rulesDirectory, startService } from '../faults/process.ts'
import { createTestHttp } from './http.ts'
import { resolution, writeEscalations } from './rows.ts'

const { app, http, call, keyOf, databaseUrl, pass, admin } = await createTestHttp()

const CHURN_RISK = { id: 'c1', agent: 'churn-radar', claim: 'churn_risk', confidence: 0.82 }
const QUESTION = {
  decision: 'expansion-outreach',
  facts: { arr: 180_000, segment: 'smb' },
  signals: [CHURN_RISK, { id: 'h1', agent: 'pulse', claim: 'healthy', confidence: 0.9 }],
}

async function ask(account: string) {
  const { status, body } = await call('POST', '/v1/adjudications', { body: { ...QUESTION, account } })
  expect(status).toBe(201)
  return { id: body.id as string, escalation: body.escalation.id as string }
}

const read = (id: string, wait = 'PT0S', key = admin) =>
  call('GET', `/v1/adjudications/${id}/resolution?wait=${wait}`, { key })

/** Ends an item behind everybody's back, ringing no bell. */
async function end(escalation: string, status: string, how = {}): Promise<void> {
  await execute(
    databaseUrl,
    'UPDATE escalations SET status = $2, resolution = $3, closed_at = now(), claimed_by = null WHERE id = $1',
    [escalation, status, JSON.stringify(resolution(how))],
  )
}

const waiting = (count: number) =>
  vi.waitFor(() => expect(app.waits.size).toBe(count), { interval: 5, timeout: 60_000 })

describe('the resolution of an adjudication', () => {
  it('is none where nobody was asked', async () => {
    const { body } = await call('POST', '/v1/adjudications', {
      body: { ...QUESTION, account: 'clear', signals: [{ ...CHURN_RISK, confidence: 0.95 }] },
    })
    expect(body.escalation).toBeNull()
    expect((await read(body.id, 'PT60S')).body).toEqual({
      adjudication: body.id,
      escalation: null,
      status: 'none',
      resolution: null,
    })
  })

  it('is told as it stands where nobody waits; a claim that has lapsed is none', async () => {
    const { id, escalation } = await ask('standing')
    const status = async () => (await call('GET', `/v1/adjudications/${id}/resolution`)).body.status
    expect(await status()).toBe('open')
    await execute(
      databaseUrl,
      `UPDATE escalations SET status = 'claimed', claimed_by = 'maria', claimed_until = $2 WHERE id = $1`,
      [escalation, new Date(app.now() + 60_000)],
    )
    expect(await status()).toBe('claimed')
    pass(60_000)
    expect(await status()).toBe('open')
  })

  it('is that of the item which the question joined', async () => {
    const first = await ask('joined')
    const second = await ask('joined')
    expect(second.escalation).toBe(first.escalation)
    await end(first.escalation, 'resolved')
    for (const { id } of [first, second]) {
      expect((await read(id)).body).toMatchObject({ escalation: first.escalation, status: 'resolved' })
    }
  })

  it('tells what was decided, and not what people say to each other', async () => {
    const { id, escalation } = await ask('quiet')
    await end(escalation, 'resolved', {
      resolution: 'override',
      action: 'send_expansion_email',
      state: 'healthy',
      comment: 'between us',
      wrongSignals: ['c1'],
    })
    const { body } = await read(id, 'PT60S')
    expect(body).toEqual({
      adjudication: id,
      escalation,
      status: 'resolved',
      resolution: {
        resolution: 'override',
        action: 'send_expansion_email',
        state: 'healthy',
        reason: 'known_plan',
        by: 'maria',
        at: new Date(START).toISOString(),
      },
    })
  })

  it('may be read by whoever asks, an agent too, and by nobody else', async () => {
    const { id } = await ask('scoped')
    const agent = { principal: 'agent', agents: ['renewal-copilot'], scopes: ['adjudications:write'] } as const
    expect((await read(id, 'PT0S', await keyOf({ name: 'copilot', ...agent }))).status).toBe(200)
    expect((await read(id, 'PT0S', await keyOf({ name: 'reader', scopes: ['read'] }))).status).toBe(200)
    const other = await read(id, 'PT0S', await keyOf({ name: 'sender', scopes: ['signals:write', 'outcomes:write'] }))
    expect(other).toMatchObject({
      status: 403,
      body: { code: 'forbidden', detail: expect.stringContaining('`read` or `adjudications:write`') },
    })
  })

  it.each(['PT61S', 'P1M', '30', '', 'PT'])('is not waited for `%s`', async (wait) => {
    expect(await read(randomUUID(), wait)).toMatchObject({
      status: 400,
      body: {
        code: 'invalid_request',
        errors: [{ path: 'wait', message: expect.stringContaining('at most a minute') }],
      },
    })
  })

  it.each(['nonsense', randomUUID()])('of `%s` is not there', async (id) => {
    expect(await read(id, 'PT60S')).toMatchObject({ status: 404, body: { code: 'not_found' } })
  })

  it('is gone with the adjudication', async () => {
    const { id } = await ask('erased')
    await execute(databaseUrl, `DELETE FROM audit_payloads WHERE stream = 'account:erased'`)
    expect(await read(id, 'PT60S')).toMatchObject({ status: 410, body: { code: 'redacted' } })
  })
})

describe('who waits', () => {
  it.each([
    ['resolved', {}],
    ['withdrawn', { resolution: 'withdrawn', action: null, by: 'umpire' }],
    ['expired', { resolution: 'fallback', by: 'umpire' }],
  ])('is answered when the item is %s, as soon as the bell rings', async (status, how) => {
    const { id, escalation } = await ask(`waits-${status}`)
    const reply = read(id, 'PT60S')
    await waiting(1)
    await end(escalation, status, how)
    app.bell.ring()
    expect(await reply).toMatchObject({ status: 200, body: { escalation, status, resolution: how } })
    expect(app.waits.size).toBe(0)
  })

  it('is answered by what a reviewer decides', async () => {
    const { id, escalation } = await ask('reviewed')
    const reviewer = await keyOf({ name: 'maria', principal: 'person', scopes: ['escalations:review'] })
    const reply = read(id, 'PT60S')
    await waiting(1)
    const decided = await call('POST', `/v1/escalations/${escalation}/resolve`, {
      key: reviewer,
      body: { resolution: 'uphold', reason: 'known_plan', state: 'at_risk', comment: 'between us' },
    })
    expect(decided.status).toBe(200)
    const { body } = await reply
    expect(body).toMatchObject({
      status: 'resolved',
      resolution: { resolution: 'uphold', action: 'wait', state: 'at_risk', by: 'maria' },
    })
    expect(JSON.stringify(body)).not.toContain('between us')
  })

  it('is answered a little later where no bell was heard', async () => {
    const { id, escalation } = await ask('unheard')
    const reply = read(id, 'PT60S')
    await waiting(1)
    await end(escalation, 'resolved')
    expect((await reply).body.status).toBe('resolved')
  })

  it('is told at the end of the time that nobody has decided', async () => {
    const { id, escalation } = await ask('late')
    expect((await read(id, 'PT0.05S')).body).toEqual({ adjudication: id, escalation, status: 'open', resolution: null })
  })

  it('is forgotten when they hang up', async () => {
    const { id } = await ask('gone')
    const hangUp = new AbortController()
    const url = `/v1/adjudications/${id}/resolution?wait=PT60S`
    const reply = http.inject({ url, headers: { authorization: `Bearer ${admin}` }, signal: hangUp.signal })
    await waiting(1)
    hangUp.abort()
    await expect(reply).rejects.toThrow()
    await waiting(0)
  })
})

describe('waits', async () => {
  const { app, databaseUrl } = await createTestHttp()
  const patient = { bell: app.bell, log: app.log, interval: 3_600_000 }
  const never = () => new AbortController().signal

  it('cost one look, however many they are', async () => {
    const ids = Array.from({ length: 500 }, () => randomUUID())
    await writeEscalations(
      databaseUrl,
      ids.map((id) => ({ id })),
    )
    let looks = 0
    const db = createDatabase(createPool({ connectionString: databaseUrl }, { max: 1, role: 'app', onError: () => {} }))
    const counted = db.withPlugin({
      transformQuery: ({ node }) => {
        looks++
        return node
      },
      transformResult: async ({ result }) => result,
    })
    const waits = createWaits({ ...patient, db: counted })
    const all = Promise.all(ids.map((id) => waits.untilClosed(id, 3_600_000, never())))
    expect(waits.size).toBe(500)
    await execute(
      databaseUrl,
      `UPDATE escalations SET status = 'resolved', resolution = $1, closed_at = now() WHERE id = ANY($2)`,
      [JSON.stringify(resolution()), ids],
    )
    app.bell.ring()
    expect((await all).map((item) => item?.id)).toEqual(ids)
    expect(looks).toBeLessThan(10)
    expect(waits.size).toBe(0)
    await db.destroy()
  })

  it('survive a database that does not answer', async () => {
    const id = randomUUID()
    await writeEscalations(databaseUrl, [{ id }])
    const broken = createDatabase(createPool({ port: 1 }, { max: 1, role: 'app', onError: () => {} }))
    const waits = createWaits({ ...patient, db: broken, interval: 10 })
    expect(await waits.untilClosed(id, 100, never())).toBeNull()
    await broken.destroy()
  })

  it('end at once, and begin no more, when they are closed', async () => {
    const waits = createWaits({ ...patient, db: app.db })
    const all = ['a', 'b'].map(() => waits.untilClosed(randomUUID(), 3_600_000, never()))
    waits.close()
    expect(await Promise.all(all)).toEqual([null, null])
    expect(await waits.untilClosed(randomUUID(), 3_600_000, never())).toBeNull()
    expect(waits.size).toBe(0)
  })
})

describe('a service that stops', async () => {
  const { url } = await createTestDatabase()
  const env = { DATABASE_URL: url, UMPIRE_RULES_DIR: await rulesDirectory() }

  it('answers who waits, and ends in good order', async () => {
    const service = await startService(env)
    const { body } = await service.call('POST', '/v1/adjudications', { ...QUESTION, account: 'stopped' })
    const reply = fetch(`${service.url}/v1/adjudications/${body.id}/resolution?wait=PT60S`, {
      headers: { authorization: `Bearer ${KEY}` },
    })
    // By the time that these are answered, that one waits.
    for (let i = 0; i < 20; i++) await service.call('GET', '/readyz')
    service.child.kill('SIGTERM')
    const answer = await reply
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ status: 'open', resolution: null })
    expect(await service.exited).toBe(0)
  })
})
