import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { putAccount } from '../../src/app/accounts.ts'
import { adjudicate } from '../../src/app/adjudications.ts'
import { patchAgent } from '../../src/app/agents.ts'
import { listAudit, verifyAudit } from '../../src/app/audit.ts'
import { getAdjudication, recompute } from '../../src/app/history.ts'
import type { Principal } from '../../src/app/principal.ts'
import { ingestSignals } from '../../src/app/signals.ts'
import { createTestApp, START } from './app.ts'
import { execute } from './database.ts'

const admin: Principal = { name: 'admin', kind: 'service', scopes: new Set(['admin']), agents: null }
const { app, databaseUrl, pass } = await createTestApp()

const AGENTS = ['churn-radar', 'pulse', 'usage', 'support', 'renewals', 'stranger'] as const
for (const agent of AGENTS.slice(0, -1)) await patchAgent(app, admin, agent, { mode: 'live', trust: 0.9 })

const fraction = fc.double({ min: 0, max: 1, noNaN: true })
const signal = fc.record({
  agent: fc.constantFrom(...AGENTS),
  claim: fc.constantFrom('churn_risk', 'healthy', 'unmapped'),
  confidence: fc.option(fraction, { nil: undefined }),
  observedAt: fc.integer({ min: 0, max: 90 * 24 * 60 }).map((age) => new Date(START - age * 60_000).toISOString()),
  expiresAt: fc.option(fc.constant(new Date(START + 3_600_000).toISOString()), { nil: undefined }),
})
const situation = fc.record({
  arr: fc.double({ min: 0, max: 5e6, noNaN: true }),
  flags: fc.subarray(['procurement_dispute', 'reference']),
  signals: fc.array(signal, { maxLength: 8 }),
  overlay: fc.option(fc.record({ arr: fc.integer({ min: 0, max: 1_000_000 }) }), { nil: undefined }),
  proposal: fc.option(fc.constantFrom('send_expansion_email', 'wait'), { nil: undefined }),
  later: fc.integer({ min: 0, max: 7_200_000 }),
})

describe('what is stored', () => {
  it('recomputes 1,000 random adjudications to the last digit', async () => {
    const situations = fc.sample(situation, { numRuns: 1000, seed: 20261120 })
    const ids: string[] = []
    for (let from = 0; from < situations.length; from += 100) {
      const made = situations.slice(from, from + 100).map(async (one, i) => {
        const account = `random-${from + i}`
        await putAccount(app, admin, account, {
          facts: { arr: one.arr, segment: 'smb', flags: one.flags, onboardedAt: '2025-01-01T00:00:00Z' },
        })
        const signals = one.signals.map((said, k) => ({ ...said, id: `s${k}`, account }))
        const results = await ingestSignals(app, admin, signals)
        expect(results.map((result) => result.status)).toEqual(signals.map(() => 'accepted'))
        const { id } = await adjudicate(app, admin, {
          account,
          decision: 'expansion-outreach',
          ...(one.overlay && { facts: one.overlay }),
          ...(one.proposal && { proposal: { agent: 'renewal-copilot', action: one.proposal } }),
        })
        return id!
      })
      ids.push(...(await Promise.all(made)))
      pass(situations[from]!.later)
    }
    // What happens later must not reach back: agents change, facts change, the clock moves on.
    await patchAgent(app, admin, 'pulse', { trust: 0.1 })
    await putAccount(app, admin, 'random-0', { facts: { arr: 1 } })
    pass(30 * 24 * 3_600_000)

    for (const id of ids) expect(await recompute(app, id)).toEqual({ identical: true, differences: [] })
  })

  it('names each figure that was tampered with', async () => {
    const { id } = await adjudicate(app, admin, { account: 'random-1', decision: 'expansion-outreach' })
    const [row] = await execute<{ stream: string; sequence: string; payload: string }>(
      databaseUrl,
      `SELECT p.stream, p.sequence, p.payload FROM adjudications a
       JOIN audit_payloads p ON p.stream = 'account:' || a.account_id AND p.sequence = a.sequence WHERE a.id = $1`,
      [id],
    )
    const record = JSON.parse(row!.payload)
    record.body.figures.regret += 1
    record.body.figures.beliefs[0] /= 2
    await execute(databaseUrl, 'UPDATE audit_payloads SET payload = $1 WHERE stream = $2 AND sequence = $3', [
      JSON.stringify(record),
      row!.stream,
      row!.sequence,
    ])
    const { identical, differences } = await recompute(app, id!)
    expect(identical).toBe(false)
    expect(differences.map((difference) => difference.path)).toEqual(['beliefs.0', 'regret'])

    expect(await verifyAudit(app, { stream: row!.stream })).toMatchObject({
      ok: false,
      stream: row!.stream,
      sequence: Number(row!.sequence),
      reason: 'the payload is not the one that was recorded',
    })
    await execute(databaseUrl, 'UPDATE audit_payloads SET payload = $1 WHERE stream = $2 AND sequence = $3', [
      row!.payload,
      row!.stream,
      row!.sequence,
    ])
    expect(await verifyAudit(app, { stream: row!.stream })).toMatchObject({ ok: true })
  })

  it('answers as it did when it is read again', async () => {
    const { id, body } = await adjudicate(app, admin, {
      account: 'random-2',
      decision: 'expansion-outreach',
      proposal: { agent: 'renewal-copilot', action: 'wait' },
    })
    pass(3_600_000)
    expect(await getAdjudication(app, id!)).toEqual(JSON.parse(body))
  })
})

describe('the audit trail', () => {
  const stream = 'account:trail'
  const change = (column: string, value: string, sequence: number) =>
    execute(databaseUrl, `UPDATE audit_entries SET ${column} = ${value} WHERE stream = $1 AND sequence = $2`, [
      stream,
      sequence,
    ])

  it('has an entry for all that can change an answer', async () => {
    await putAccount(app, admin, 'trail', { facts: { arr: 1000, segment: 'smb' } })
    await ingestSignals(app, admin, [{ id: '1', agent: 'pulse', account: 'trail', claim: 'healthy', confidence: 0.9 }])
    await adjudicate(app, admin, { account: 'trail', decision: 'expansion-outreach' })
    const { items } = await listAudit(app, { stream, limit: 200 })
    expect(items).toMatchObject([
      { sequence: 1, kind: 'facts', payload: { body: { by: 'admin', changed: { arr: 1000 } } } },
      { sequence: 2, kind: 'signal', payload: { body: { by: 'admin', signal: { id: '1', confidence: 0.9 } } } },
      { sequence: 3, kind: 'adjudication', payload: { body: { by: 'admin', facts: 1, signals: [2] } } },
    ])
    expect(await verifyAudit(app, {})).toMatchObject({ ok: true })
  })

  it.each([
    ['a hash', 'hash', `sha256('forged')`, 'the hash is not that of the entry and the one before it'],
    ['a digest', 'digest', `sha256('forged')`, 'the hash is not that of the entry and the one before it'],
    ['a kind', 'kind', `'facts'`, 'kind or time is not the one that was recorded'],
    ['a time', 'at', `at - interval '1 day'`, 'kind or time is not the one that was recorded'],
  ])('names the entry of which %s was changed', async (_what, column, forged, reason) => {
    const [before] = await execute<Record<string, unknown>>(
      databaseUrl,
      'SELECT * FROM audit_entries WHERE stream = $1 AND sequence = 2',
      [stream],
    )
    await change(column, forged, 2)
    const found = await verifyAudit(app, { stream })
    await execute(databaseUrl, `UPDATE audit_entries SET ${column} = $1 WHERE stream = $2 AND sequence = 2`, [
      before![column],
      stream,
    ])
    expect(found).toEqual({ ok: false, entries: 1, stream, sequence: 2, reason })
    expect(await verifyAudit(app, { stream })).toMatchObject({ ok: true, entries: 3 })
  })

  it('names an entry that was taken out', async () => {
    await execute(databaseUrl, `UPDATE audit_entries SET stream = 'elsewhere' WHERE stream = $1 AND sequence = 2`, [
      stream,
    ])
    expect(await verifyAudit(app, { stream })).toMatchObject({ ok: false, sequence: 2, reason: 'entry 2 is missing' })
    await execute(databaseUrl, `UPDATE audit_entries SET stream = $1 WHERE stream = 'elsewhere'`, [stream])
  })

  it('holds when payloads are erased, and says so', async () => {
    const { id } = await adjudicate(app, admin, { account: 'trail', decision: 'expansion-outreach' })
    await execute(databaseUrl, 'DELETE FROM audit_payloads WHERE stream = $1', [stream])
    expect(await verifyAudit(app, { stream })).toEqual({ ok: true, entries: 4, streams: 1, redacted: 4 })
    await expect(getAdjudication(app, id!)).rejects.toMatchObject({ code: 'redacted' })
    const { items } = await listAudit(app, { stream, limit: 10 })
    expect(items[3]).toMatchObject({ kind: 'adjudication', payload: null, redacted: true })
  })

  it('can not be rewritten by the service itself', async () => {
    for (const forgery of [
      'UPDATE audit_entries SET kind = kind',
      'DELETE FROM audit_entries',
      'UPDATE audit_payloads SET payload = payload',
      'DELETE FROM audit_payloads',
      'UPDATE signals SET confidence = 1',
      'TRUNCATE audit_entries',
    ]) {
      await expect(execute(databaseUrl, `SET ROLE umpire_app; ${forgery}`)).rejects.toThrow(/permission denied/)
    }
  })
})
