import { describe, expect, it } from 'vitest'
import { activate } from '../../../src/app/activation.ts'
import type { App } from '../../../src/app/app.ts'
import { checkAction } from '../../../src/app/checks.ts'
import { fanOut } from '../../../src/app/events/fan-out.ts'
import { recheckLeases, type Stir } from '../../../src/app/leases/recheck.ts'
import { redeemLease } from '../../../src/app/leases/redeem.ts'
import { sweepLeases } from '../../../src/app/leases/uptake.ts'
import { getDelivery } from '../../../src/app/notices/deliveries.ts'
import { loadRuleset } from '../../../src/core/rules/load.ts'
import { createTestApp } from '../app.ts'
import { execute } from '../database.ts'
import { BACKENDS } from '../queue/backends.ts'
import { eventually } from '../queue/eventually.ts'
import { startWorker } from '../queue/worker.ts'
import { COPILOT, createCopilot, rulesWith, SEND } from './copilot.ts'

const stirs = (databaseUrl: string) =>
  execute<{ id: number; payload: string }>(
    databaseUrl,
    `SELECT id::int, payload FROM outbox WHERE topic = 'leases' ORDER BY id`,
  )

function load(files: Readonly<Record<string, string>>) {
  const { ruleset } = loadRuleset(Object.entries(files).map(([path, text]) => ({ path, text })))
  return ruleset!
}
const how = { source: 'api', by: 'maria', pinned: true, restores: null }

describe('open leases', async () => {
  const { app, allowed, redeem, signal, facts, call, databaseUrl } = await createCopilot()

  /** Does what the outbox calls for. */
  async function work(): Promise<readonly Stir[]> {
    const rows = await stirs(databaseUrl)
    for (const { id, payload } of rows) await recheckLeases(app, id, JSON.parse(payload))
    return rows.map(({ payload }) => JSON.parse(payload))
  }
  const statusOf = async (id: string) =>
    (
      await execute<{ status: string; reason: string | null }>(
        databaseUrl,
        'SELECT status, reason FROM leases WHERE id = $1',
        [id],
      )
    )[0]!

  it('are looked at again when something comes for their account, and only then', async () => {
    await signal('pulse', 'healthy', 0.9)
    expect(await work()).toEqual([])
    const { lease } = (await allowed()).body
    await facts({ arr: 180_000 }, 'beta')
    expect(await work()).toEqual([])
    await signal('pulse', 'healthy', 0.91)
    await facts({ segment: 'smb' })
    expect(await work()).toEqual([{ account: 'acme' }, { account: 'acme' }])
    expect(await stirs(databaseUrl)).toEqual([])
    expect((await statusOf(lease.id)).status).toBe('open')
  })

  it('are revoked where they no longer hold, and the trail and those who listen are told', async () => {
    const { lease, adjudication } = (await allowed()).body
    await signal('churn-radar', 'churn_risk', 0.98)
    await work()
    const { status, reason } = await statusOf(lease.id)
    expect(status).toBe('revoked')
    expect(reason).toMatch(/^a person decides now: /)
    expect((await redeem(lease.token)).body).toMatchObject({
      code: 'lease_revoked',
      detail: expect.stringContaining(reason!),
    })
    const entries = (await call('GET', '/v1/audit?stream=account:acme&limit=200')).body.entries
    expect(entries.filter(({ kind }: any) => kind === 'lease.revoked').length).toBeGreaterThan(0)
    const events = await execute<{ body: string; agent: string; adjudication_id: string }>(
      databaseUrl,
      `SELECT body, agent, adjudication_id FROM events WHERE type = 'lease.revoked' AND body::json #>> '{lease,id}' = $1`,
      [lease.id],
    )
    expect(events).toHaveLength(1)
    expect(events[0]).toMatchObject({ agent: 'renewal-copilot', adjudication_id: adjudication })
    expect(JSON.parse(events[0]!.body)).toEqual({
      lease: { id: lease.id, agent: 'renewal-copilot', action: 'send_expansion_email' },
      reason,
    })
    // Doing it again does no harm.
    await recheckLeases(app, 0, { account: 'acme' })
    expect((await call('GET', '/v1/audit/verify')).body.ok).toBe(true)
  })

  it('are found behind many that have expired and are not marked yet', async () => {
    await facts({ arr: 180_000, segment: 'mid' }, 'busy')
    await signal('pulse', 'healthy', 0.9, { account: 'busy' })
    const { lease } = (await allowed({ account: 'busy' })).body
    await execute(
      databaseUrl,
      `INSERT INTO leases (id, token_hash, account_id, decision, action, tags, agent, owner, adjudication_id, ruleset,
         state_version, fresh_until, issued_at, expires_at)
       SELECT overlay(id::text placing lpad(n::text, 8, '0') from 1 for 8)::uuid, token_hash, account_id, decision, action, tags,
         agent, owner, adjudication_id, ruleset, state_version, fresh_until, issued_at - interval '1 hour',
         expires_at - CASE WHEN n <= 1500 THEN interval '1 hour' ELSE interval '0' END
       FROM leases, generate_series(1, 2600) n WHERE id = $1`,
      [lease.id],
    )
    await signal('churn-radar', 'churn_risk', 0.98, { account: 'busy' })
    await work()
    const statuses = await execute<{ status: string; n: number }>(
      databaseUrl,
      `SELECT status, count(*)::int AS n FROM leases WHERE account_id = 'busy' GROUP BY status ORDER BY status`,
    )
    expect(statuses).toEqual([
      { status: 'open', n: 1500 },
      { status: 'revoked', n: 1101 },
    ])
    await execute(databaseUrl, `DELETE FROM leases WHERE account_id = 'busy'`)
  })

  it('are looked for where one may be given at that very moment', async () => {
    const account = 'racing'
    await facts({ arr: 180_000, segment: 'mid' }, account)
    await signal('pulse', 'healthy', 0.9, { account })
    expect(await work()).toEqual([])
    const { lease } = (await allowed({ account })).body
    await redeem(lease.token)
    // None is open; but the answer holds, and a lease on it takes no lock.
    await signal('churn-radar', 'churn_risk', 0.98, { account })
    expect(await work()).toEqual([{ account }])
  })

  it('go over to the account that theirs joins', async () => {
    await facts({ arr: 180_000, segment: 'mid' }, 'crm:1')
    await signal('pulse', 'healthy', 0.9, { account: 'crm:1' })
    const { lease } = (await allowed({ account: 'crm:1' })).body
    await call('PUT', '/v1/accounts/one', { body: { facts: { arr: 180_000 }, aliases: ['crm:1'] } })
    await work()
    await signal('pulse', 'healthy', 0.93, { account: 'one' })
    expect(await work()).toEqual([{ account: 'one' }])
    const done = await redeem(lease.token)
    expect(done.body).toMatchObject({ verdict: 'go', account: 'one' })
  })

  it('are marked once they have expired, and forgotten when nobody asks any more', async () => {
    const late = await createTestApp({ databaseUrl })
    await sweepLeases(late.app)
    await allowed({ account: 'one' })
    const statuses = async () =>
      Object.fromEntries(
        (
          await execute<{ status: string; n: number }>(
            databaseUrl,
            'SELECT status, count(*)::int AS n FROM leases GROUP BY status',
          )
        ).map(({ status, n }) => [status, n]),
      )
    const before = await statuses()
    late.pass(11 * 60_000)
    await sweepLeases(late.app)
    const marked = await statuses()
    expect(marked).toEqual({ redeemed: before.redeemed, revoked: before.revoked, expired: 1 })
    late.pass(90 * 86_400_000)
    expect(await sweepLeases(late.app)).toBe(marked.expired! + marked.revoked!)
    expect(await statuses()).toEqual({ redeemed: before.redeemed })
  })
})

describe('where a queue is blind to which the rules may bring the question', async () => {
  const escalating = `  - id: leaving
    when: signals.exists(s, s.claim == "churn_risk" && s.confidence > 0.95)
    then: { escalate: { queue: desk }, because: Whoever leaves is looked at by two }
`
  const rules = {
    ...rulesWith(['rules:\n', `rules:\n${escalating}`]),
    'queues.yaml': 'queues: { csm: {}, desk: { blind: true } }\n',
  }
  const { app, allowed, call, redeem, signal } = await createCopilot({ rules })

  it('whoever listens does not hear why a lease is revoked, and the agent does', async () => {
    await call('POST', '/v1/subscriptions', { body: { url: 'https://crm.example.com/', events: ['lease.revoked'] } })
    const { lease } = (await allowed()).body
    await signal('churn-radar', 'churn_risk', 0.98)
    expect((await redeem(lease.token)).body.detail).toContain('a person decides now: ')
    const [delivery] = (await fanOut(app)).deliveries
    const { body } = await getDelivery(app, delivery!)
    expect(body).toMatchObject({ type: 'lease.revoked', data: { lease: { id: lease.id }, reason: null } })
  })
})

describe('other rules', async () => {
  const { app, allowed, redeem, databaseUrl, facts, signal } = await createCopilot()

  it('end leases that they would not have given, of all accounts', async () => {
    await facts({ arr: 180_000, segment: 'mid' }, 'beta')
    await signal('pulse', 'healthy', 0.9, { account: 'beta' })
    const leases = [(await allowed()).body.lease, (await allowed({ account: 'beta' })).body.lease]
    const strict = load(rulesWith(['autonomy: supervised', 'autonomy: copilot']))
    const activation = await activate(app.db, strict, how, app.now())
    const [row] = await stirs(databaseUrl)
    expect(JSON.parse(row!.payload)).toEqual({ activation: activation.sequence })
    // This process has not heard of it yet.
    expect(await recheckLeases(app, row!.id, { activation: activation.sequence })).toBe(app.now() + 200)
    app.rules.follow(activation, strict)
    expect(await recheckLeases(app, row!.id, { activation: activation.sequence })).toBeNull()
    expect(await stirs(databaseUrl)).toEqual([])
    const rows = await execute<{ status: string }>(databaseUrl, 'SELECT status FROM leases')
    expect(rows.map(({ status }) => status)).toEqual(['revoked', 'revoked'])
    for (const { token } of leases) {
      expect((await redeem(token)).body.detail).toMatch(/csm decides on (that|send expansion email) every time/)
    }
  })

  it('count from the moment they are active, also where a process has not heard of them', async () => {
    const lenient = load(rulesWith())
    app.rules.follow(await activate(app.db, lenient, how, app.now()), lenient)
    const [first, second] = [(await allowed()).body.lease, (await allowed()).body.lease]
    await activate(app.db, load(rulesWith(['autonomy: supervised', 'autonomy: off_limits'])), how, app.now())
    expect(app.rules.active.hash).toBe(lenient.hash)
    expect((await redeem(first.token)).body.detail).toContain('it is denied now')
    expect(app.rules.active.hash).not.toBe(lenient.hash)
    expect((await redeem(second.token)).body.code).toBe('lease_revoked')
  })

  it('count, whoever hears of them first', async () => {
    const lenient = load(rulesWith())
    app.rules.follow(await activate(app.db, lenient, how, app.now()), lenient)
    const { lease } = (await allowed()).body
    const next = load(rulesWith(['sampleRate: 0.1', 'sampleRate: 0.2']))
    const activation = await activate(app.db, next, how, app.now())
    const { submit } = app.desk
    const heard: App = {
      ...app,
      desk: {
        ...app.desk,
        async submit(work) {
          const done = await submit(work)
          app.rules.follow(activation, next)
          return done
        },
      },
    }
    expect(await redeemLease(heard, COPILOT, { token: lease.token })).toMatchObject({ verdict: 'go' })
  })

  it('are waited for by who looks at leases again, so that older ones end none', async () => {
    const strict = load(rulesWith(['autonomy: supervised', 'autonomy: copilot']))
    app.rules.follow(await activate(app.db, strict, how, app.now()), strict)
    const lenient = load(rulesWith())
    const activation = await activate(app.db, lenient, how, app.now())
    const other = await createTestApp({ databaseUrl })
    other.app.rules.follow(activation, lenient)
    const { lease } = await checkAction(other.app, COPILOT, SEND)
    expect(await recheckLeases(app, 0, { account: SEND.account })).toBe(app.now() + 200)
    expect((await redeem(lease!.token)).status).toBe(200)
  })

  it('that say something else of an action end leases on it', async () => {
    const lenient = load(rulesWith())
    app.rules.follow(await activate(app.db, lenient, how, app.now()), lenient)
    const { lease } = (await allowed()).body
    const tagged = load(rulesWith(['tags: [customer_facing]', 'tags: [customer_facing, expansion]']))
    app.rules.follow(await activate(app.db, tagged, how, app.now()), tagged)
    // What cooldowns count of it is by its tags.
    expect((await redeem(lease.token)).body.detail).toContain(
      'the rules have changed the tags of `send_expansion_email`',
    )
  })

  it('that have no such action any more say so', async () => {
    const lenient = load(rulesWith())
    app.rules.follow(await activate(app.db, lenient, how, app.now()), lenient)
    const { lease } = (await allowed()).body
    const renamed = load(rulesWith(['  send_expansion_email:', '  mail:'], ['[send_expansion_email]', '[mail]']))
    app.rules.follow(await activate(app.db, renamed, how, app.now()), renamed)
    expect((await redeem(lease.token)).body.detail).toContain(
      'the rules have no `send_expansion_email` under `expansion-outreach` any more',
    )
  })
})

describe('rules', async () => {
  const { app, allowed, redeem, databaseUrl } = await createCopilot()

  it('that can not be read here tell nobody to go', async () => {
    const { lease } = (await allowed()).body
    const { activation, active } = app.rules
    const next = load(rulesWith(['sampleRate: 0.1', 'sampleRate: 0.2']))
    await activate(app.db, next, how, app.now())
    await execute(databaseUrl, `UPDATE rulesets SET content = '[' WHERE hash = $1`, [next.hash])
    expect((await redeem(lease.token)).body).toMatchObject({
      status: 503,
      code: 'unavailable',
      detail: 'the active rules can not be read here, so nobody is told to go; try again',
    })
    expect(app.rules.activation).toEqual(activation)
    await execute(databaseUrl, 'UPDATE rulesets SET content = $2 WHERE hash = $1', [next.hash, next.content])
    expect((await redeem(lease.token)).status).toBe(200)
    expect(app.rules.active.hash).not.toBe(active.hash)
  })

  it('whose entry has been erased are none', async () => {
    const { lease } = (await allowed()).body
    const { sequence } = await activate(app.db, load(rulesWith(['sampleRate: 0.1', 'sampleRate: 0.3'])), how, app.now())
    await execute(databaseUrl, `DELETE FROM audit_payloads WHERE stream = 'rulesets' AND sequence = $1`, [sequence])
    expect((await redeem(lease.token)).status).toBe(200)
  })
})

for (const { name, available, start } of BACKENDS) {
  describe.skipIf(!available)(`a contradicting signal, with queues on ${name}`, async () => {
    const redis = available ? await start() : null
    const copilot = await createCopilot()
    const { app, allowed, signal, databaseUrl } = copilot
    startWorker(copilot, {
      redis,
      now: app.now,
      handlers: { recheckLeases: (outbox, stir) => recheckLeases(app, outbox, stir) },
    })

    it('revokes a lease though nobody redeems it', async () => {
      const { lease } = (await allowed()).body
      await signal('churn-radar', 'churn_risk', 0.98)
      const statuses = () =>
        execute<{ status: string }>(databaseUrl, 'SELECT status FROM leases WHERE id = $1', [lease.id])
      await eventually(async () => (await statuses())[0]?.status === 'revoked')
      await eventually(async () => (await stirs(databaseUrl)).length === 0)
      expect(await statuses()).toEqual([{ status: 'revoked' }])
    })
  })
}
