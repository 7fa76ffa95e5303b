import { Webhook } from 'standardwebhooks'
import { describe, expect, it, vi } from 'vitest'
import { fanOut } from '../../../src/app/events/fan-out.ts'
import { attemptDelivery, getDelivery, sweepDeliveries } from '../../../src/app/notices/deliveries.ts'
import { execute } from '../database.ts'
import { startReceiver } from '../deliveries/receiver.ts'
import { egressTo } from '../deliveries/told.ts'
import { createEventContract } from '../http/contract.ts'
import { createServing } from './serving.ts'

const serving = await createServing()
const { app, call, ask, keyOf, databaseUrl, logged, metricsText, pass } = serving
const query = (sql: string, values: unknown[] = []) => execute<any>(databaseUrl, sql, values)
const crm = await startReceiver()
const egress = egressTo({})
const checkEvent = createEventContract(serving.http.swagger())
const person = await keyOf({ name: 'maria', principal: 'person', scopes: ['read', 'escalations:review'] })

async function subscribe(body: object = {}) {
  const reply = await call('POST', '/v1/subscriptions', { body: { url: `${crm.url}/hooks/very-secret`, ...body } })
  expect(reply.status).toBe(201)
  return reply.body
}

let accounts = 0
const DAY = 24 * 3_600_000

/** Makes all deliveries that are to be made, and returns their ids. */
async function fannedOut(): Promise<readonly string[]> {
  const made: string[] = []
  for (;;) {
    const { deliveries, isWhole } = await fanOut(app)
    made.push(...deliveries)
    if (isWhole) return made
  }
}

/** What is told a subscription of what happens meanwhile, `acme created`. */
async function toldOf({ id }: { readonly id: string }, happens: () => Promise<unknown>): Promise<readonly string[]> {
  await fannedOut()
  await happens()
  const made = await Promise.all((await fannedOut()).map((delivery) => getDelivery(app, delivery)))
  return made
    .filter(({ subscription }) => subscription === id)
    .map(({ account, event }) => `${account} ${event.split('.')[1]}`)
}

describe('a subscription', () => {
  it('is made with a secret that is shown once, and kept out of everything else', async () => {
    const idempotent = { headers: { 'idempotency-key': 'made-once' } }
    const sent = { body: { url: `${crm.url}/hooks/very-secret` }, ...idempotent }
    const { status, headers, body } = await call('POST', '/v1/subscriptions', sent)
    expect(status).toBe(201)
    const { secret, ...rest } = body
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(rest).toEqual({
      id: expect.any(String),
      url: `${crm.url}/hooks/very-secret`,
      events: ['adjudication.created', 'adjudication.changed', 'adjudication.resolved', 'lease.revoked'],
      filter: {},
      paused: false,
      createdBy: 'admin',
      createdAt: new Date(app.now()).toISOString(),
    })
    expect(headers.location).toBe(`/v1/subscriptions/${rest.id}`)
    expect((await call('POST', '/v1/subscriptions', sent)).body).toEqual({ ...rest, secret: null })
    expect((await call('GET', `/v1/subscriptions/${rest.id}`)).body).toEqual(rest)
    expect((await call('GET', '/v1/subscriptions')).body).toEqual({ subscriptions: [rest], next: null })
    const { body: trail } = await call('GET', '/v1/audit?stream=subscriptions')
    expect(trail.entries).toMatchObject([
      { kind: 'subscription.created', payload: { body: { by: 'admin', subscription: rest.id } } },
    ])
    const elsewhere = await query(
      `SELECT (SELECT json_agg(p) FROM audit_payloads p), (SELECT json_agg(k) FROM idempotency_keys k)`,
    )
    expect(JSON.stringify([elsewhere, trail]) + logged.join('')).not.toContain(secret)
    expect(JSON.stringify(trail) + logged.join('')).not.toContain('very-secret')
    expect((await call('DELETE', `/v1/subscriptions/${rest.id}`)).body).toEqual(rest)
    expect(await call('GET', `/v1/subscriptions/${rest.id}`)).toMatchObject({ status: 404 })
  })

  it('is told, signed so that the reference library finds it good', async () => {
    const { id, secret } = await subscribe({ events: ['adjudication.created'] })
    const answer = await ask('signed', 'send')
    const [delivery] = await fannedOut()
    expect(await attemptDelivery(app, egress, delivery!)).toBeNull()
    expect(await metricsText()).toMatch(/^umpire_event_delay_seconds_count\{way="subscription"\} 1$/m)
    const { url, headers, body } = crm.received.at(-1)!
    expect([url, headers['webhook-id']]).toEqual(['/hooks/very-secret', delivery])
    const clock = vi.spyOn(Date, 'now').mockReturnValue(app.now())
    const { type, data } = new Webhook(secret).verify(body, headers as Record<string, string>) as any
    clock.mockRestore()
    expect([type, data.adjudication, data.summary]).toEqual(['adjudication.created', answer.id, answer.summary])
    expect((await call('GET', `/v1/deliveries?subscription=${id}`)).body.deliveries).toMatchObject([
      { id: delivery, target: `127.0.0.1:${crm.port}`, subscription: id, status: 'delivered', escalation: null },
    ])
    await call('DELETE', `/v1/subscriptions/${id}`)
  })

  it.each([
    [{}, ['mine created', 'mine created', 'mine changed', 'mine resolved', 'other created', 'last created']],
    [{ events: ['adjudication.changed'] }, ['mine changed']],
    [{ filter: { disposition: 'escalate' } }, ['mine created', 'mine changed', 'mine resolved', 'last created']],
    [{ filter: { decision: 'second-look' } }, ['other created', 'last created']],
    [{ filter: { agent: 'renewal-copilot' } }, ['last created']],
    [
      { filter: { account: 'crm:mine', decision: 'expansion-outreach' } },
      ['mine created', 'mine created', 'mine changed', 'mine resolved'],
    ],
  ])('hears what it wants: %j', async (wanted, expected) => {
    accounts += 1
    const account = (name: string) => `${name} ${accounts}`
    const filter = (wanted as any).filter?.account ? { ...(wanted as any).filter, account: account('crm:mine') } : null
    const subscription = await subscribe({ ...wanted, ...(filter && { filter }) })
    await call('PUT', `/v1/accounts/${account('mine')}`, { body: { facts: {}, aliases: [account('crm:mine')] } })
    const told = await toldOf(subscription, async () => {
      await ask(account('mine'), 'send')
      const { escalation } = await ask(account('mine'), 'ask')
      await call('POST', `/v1/escalations/${escalation.id}/resolve`, {
        key: person,
        body: { resolution: 'override', action: 'wait', reason: 'knows' },
      })
      await ask(account('other'), 'send', { decision: 'second-look' })
      await ask(account('last'), 'ask', {
        decision: 'second-look',
        proposal: { agent: 'renewal-copilot', action: 'wait' },
      })
    })
    expect(told.map((line) => line.replace(/ \d+/, ''))).toEqual(expected)
    await call('DELETE', `/v1/subscriptions/${subscription.id}`)
  })

  it('hears nothing of before it was made, and all that comes afterwards, once', async () => {
    await ask('before', 'nothing')
    const subscription = await subscribe()
    await ask('after', 'nothing')
    const made = await Promise.all([1, 2, 3, 4].map(() => fanOut(app)))
    expect(made.flatMap(({ deliveries }) => deliveries)).toHaveLength(1)
    expect(await toldOf(subscription, async () => {})).toEqual([])
    await call('DELETE', `/v1/subscriptions/${subscription.id}`)
  })

  it('is not told what a blind queue hides', async () => {
    const subscription = await subscribe({ filter: { account: 'blind' }, events: ['adjudication.created'] })
    await ask('blind', 'ask', { decision: 'second-look' })
    const [delivery] = await fannedOut()
    const { body } = await getDelivery(app, delivery!)
    expect(body).toMatchObject({ data: { account: 'blind', recommendation: null, summary: null } })
    expect(JSON.stringify(body)).not.toMatch(/wait|churn|%/)
    await call('DELETE', `/v1/subscriptions/${subscription.id}`)
  })

  it('that is paused has what there is for it wait, for a day', async () => {
    const { id } = await subscribe()
    expect((await call('PATCH', `/v1/subscriptions/${id}`, { body: { paused: true } })).body).toMatchObject({
      paused: true,
      secret: null,
    })
    await ask('paused', 'nothing')
    const [first] = await fannedOut()
    const before = crm.received.length
    expect(await attemptDelivery(app, egress, first!)).toBe(app.now() + 1_000)
    expect(await getDelivery(app, first!)).toMatchObject({ status: 'pending', attempts: 0 })
    await call('PATCH', `/v1/subscriptions/${id}`, { body: { paused: false } })
    expect(await attemptDelivery(app, egress, first!)).toBeNull()
    expect(crm.received.length).toBe(before + 1)

    await call('PATCH', `/v1/subscriptions/${id}`, { body: { paused: true } })
    await ask('paused', 'nothing')
    const [second] = await fannedOut()
    pass(24 * 3_600_000)
    expect(await attemptDelivery(app, egress, second!)).toBeNull()
    expect(await getDelivery(app, second!)).toMatchObject({
      status: 'dead',
      lastError: 'it was paused until this was given up',
    })
    await call('DELETE', `/v1/subscriptions/${id}`)
  })

  it('that wants no more is paused, and says so in the trail', async () => {
    const { id } = await subscribe()
    await ask('gone', 'nothing')
    const [delivery] = await fannedOut()
    crm.answer((response) => response.writeHead(410).end())
    expect(await attemptDelivery(app, egress, delivery!)).toBeNull()
    crm.answer((response) => response.end())
    expect(await getDelivery(app, delivery!)).toMatchObject({ status: 'dead', lastError: 'it answered 410' })
    expect((await call('GET', `/v1/subscriptions/${id}`)).body).toMatchObject({ paused: true })
    const { body } = await call('GET', '/v1/audit?stream=subscriptions&limit=200')
    expect(body.entries.at(-1)).toMatchObject({
      kind: 'subscription.changed',
      payload: { body: { by: 'umpire', subscription: id, paused: true, reason: 'gone' } },
    })
    await call('DELETE', `/v1/subscriptions/${id}`)
  })

  it('has what it took forgotten after three days, and what it did not after thirty', async () => {
    const subscription = await subscribe()
    await ask('kept', 'nothing')
    await ask('kept', 'nothing')
    const [taken, refused] = await fannedOut()
    await attemptDelivery(app, egress, taken!)
    await query("UPDATE deliveries SET status = 'dead', next_at = NULL, settled_at = $2 WHERE id = $1", [
      refused,
      new Date(app.now()),
    ])
    pass(3 * DAY - 1)
    await sweepDeliveries(app)
    expect(await getDelivery(app, taken!)).toMatchObject({ status: 'delivered' })
    pass(1)
    await sweepDeliveries(app)
    await expect(getDelivery(app, taken!)).rejects.toMatchObject({ code: 'not_found' })
    expect(await getDelivery(app, refused!)).toMatchObject({ status: 'dead' })
    pass(27 * DAY)
    await sweepDeliveries(app)
    await expect(getDelivery(app, refused!)).rejects.toMatchObject({ code: 'not_found' })
    await call('DELETE', `/v1/subscriptions/${subscription.id}`)
  })

  it('takes another secret, and signs with the one before as well for a day', async () => {
    const { id, secret } = await subscribe({ secret: SECRETS[0] })
    expect(secret).toBeNull()
    const { body } = await call('PATCH', `/v1/subscriptions/${id}`, { body: { secret: null } })
    expect(body.secret).toMatch(/^whsec_/)
    const told = async () => {
      await ask('rotated', 'nothing')
      const [delivery] = await fannedOut()
      await attemptDelivery(app, egress, delivery!)
      return crm.received.at(-1)!
    }
    const isGood = ({ headers, body: text }: Awaited<ReturnType<typeof told>>, key: string) => {
      const clock = vi.spyOn(Date, 'now').mockReturnValue(app.now())
      try {
        return new Webhook(key).verify(text, headers as Record<string, string>) !== undefined
      } catch (error) {
        expect((error as Error).message).toBe('No matching signature found')
        return false
      } finally {
        clock.mockRestore()
      }
    }
    const both = await told()
    expect([isGood(both, body.secret), isGood(both, SECRETS[0]!), isGood(both, SECRETS[1]!)]).toEqual([
      true,
      true,
      false,
    ])
    pass(DAY)
    const one = await told()
    expect([isGood(one, body.secret), isGood(one, SECRETS[0]!)]).toEqual([true, false])
    await call('DELETE', `/v1/subscriptions/${id}`)
  })

  it('is tried with something that says nothing, paused or not', async () => {
    const { id } = await subscribe({ events: ['lease.revoked'], filter: { agent: 'nobody' } })
    await call('PATCH', `/v1/subscriptions/${id}`, { body: { paused: true } })
    const { status, headers, body } = await call('POST', `/v1/subscriptions/${id}/test`)
    expect([status, headers.location]).toEqual([202, `/v1/deliveries/${body.delivery}`])
    expect(await query("SELECT payload FROM outbox WHERE topic = 'delivery'")).toMatchObject([
      { payload: JSON.stringify(body) },
    ])
    expect(await attemptDelivery(app, egress, body.delivery)).toBeNull()
    const sent = JSON.parse(crm.received.at(-1)!.body)
    expect(sent).toMatchObject({ id: body.delivery, type: 'subscription.test', data: { subscription: id } })
    checkEvent(sent)
    expect((await call('GET', headers.location!)).body).toMatchObject({
      account: null,
      status: 'delivered',
      body: sent,
    })
    await call('DELETE', `/v1/subscriptions/${id}`)
    expect(await call('POST', `/v1/subscriptions/${id}/test`)).toMatchObject({ status: 404 })
  })

  it('is not held up by events whose adjudications somebody has deleted', async () => {
    const { id } = await subscribe({ filter: { account: 'kept-on' } })
    await fannedOut()
    await query(
      `INSERT INTO events (account_id, type, at, sequence, adjudication_id, body)
       SELECT 'lost', 'lease.revoked', now(), n, gen_random_uuid(), '{}' FROM generate_series(1, 250) AS n`,
    )
    await ask('kept-on', 'nothing')
    expect(await fannedOut()).toHaveLength(1)
    await call('DELETE', `/v1/subscriptions/${id}`)
  })

  it('that is deleted leaves nothing on its way, and can not be replayed to', async () => {
    const { id } = await subscribe()
    await ask('deleted', 'nothing')
    const [delivery] = await fannedOut()
    await call('DELETE', `/v1/subscriptions/${id}`)
    expect(await getDelivery(app, delivery!)).toMatchObject({
      status: 'dead',
      lastError: 'its subscription has been deleted',
    })
    const before = crm.received.length
    expect(await attemptDelivery(app, egress, delivery!)).toBeNull()
    await call('POST', `/v1/deliveries/${delivery}/replay`)
    expect(await attemptDelivery(app, egress, delivery!)).toBeNull()
    expect(await getDelivery(app, delivery!)).toMatchObject({
      status: 'dead',
      lastError: `no subscription \`${id}\` any more`,
    })
    expect(crm.received.length).toBe(before)
    expect((await call('GET', '/v1/audit?stream=subscriptions&limit=200')).body.entries.at(-1).kind).toBe(
      'subscription.deleted',
    )
    expect((await call('GET', '/v1/audit/verify')).body.ok).toBe(true)
  })

  it('that is deleted while it is told stays deleted, whatever it answers', async () => {
    for (const status of [200, 410, 500]) {
      const { id } = await subscribe()
      await ask('deleted', 'nothing')
      const [delivery] = await fannedOut()
      crm.answer((response) => {
        call('DELETE', `/v1/subscriptions/${id}`).then(() => response.writeHead(status).end())
      })
      await attemptDelivery(app, egress, delivery!)
      crm.answer((response) => response.end())
      expect(await getDelivery(app, delivery!)).toMatchObject({
        status: 'dead',
        nextAt: null,
        lastError: 'its subscription has been deleted',
      })
      expect(await call('GET', `/v1/subscriptions/${id}`)).toMatchObject({ status: 404 })
    }
  })

  it.each([
    [{ url: 'nonsense' }, 'invalid_request', /is not a URL/],
    [{ url: 'ftp://crm.example.com/' }, 'invalid_request', /must begin with `https:`, not `ftp:`/],
    [{ url: 'https://me:password@crm.example.com/' }, 'invalid_request', /a user name or a password/],
    [
      { url: 'https://169.254.169.254/x' },
      'invalid_request',
      /^the link-local address `169\.254\.169\.254` is sent to only/,
    ],
    [{ url: 'https://[::ffff:10.0.0.1]/' }, 'invalid_request', /^the IPv4-mapped address/],
    [{ url: 'http://8.8.8.8/' }, 'invalid_request', /is not asked over plain http; use https/],
    [{ secret: 'whsec_short' }, 'invalid_request', /24 to 64 random bytes/],
    [{ filter: { decision: 'nonesuch' } }, 'unknown_decision', /nonesuch/],
    [{ filter: { queue: 'csm' } }, 'invalid_request', /queue/],
    [{ events: ['escalation.opened'] }, 'invalid_request', /events/],
    [{ events: [] }, 'invalid_request', /events/],
  ])('is refused where it means nothing: %j', async (body, code, detail) => {
    const reply = await call('POST', '/v1/subscriptions', { body: { url: crm.url, ...body } })
    expect(reply.body).toMatchObject({ code, detail: expect.stringMatching(detail) })
    expect(reply.text).not.toContain('password@')
  })

  it('is for admins alone, and for those that there are', async () => {
    const key = await keyOf({ name: 'reader', scopes: ['read'] })
    expect(await call('POST', '/v1/subscriptions', { key, body: { url: crm.url } })).toMatchObject({ status: 403 })
    expect(await call('GET', '/v1/subscriptions', { key })).toMatchObject({ status: 403 })
    for (const method of ['GET', 'PATCH', 'DELETE'] as const) {
      const url = `/v1/subscriptions/${app.newId()}`
      const body = method === 'PATCH' ? { body: { paused: true } } : {}
      expect(await call(method, url, body)).toMatchObject({ status: 404, body: { code: 'not_found' } })
    }
    const nothing = await call('PATCH', `/v1/subscriptions/${app.newId()}`, { body: {} })
    expect(nothing.body.detail).toBe('the request must change at least one field')
  })

  it('is one of a hundred at most', async () => {
    await query(
      `INSERT INTO subscriptions (id, url, events, secret, created_by, created_at)
       SELECT gen_random_uuid(), 'https://crm.example.com', '{}', 'whsec_', 'admin', now() FROM generate_series(1, 100)`,
    )
    const reply = await call('POST', '/v1/subscriptions', { body: { url: crm.url } })
    expect(reply.body).toMatchObject({ code: 'invalid_request', detail: expect.stringMatching(/100 subscriptions/) })
    const { body } = await call('GET', '/v1/subscriptions?limit=60')
    expect((await call('GET', `/v1/subscriptions?limit=60&cursor=${body.next}`)).body.subscriptions).toHaveLength(40)
    await query('DELETE FROM subscriptions')
  })
})

const SECRETS = ['one', 'two'].map((text) => `whsec_${Buffer.from(text.padEnd(32, '!')).toString('base64')}`)
