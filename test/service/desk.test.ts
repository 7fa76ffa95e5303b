import pg from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { getAccount, putAccount } from '../../src/app/accounts.ts'
import { adjudicate } from '../../src/app/adjudications.ts'
import { getAgent, patchAgent } from '../../src/app/agents.ts'
import { verifyAudit } from '../../src/app/audit.ts'
import { createDesk } from '../../src/app/desk.ts'
import type { Principal } from '../../src/app/principal.ts'
import { ingestSignals } from '../../src/app/signals.ts'
import { GENESIS, link } from '../../src/storage/chain.ts'
import { connect } from '../../src/storage/open.ts'
import { createTestApp } from './app.ts'
import { execute } from './database.ts'

const admin: Principal = { name: 'admin', kind: 'service', scopes: new Set(['admin']), agents: null }
const first = await createTestApp()
const { app, databaseUrl } = first
/** Another process on the same database. */
const { app: other } = await createTestApp({ databaseUrl })

/** One lane, so that what is submitted at once is one batch. */
const store = connect({ connectionString: databaseUrl }, { onError: () => {} })
const single = { ...app, desk: createDesk({ pool: store.desk, now: app.now, lanes: 1 }) }
afterAll(async () => {
  await single.desk.drained()
  await store.close()
})

const signal = (account: string, id: string, fields: object = {}) => ({
  id,
  agent: 'pulse',
  account,
  claim: 'healthy',
  confidence: 0.9,
  ...fields,
})
const say = (account: string, id: string, on = app) => ingestSignals(on, admin, [signal(account, id)])
const idsOf = async (account: string) =>
  (await getAccount(app, account)).signals.map((one) => (one as { id: string }).id)
const entries = (stream: string) =>
  execute<{ kind: string }>(databaseUrl, 'SELECT kind FROM audit_entries WHERE stream = $1 ORDER BY sequence', [stream])

/** Holds up all commits, until as many as there are in `works` have loaded what they need and wait, in their order. */
async function atOnce<T>(...works: (() => Promise<T>)[]): Promise<PromiseSettledResult<T>[]> {
  const gate = new pg.Client({ connectionString: databaseUrl })
  await gate.connect()
  await gate.query('BEGIN; LOCK TABLE audit_entries IN EXCLUSIVE MODE')
  const running: Promise<T>[] = []
  for (const work of works) {
    running.push(work())
    for (let waiting = 0; waiting < running.length; ) {
      const { rows } = await gate.query(
        `SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted AND relation = 'audit_entries'::regclass`,
      )
      waiting = rows[0].n
    }
  }
  await gate.query('COMMIT')
  await gate.end()
  return Promise.allSettled(running)
}

describe('an alias that joins', () => {
  it('takes along what is said of it at the same moment, in one batch', async () => {
    await say('crm:batch', 'before')
    const [, results] = await Promise.all([
      putAccount(single, admin, 'batch', { aliases: ['crm:batch'] }),
      say('crm:batch', 'after', single),
      putAccount(single, admin, 'crm:batch', { facts: { arr: 1 }, aliases: ['crm:batch'] }),
    ])
    expect(results).toMatchObject([{ status: 'accepted' }])
    expect(await getAccount(app, 'batch')).toMatchObject({ aliases: ['crm:batch'], facts: { arr: 1 } })
    expect(await idsOf('batch')).toEqual(['after'])
    await expect(say('crm:batch', 'before')).resolves.toMatchObject([{ status: 'duplicate' }])
    expect((await entries('account:crm:batch')).map(({ kind }) => kind)).toEqual(['signal', 'joined'])
  })

  it.each([
    ['before', ['known']],
    ['for the first time', []],
  ])('takes along what another process takes in at that moment, of one heard of %s', async (_when, known) => {
    const alias = `crm:race-${known.length}`
    const account = `race-${known.length}`
    for (const id of known) await say(alias, id)
    const write = () => ingestSignals(other, admin, [signal(alias, 'new', { claim: 'expansion_ready' })])
    const join = () => putAccount(app, admin, account, { aliases: [alias] })
    for (const result of await atOnce<unknown>(join, write)) expect(result.status).toBe('fulfilled')
    expect((await idsOf(account)).sort()).toEqual([...known, 'new'].sort())
    expect(await verifyAudit(app, {})).toMatchObject({ ok: true })
  })

  it('keeps what was sent of a signal that arrived just before it', async () => {
    const evidence = [{ label: 'Logins up' }]
    const late = signal('crm:late', 's1', { evidence })
    const write = () => ingestSignals(other, admin, [late])
    const join = () => putAccount(app, admin, 'late', { aliases: ['crm:late'] })
    for (const result of await atOnce<unknown>(write, join)) expect(result.status).toBe('fulfilled')
    expect((await getAccount(app, 'late')).signals).toMatchObject([{ id: 's1', untrusted: { evidence } }])
    expect(await ingestSignals(app, admin, [late])).toMatchObject([{ status: 'duplicate' }])
  })
})

describe('a signal twice in one question', () => {
  const ask = (...signals: object[]) =>
    adjudicate(app, admin, {
      account: 'twice',
      decision: 'expansion-outreach',
      signals: signals.map((fields) => ({ id: 't1', agent: 'pulse', claim: 'healthy', ...fields })),
    })

  it('is refused with other content, and nothing of the question is kept', async () => {
    await expect(ask({ confidence: 0.9 }, { confidence: 0.8 })).rejects.toMatchObject({ code: 'signal_conflict' })
    expect(await entries('account:twice')).toEqual([])
  })

  it('is taken in once', async () => {
    await ask({ confidence: 0.9 }, { confidence: 0.9 })
    expect(await idsOf('twice')).toEqual(['t1'])
  })
})

describe('the desk', () => {
  it('keeps nothing of a request that fails after it has written, and all of the others', async () => {
    const write = (account: string, fails: boolean) =>
      single.desk.submit({
        accounts: [account],
        serve(book) {
          book.account(account).append('note', {})
          if (fails) throw new Error('half done')
        },
      })
    const results = await Promise.allSettled([write('fine', false), write('half', true), write('good', false)])
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(results[1]).toMatchObject({ reason: { message: 'half done' } })
    expect(await entries('account:half')).toEqual([])
    expect(await entries('account:good')).toHaveLength(1)
    expect(await entries('account:fine')).toHaveLength(1)
  })

  it('asks to try again later where others are always quicker', async () => {
    await say('contended', 's1')
    const stale = app.desk.submit({
      accounts: ['contended'],
      serve: (book) => book.writes.append(link('account:contended', GENESIS, 'note', book.at, {})),
    })
    await expect(stale).rejects.toMatchObject({ code: 'overloaded' })
  })

  it('decides again where its commit and another wait for one another', async () => {
    const rival = new pg.Client({ connectionString: databaseUrl })
    await rival.connect()
    await rival.query(`SET deadlock_timeout = '1min'; BEGIN`)
    const insert = (stream: string) =>
      rival.query(
        `INSERT INTO audit_entries (stream, sequence, kind, at, digest, hash) VALUES ($1, 1, 'note', now(), '', '')`,
        [stream],
      )
    await insert('account:dead-2')
    const written = app.desk.submit({
      accounts: ['dead-1', 'dead-2'],
      serve: (book) => ['dead-1', 'dead-2'].map((name) => book.account(name).append('note', {}).sequence),
    })
    for (let waiting = false; !waiting; ) {
      const { rows } = await rival.query('SELECT 1 FROM pg_locks WHERE NOT granted')
      waiting = rows.length > 0
    }
    await insert('account:dead-1')
    await rival.query('ROLLBACK')
    await rival.end()
    expect(await written).toEqual([1, 1])
  })
})

describe('an agent', () => {
  it('is changed by two at once, each in its own way', async () => {
    await Promise.all([
      patchAgent(app, admin, 'changed', { trust: 0.9 }),
      patchAgent(other, admin, 'changed', { kind: 'copilot' }),
    ])
    expect(await getAgent(app, 'changed')).toMatchObject({ trust: 0.9, kind: 'copilot' })
  })

  it('is changed while it speaks for the first time', async () => {
    const speak = () => ingestSignals(other, admin, [signal('spoken', 's1', { agent: 'newcomer' })])
    const change = () => patchAgent(app, admin, 'newcomer', { trust: 0.9 })
    for (const result of await atOnce<unknown>(speak, change)) expect(result.status).toBe('fulfilled')
    expect(await getAgent(app, 'newcomer')).toMatchObject({ trust: 0.9 })
    expect(await verifyAudit(app, { stream: 'agent:newcomer' })).toMatchObject({ ok: true })
  })
})
