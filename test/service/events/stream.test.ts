import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { openStream } from '../../../src/app/events/stream.ts'
import { sweepEvents } from '../../../src/app/events/sweep.ts'
import { revokeKey } from '../../../src/app/keys.ts'
import { readHorizon } from '../../../src/storage/events.ts'
import { START } from '../app.ts'
import { execute } from '../database.ts'
import { ADMIN } from '../deliveries/told.ts'
import { eventually } from '../queue/eventually.ts'
import type { Heard } from './listener.ts'
import { createServing } from './serving.ts'

const serving = await createServing()
const { app, call, ask, follow, keyOf, pass } = serving
const person = await keyOf({ name: 'maria', principal: 'person', scopes: ['read', 'escalations:review'] })
const copilot = await keyOf({
  name: 'copilot',
  principal: 'agent',
  agents: ['renewal-copilot'],
  scopes: ['read', 'adjudications:write'],
})

const PROPOSAL = { proposal: { agent: 'renewal-copilot', action: 'send_expansion_email' } }
const resolve = (id: string, action: string) =>
  call('POST', `/v1/escalations/${id}/resolve`, {
    key: person,
    body: { resolution: 'override', action, reason: 'knows', comment: 'between us' },
  })

describe('a stream', () => {
  it('tells of an answer, that it has changed, and what a person decided', async () => {
    const listener = follow()
    await listener.connected()
    const first = await ask('acme', 'send', PROPOSAL)
    const second = await ask('acme', 'wait', PROPOSAL)
    await resolve(second.escalation.id, 'send_expansion_email')
    const heard = await listener.hears(4)
    expect(heard.map(({ type }) => type)).toEqual([
      'adjudication.created',
      'adjudication.created',
      'adjudication.changed',
      'adjudication.resolved',
    ])
    const { action, confidence, disposition } = first.recommendation
    expect(heard[0]!.data).toEqual({
      id: heard[0]!.id,
      type: 'adjudication.created',
      timestamp: new Date(START).toISOString(),
      data: {
        account: 'acme',
        decision: 'expansion-outreach',
        adjudication: first.id,
        escalation: first.escalation?.id ?? null,
        sequence: first.audit.sequence,
        recommendation: { action, confidence, disposition },
        proposal: { agent: 'renewal-copilot', action: 'send_expansion_email', verdict: first.proposal.verdict },
        summary: first.summary,
        url: `https://umpire.example.com/v1/adjudications/${first.id}`,
      },
    })
    expect(heard[2]!.data.data).toMatchObject({
      adjudication: second.id,
      recommendation: { action: second.recommendation.action, disposition: second.recommendation.disposition },
      before: { action, disposition, proposal: { action: 'send_expansion_email', verdict: first.proposal.verdict } },
    })
    expect(heard[3]!.data.data).toMatchObject({
      adjudication: second.id,
      escalation: second.escalation.id,
      recommendation: { action: 'send_expansion_email', confidence: null, disposition: null },
      resolution: { resolution: 'override', action: 'send_expansion_email', reason: 'knows', by: 'maria' },
      summary: 'Send expansion email. maria decided so (knows).',
    })
    expect(JSON.stringify(heard)).not.toContain('between us')
    expect(new Set(heard.map(({ id }) => id)).size).toBe(4)
    listener.close()
  })

  it('tells of neither dry runs nor answers that are the same', async () => {
    const listener = follow({ query: 'account=steady' })
    await listener.connected()
    await ask('steady', 'send')
    await ask('steady', 'nothing')
    await ask('steady', 'wait', { dryRun: true })
    await ask('steady', 'nothing')
    const heard = await listener.hears(3)
    expect(heard.map(({ type }) => type)).toEqual(Array(3).fill('adjudication.created'))
    listener.close()
  })

  it('goes on where it was cut off, in the middle of an answer that has changed, too', async () => {
    const query = 'account=resumed'
    const whole = follow({ query })
    await whole.connected()
    await ask('resumed', 'send')
    await ask('resumed', 'ask')
    await ask('resumed', 'nothing')
    const heard = [...(await whole.hears(4))]
    whole.close()
    expect(heard.map(({ type }) => type.split('.')[1])).toEqual(['created', 'created', 'changed', 'created'])
    for (const [n, { id }] of heard.slice(0, -1).entries()) {
      const rest = follow({ query, lastEventId: id })
      expect(await rest.hears(heard.length - n - 1)).toEqual(heard.slice(n + 1))
      rest.close()
    }
  })

  it('goes on by itself from where it began though nothing was heard', async () => {
    const listener = follow({ query: 'account=quiet' })
    await listener.connected()
    await ask('loud', 'nothing')
    serving.http.server.closeAllConnections()
    await ask('quiet', 'nothing')
    await listener.connected(2)
    expect(await listener.hears(1)).toMatchObject([{ data: { data: { account: 'quiet' } } }])
    listener.close()
  })

  it.each([
    ['events=adjudication.changed', ['mine changed']],
    ['events=adjudication.changed,adjudication.resolved', ['mine changed', 'mine resolved']],
    ['events=adjudication.created&disposition=escalate', ['mine created', 'last created']],
    ['account=crm:mine', ['mine created', 'mine created', 'mine changed', 'mine resolved']],
    ['decision=second-look', ['other created', 'last created']],
  ])('is filtered: %s', async (query, expected) => {
    const own = (name: string) => `${name} ${expected}`
    await call('PUT', `/v1/accounts/${own('mine')}`, { body: { facts: {}, aliases: [own('crm:mine')] } })
    const listener = follow({ query: query.replace('crm:mine', encodeURIComponent(own('crm:mine'))) })
    await listener.connected()
    await ask(own('mine'), 'send')
    const { escalation } = await ask(own('crm:mine'), 'ask')
    await resolve(escalation.id, 'send_expansion_email')
    await ask(own('other'), 'send', { decision: 'second-look' })
    await ask(own('last'), 'ask', { decision: 'second-look' })
    const told = (await listener.hears(expected.length)).map(
      ({ type, data }) => `${data.data.account.split(' ')[0]} ${type.split('.')[1]}`,
    )
    expect(told).toEqual(expected)
    listener.close()
  })

  it('hears of an account under whatever names it gets meanwhile', async () => {
    const listener = follow({ query: 'account=crm:4711' })
    await listener.connected()
    await ask('crm:4711', 'nothing')
    await call('PUT', '/v1/accounts/named', { body: { facts: {}, aliases: ['crm:4711'] } })
    await ask('named', 'nothing')
    expect((await listener.hears(2)).map(({ data }) => data.data.account)).toEqual(['crm:4711', 'named'])
    listener.close()
  })

  it('tells of one agent alone where that is asked', async () => {
    const listener = follow({ query: 'agent=renewal-copilot' })
    await listener.connected()
    await ask('others', 'send')
    await ask('others', 'ask', { proposal: { agent: 'pulse', action: 'wait' } })
    const { id } = await ask('of one', 'send', PROPOSAL)
    expect((await listener.hears(1)).map(({ data }) => data.data.adjudication)).toEqual([id])
    listener.close()
  })

  it('tells an agent of its own proposals alone', async () => {
    const listener = follow({ key: copilot })
    await listener.connected()
    await ask('others', 'send')
    await ask('others', 'ask', { proposal: { agent: 'pulse', action: 'wait' } })
    const own = await ask('own', 'ask', PROPOSAL)
    await ask('others', 'nothing')
    await resolve(own.escalation.id, 'wait')
    const heard = await listener.hears(2)
    expect(heard.map(({ type, data }) => [type, data.data.adjudication])).toEqual([
      ['adjudication.created', own.id],
      ['adjudication.resolved', own.id],
    ])
    listener.close()
  })

  it('keeps from reviewers what a blind queue hides, and from nobody else', async () => {
    const query = 'account=unseen'
    const [reviewer, service] = [follow({ key: person, query }), follow({ query })]
    await Promise.all([reviewer.connected(), service.connected()])
    await ask('unseen', 'send', { decision: 'second-look', ...PROPOSAL })
    const { escalation, recommendation } = await ask('unseen', 'ask', { decision: 'second-look', ...PROPOSAL })
    const [, , changed] = await reviewer.hears(3)
    expect(changed!.data.data).toMatchObject({
      escalation: escalation.id,
      recommendation: null,
      summary: null,
      before: null,
      proposal: { action: 'send_expansion_email', verdict: null },
    })
    expect((await service.hears(3))[2]!.data.data.recommendation).toMatchObject({ action: recommendation.action })
    await resolve(escalation.id, 'wait')
    const again = follow({ key: person, query, lastEventId: changed!.id })
    expect((await again.hears(1))[0]!.data.data).toMatchObject({ recommendation: { action: 'wait' } })
    for (const listener of [reviewer, service, again]) listener.close()
  })

  it('does not let reviewers choose by what is hidden from them', async () => {
    const query = 'account=chosen&disposition=act'
    const [reviewer, service] = [follow({ key: person, query }), follow({ query })]
    await Promise.all([reviewer.connected(), service.connected()])
    const shown = await ask('chosen', 'wait')
    expect(shown.recommendation.disposition).toBe('act')
    const hidden = await ask('chosen', 'ask', { decision: 'second-look' })
    expect(hidden.recommendation.disposition).toBe('escalate')
    const adjudications = (heard: readonly Heard[]) => heard.map(({ data }) => data.data.adjudication)
    expect(adjudications(await reviewer.hears(2))).toEqual([shown.id, hidden.id])
    expect(adjudications(await service.hears(1))).toEqual([shown.id])
    for (const listener of [reviewer, service]) listener.close()
  })

  it('keeps from reviewers why a lease is revoked whose question a blind queue gets', async () => {
    const query = 'account=leased&events=lease.revoked'
    const [reviewer, service] = [follow({ key: person, query }), follow({ query })]
    await Promise.all([reviewer.connected(), service.connected()])
    for (const decision of ['second-look', 'expansion-outreach']) {
      const { id } = await ask('leased', 'send', { decision })
      await execute(
        serving.databaseUrl,
        `INSERT INTO events (account_id, type, at, sequence, adjudication_id, agent, body)
         VALUES ('leased', 'lease.revoked', now(), 9, $1, 'renewal-copilot', $2)`,
        [id, JSON.stringify({ lease: { id, agent: 'renewal-copilot', action: 'wait' }, reason: 'pulse outweighs' })],
      )
    }
    const reasons = async (listener: typeof service) => (await listener.hears(2)).map(({ data }) => data.data.reason)
    expect(await reasons(service)).toEqual(['pulse outweighs', 'pulse outweighs'])
    expect(await reasons(reviewer)).toEqual([null, 'pulse outweighs'])
    for (const listener of [reviewer, service]) listener.close()
  })

  it('takes an answer for changed where the one before has been erased or damaged, and tells of others', async () => {
    const listener = follow({ query: 'account=erased' })
    await listener.connected()
    for (const spoil of ['DELETE FROM audit_payloads', "UPDATE audit_payloads SET payload = 'nonsense'"]) {
      const { audit } = await ask('erased', 'nothing')
      await execute(serving.databaseUrl, `${spoil} WHERE stream = $1 AND sequence = $2`, [audit.stream, audit.sequence])
    }
    const { id } = await ask('erased', 'nothing')
    const heard = await listener.hears(5)
    expect(heard.map(({ type }) => type.split('.')[1])).toEqual(['created', 'created', 'changed', 'created', 'changed'])
    expect(heard[4]!.data.data).toMatchObject({ adjudication: id, before: null })
    listener.close()
  })

  it('says so where events are not kept any more', async () => {
    const query = 'account=late'
    const listener = follow({ query })
    await listener.connected()
    await ask('late', 'nothing')
    const [first] = await listener.hears(1)
    listener.close()
    pass(24 * 3_600_000)
    await ask('late', 'nothing')
    expect(await sweepEvents(app)).toBeGreaterThan(0)
    const late = follow({ query, lastEventId: first!.id })
    expect((await late.hears(2)).map(({ type }) => type)).toEqual(['stream.late', 'adjudication.created'])
    late.close()

    // Of a database that was another then.
    const lost = follow({ query, lastEventId: '999999999.5' })
    expect((await lost.hears(1)).map(({ type }) => type)).toEqual(['stream.late'])
    lost.close()
  })

  it('begins anew where the server that answers now lacks what was told', async () => {
    const listener = follow({ query: 'account=standby' })
    await listener.connected()
    await ask('standby', 'nothing')
    await listener.hears(1)
    await execute(serving.databaseUrl, "DELETE FROM events WHERE account_id = 'standby'")
    await listener.hears(2)
    await ask('standby', 'nothing')
    const types = (await listener.hears(3)).map(({ type }) => type)
    expect(types).toEqual(['adjudication.created', 'stream.late', 'adjudication.created'])
    listener.close()
  })

  it('is passed on by proxies as it comes, and neither gathered nor compressed', async () => {
    const leaving = new AbortController()
    const { headers } = await fetch(`${serving.url}/v1/stream`, {
      headers: { authorization: `Bearer ${serving.admin}`, 'accept-encoding': 'gzip' },
      signal: leaving.signal,
    })
    leaving.abort()
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    })
    expect(headers.get('content-encoding')).toBeNull()
  })

  it('holds no more than a part of what one who is far behind has not taken yet', async () => {
    const id = app.newId()
    await execute(serving.databaseUrl, "INSERT INTO adjudications VALUES ('behind', 'd', 1, $1, 'act')", [id])
    const { position } = await readHorizon(app.db)
    await execute(
      serving.databaseUrl,
      `INSERT INTO events (account_id, type, at, sequence, adjudication_id, body)
       SELECT 'behind', 'lease.revoked', now(), n, $1, '{}' FROM generate_series(1, 1500) AS n`,
      [id],
    )
    const leaving = new AbortController()
    const request = { account: 'behind', lastEventId: `${position.xid}.${position.id}.1` }
    const told = await openStream(app, ADMIN, request, async () => true, leaving.signal)
    const parts: number[] = []
    for await (const events of told) {
      if (events[0]!.type === 'lease.revoked') parts.push(events.length)
      if (parts.reduce((sum, part) => sum + part, 0) === 1500) break
    }
    leaving.abort()
    expect(Math.max(...parts)).toBe(100)
  })

  it.each([
    ['last-event-id', { headers: { 'last-event-id': 'yesterday' } }, 400, 'invalid_request'],
    ['events', { query: '?events=adjudication.created,escalation.opened' }, 400, 'invalid_request'],
    ['decision', { query: '?decision=nonesuch' }, 400, 'unknown_decision'],
    ['unknown', { query: '?queue=csm' }, 400, 'invalid_request'],
  ] as const)('refuses what means nothing: %s', async (_what, { query = '', headers = {} }: any, status, code) => {
    const reply = await call('GET', `/v1/stream${query}`, { headers })
    expect(reply).toMatchObject({ status, body: { code } })
  })

  it('is not for those who may not read', async () => {
    const key = await keyOf({ name: 'writer', scopes: ['signals:write'] })
    expect(await call('GET', '/v1/stream', { key })).toMatchObject({ status: 403 })
    expect(await call('GET', '/v1/stream', { key: 'nobody' })).toMatchObject({ status: 401 })
  })
})

describe('the streams of a process', async () => {
  const small = await createServing({ open: 3, openOfKey: 2, silence: 50, stalled: 200 })
  const isEmpty = () => eventually(() => small.app.feed.size === 0)

  it('are so many at most, and of one key fewer', async () => {
    const other = await small.keyOf({ name: 'other', scopes: ['read'] })
    const first = [small.follow(), small.follow()]
    await Promise.all(first.map((listener) => listener.connected()))
    expect(await small.call('GET', '/v1/stream')).toMatchObject({ status: 503, body: { code: 'overloaded' } })
    const third = small.follow({ key: other })
    await third.connected()
    expect(await small.call('GET', '/v1/stream', { key: other })).toMatchObject({ status: 503 })
    first[0]!.close()
    await eventually(() => small.app.feed.size === 2)
    const fourth = small.follow({ key: other })
    await fourth.connected()
    for (const listener of [...first, third, fourth]) listener.close()
    await isEmpty()
  })

  it('are counted while they are open, and how late they are told', async () => {
    const count = async () => /^umpire_streams(?:\{.*\})? (\d+)$/m.exec(await small.metricsText())?.[1]
    const told = /^umpire_event_delay_seconds_count\{way="stream"\} (\d+)$/m
    const before = Number(told.exec(await small.metricsText())?.[1] ?? 0)
    const listeners = [small.follow(), small.follow()]
    await Promise.all(listeners.map((listener) => listener.connected()))
    expect(await count()).toBe('2')
    await small.ask('counted', 'nothing')
    await Promise.all(listeners.map((listener) => listener.hears(1)))
    expect(Number(told.exec(await small.metricsText())?.[1])).toBe(before + 1)
    for (const listener of listeners) listener.close()
    await isEmpty()
    expect(await count()).toBe('0')
  })

  it('show that they are alive, and where to go on', async () => {
    const text = await read(small.url, small.admin, 3)
    const of = (state: string) =>
      String.raw`id: (\d+\.\d+\.1)\nevent: ${state}\ndata: {"id":"\d+\.\d+\.1","type":"${state}"}\n\n`
    expect(text).toMatch(new RegExp(`^retry: \\d{4}\n${of('stream.opened')}(${of('stream.alive')})+$`))
    await isEmpty()
  })

  it('end once their key is revoked', async () => {
    const key = await small.keyOf({ name: 'leaver', scopes: ['read'] })
    const open = fetch(`${small.url}/v1/stream`, { headers: { authorization: `Bearer ${key}` } })
    const response = await open
    await revokeKey(small.app, 'leaver')
    expect(await response.text()).toMatch(/^retry/)
    await isEmpty()
  })

  it('end where whoever listens takes nothing', async () => {
    const socket = connect(Number(new URL(small.url).port), '127.0.0.1')
    await once(socket, 'connect')
    socket.write(`GET /v1/stream HTTP/1.1\r\nhost: umpire\r\nauthorization: Bearer ${small.admin}\r\n\r\n`)
    await once(socket, 'data')
    socket.pause()
    await execute(
      small.databaseUrl,
      `INSERT INTO adjudications VALUES ('big', 'd', 1, '00000000-0000-7000-8000-000000000000', 'act')`,
    )
    // More than the buffers of both ends hold.
    await execute(
      small.databaseUrl,
      `INSERT INTO events (account_id, type, at, sequence, adjudication_id, body)
       SELECT 'big', 'lease.revoked', now(), n, '00000000-0000-7000-8000-000000000000',
         json_build_object('filling', repeat('x', 20000))::text
       FROM generate_series(1, 1000) AS n`,
    )
    await isEmpty()
    const ended = once(socket, 'close')
    socket.on('error', () => {}).resume()
    await ended
  })

  it('end gently with the service', async () => {
    const response = await fetch(`${small.url}/v1/stream`, { headers: { authorization: `Bearer ${small.admin}` } })
    small.app.feed.close()
    expect(await response.text()).toMatch(/^retry/)
    // Whoever comes back meanwhile is sent away in a way that has them come again.
    const late = await fetch(`${small.url}/v1/stream`, { headers: { authorization: `Bearer ${small.admin}` } })
    expect([late.status, await late.text()]).toEqual([200, expect.stringMatching(/^retry: \d{4}\n/)])
    await isEmpty()
  })
})

/** So many parts of a stream, as they come. */
async function read(url: string, key: string, parts: number): Promise<string> {
  const leaving = new AbortController()
  const response = await fetch(`${url}/v1/stream`, {
    headers: { authorization: `Bearer ${key}` },
    signal: leaving.signal,
  })
  let text = ''
  for await (const chunk of response.body!) {
    text += Buffer.from(chunk).toString()
    if (text.split('\n\n').length > parts) break
  }
  leaving.abort()
  return text
}
