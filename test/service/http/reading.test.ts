import { describe, expect, it } from 'vitest'
import { START } from '../app.ts'
import { execute } from '../database.ts'
import { createTestHttp } from './http.ts'

const { call, keyOf, databaseUrl, pass } = await createTestHttp()

const signals = [
  { id: 'c1', agent: 'churn-radar', claim: 'churn_risk', confidence: 0.82 },
  { id: 'h1', agent: 'pulse', claim: 'healthy', confidence: 0.9 },
]
const escalate = (account: string) =>
  call('POST', '/v1/adjudications', {
    body: { account, decision: 'expansion-outreach', facts: { arr: 180_000, segment: 'smb' }, signals },
  })

describe('escalations', () => {
  it('are listed in the order in which people should take them', async () => {
    const first = (await escalate('first')).body.escalation.id
    pass(60_000)
    const second = (await escalate('second')).body.escalation.id
    pass(60_000)
    const urgent = (await escalate('urgent')).body.escalation.id
    await execute(databaseUrl, 'UPDATE escalations SET priority = 90 WHERE id = $1', [urgent])
    const read: string[] = []
    for (let cursor = ''; ; ) {
      const { status, body } = await call('GET', `/v1/escalations?limit=1${cursor}`)
      expect(status).toBe(200)
      read.push(...body.escalations.map(({ id }: any) => id))
      if (body.next === null) break
      cursor = `&cursor=${encodeURIComponent(body.next)}`
    }
    expect(read).toEqual([urgent, first, second])
  })

  it('are filtered', async () => {
    await escalate('filtered')
    const of = async (query: string) => (await call('GET', `/v1/escalations?${query}`)).body.escalations.length
    expect(await of('account=filtered')).toBe(1)
    expect(await of('account=filtered&status=open&queue=csm&kind=decision')).toBe(1)
    expect(await of('account=filtered&status=resolved')).toBe(0)
    expect(await of('account=filtered&queue=ops')).toBe(0)
    expect(await of('account=filtered&kind=sample')).toBe(0)
    expect(await of('account=filtered&claimedBy=maria')).toBe(0)
  })

  it('are read with what they are about', async () => {
    const { body: answer } = await escalate('detailed')
    const { status, body } = await call('GET', `/v1/escalations/${answer.escalation.id}`)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      id: answer.escalation.id,
      adjudication: answer.id,
      account: 'detailed',
      status: 'open',
      adjudicationDetail: answer,
      accountDetail: { account: 'detailed', signals: [{ id: 'h1' }, { id: 'c1' }] },
      decide: { actions: ['send_expansion_email', 'wait'], states: ['healthy', 'at_risk'] },
    })
  })

  it.each([
    ['/v1/escalations/nonsense', 404, 'not_found'],
    ['/v1/escalations/01980a2e-7c1f-7d4b-9a55-2f6a4a4d1c11', 404, 'not_found'],
    ['/v1/escalations?status=done', 400, 'invalid_request'],
    ['/v1/escalations?cursor=nonsense', 400, 'invalid_request'],
    ['/v1/escalations?limit=500', 400, 'invalid_request'],
  ])('%s is %i', async (url, status, code) => {
    expect(await call('GET', url)).toMatchObject({ status, body: { code } })
  })
})

describe('agents', () => {
  it('are listed by name: declared ones, and those that have spoken', async () => {
    await call('POST', '/v1/signals', {
      body: { signals: [{ id: '1', agent: 'a-stranger', account: 'x', claim: 'healthy' }] },
    })
    const first = await call('GET', '/v1/agents?limit=2')
    expect(first.body.agents).toMatchObject([
      { agent: 'a-stranger', mode: 'shadow', trust: 0.5, declared: false, registeredAt: expect.any(String) },
      { agent: 'churn-radar', mode: 'live', trust: 1, kind: 'churn_agent', owner: 'cs-ops', declared: true },
    ])
    const rest = await call('GET', `/v1/agents?limit=2&cursor=${encodeURIComponent(first.body.next)}`)
    expect(rest.body.agents.map(({ agent }: any) => agent)).toEqual(['pulse', 'renewal-copilot'])
    expect(await call('GET', '/v1/agents?cursor=%00')).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    expect(rest.body.next).toBeNull()
  })

  it('are changed by an admin, who wins over the file', async () => {
    const patch = {
      mode: 'muted',
      trust: 0.25,
      scope: 'account.segment == "smb"',
      defaultConfidence: 0.6,
      kind: 'model',
      owner: null,
    }
    const { status, body } = await call('PATCH', '/v1/agents/pulse', { body: patch })
    expect(status).toBe(200)
    expect(body).toMatchObject({ agent: 'pulse', ...patch, overrides: patch, declared: true })
    expect((await call('GET', '/v1/agents/pulse')).body).toEqual(body)
    const next = await call('PATCH', '/v1/agents/pulse', { body: { trust: 1, mode: 'live' } })
    expect(next.body.overrides).toEqual({ ...patch, trust: 1, mode: 'live' })
    const { body: trail } = await call('GET', '/v1/audit?stream=agent:pulse')
    expect(trail.entries.at(-1)).toMatchObject({ kind: 'agent.changed', payload: { body: { by: 'admin' } } })
  })

  it.each([
    ['nothing', {}, 'must change at least one field'],
    ['an unknown mode', { mode: 'loud' }, '`mode` must be `live` or `shadow` or `muted`, not `loud`'],
    ['trust above 1', { trust: 1.5 }, '`trust` must be at most 1'],
    ['a confidence below 0', { defaultConfidence: -1 }, '`defaultConfidence` must be at least 0'],
    ['a scope that is no expression', { scope: 'account.' }, 'scope'],
    ['a scope that is no condition', { scope: '1 + 1' }, 'scope'],
    ['a scope with a misspelt fact', { scope: 'account.segmnt == "smb"' }, 'scope'],
    ['an unknown field', { trusted: 1 }, '`trusted` is not known here; did you mean `trust`?'],
  ])('are not changed by %s', async (_, body, detail) => {
    const reply = await call('PATCH', '/v1/agents/churn-radar', { body })
    expect(reply).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    expect(reply.body.detail).toContain(detail)
    expect((await call('GET', '/v1/agents/churn-radar')).body.overrides).toEqual({})
  })

  it('are not found where nobody knows them', async () => {
    expect(await call('GET', '/v1/agents/nobody')).toMatchObject({ status: 404, body: { code: 'not_found' } })
  })
})

describe('outcomes', () => {
  const outcome = (fields: object = {}) => ({
    account: 'acme',
    decision: 'expansion-outreach',
    state: 'at_risk',
    observedAt: '2026-11-20T09:00:00Z',
    source: 'billing',
    ...fields,
  })
  const send = (...outcomes: unknown[]) => call('POST', '/v1/outcomes', { body: { outcomes } })

  it('are stored one by one, each once', async () => {
    const { status, body } = await send(
      outcome(),
      outcome({ state: 'lost' }),
      outcome({ decision: 'renewal' }),
      outcome({ observedAt: 'then' }),
      outcome({ observedAt: new Date(START + 86_400_000).toISOString() }),
      outcome({ source: 'review' }),
    )
    expect(status).toBe(202)
    expect(body.results.map(({ status, problem }: any) => [status, problem?.code])).toEqual([
      ['accepted', undefined],
      ['rejected', 'unknown_state'],
      ['rejected', 'unknown_decision'],
      ['rejected', 'invalid_request'],
      ['rejected', 'invalid_request'],
      ['accepted', undefined],
    ])
    expect((await send(outcome())).body.results).toEqual([{ status: 'duplicate' }])
    expect((await send(outcome({ state: 'healthy' }))).body.results).toMatchObject([
      { status: 'rejected', problem: { code: 'outcome_conflict' } },
    ])
    expect(await execute(databaseUrl, 'SELECT source, state FROM outcomes ORDER BY source')).toEqual([
      { source: 'billing', state: 'at_risk' },
      { source: 'review', state: 'at_risk' },
    ])
  })

  it.each([[[]], [Array(1_001).fill(outcome())], [{}], [null]])('come in a list of 1 to 1,000', async (outcomes) => {
    const reply = await call('POST', '/v1/outcomes', { body: { outcomes } })
    expect(reply).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ path: 'outcomes' }] } })
  })
})

describe('the ruleset', () => {
  it('says what can be asked', async () => {
    const { status, body } = await call('GET', '/v1/ruleset')
    expect(status).toBe(200)
    expect(body).toEqual({
      ruleset: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      activatedAt: new Date(START).toISOString(),
      source: 'directory rules',
      decisions: [
        {
          decision: 'expansion-outreach',
          description: 'May a copilot reach out about expansion?',
          states: ['healthy', 'at_risk'],
          actions: ['send_expansion_email', 'wait'],
        },
      ],
      by: 'directory rules',
      pinned: false,
      shadow: null,
      directory: { path: 'rules', watched: true, ruleset: body.ruleset, differs: false },
      lastError: null,
    })
  })
})

describe('the audit trail', () => {
  it('is read a page at a time', async () => {
    for (const arr of [1, 2, 3]) await call('PUT', '/v1/accounts/audited', { body: { facts: { arr } } })
    const read: any[] = []
    for (let after = ''; ; ) {
      const { status, body } = await call('GET', `/v1/audit?stream=account:audited&limit=2${after}`)
      expect(status).toBe(200)
      read.push(...body.entries)
      if (body.next === null) break
      after = `&after=${body.next}`
    }
    expect(read.map(({ sequence, kind, payload }) => [sequence, kind, payload.body.facts])).toEqual([
      [1, 'facts', { arr: 1 }],
      [2, 'facts', { arr: 2 }],
      [3, 'facts', { arr: 3 }],
    ])
  })

  it('verifies, until a row is changed behind its back', async () => {
    await call('PUT', '/v1/accounts/tampered', { body: { facts: { arr: 1 } } })
    await call('PUT', '/v1/accounts/tampered', { body: { facts: { arr: 2 } } })
    const verify = () => call('GET', '/v1/audit/verify?stream=account:tampered')
    expect((await verify()).body).toEqual({ ok: true, entries: 2, streams: 1, redacted: 0 })
    await execute(
      databaseUrl,
      `UPDATE audit_payloads SET payload = replace(payload, '"arr":1', '"arr":9') WHERE stream = 'account:tampered'`,
    )
    expect((await verify()).body).toEqual({
      ok: false,
      entries: 0,
      stream: 'account:tampered',
      sequence: 1,
      reason: 'the payload is not the one that was recorded',
    })
    expect((await call('GET', '/v1/audit/verify')).body).toMatchObject({ ok: false, stream: 'account:tampered' })
  })

  it.each(['', '?stream=', '?stream=keys&after=-1', '?stream=keys&after=x', '?stream=keys&limit=201', '?streams=keys'])(
    'refuses %s',
    async (query) => {
      expect(await call('GET', `/v1/audit${query}`)).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    },
  )

  it('needs a key that may read', async () => {
    const key = await keyOf({ name: 'writer', scopes: ['signals:write'] })
    expect((await call('GET', '/v1/audit?stream=keys', { key })).status).toBe(403)
  })
})

describe('health', () => {
  it('is up, ready and measured', async () => {
    expect(await call('GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } })
    expect(await call('GET', '/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } })
    const { status, text, headers } = await call('GET', '/metrics')
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(text).toContain('umpire_adjudications')
  })
})
