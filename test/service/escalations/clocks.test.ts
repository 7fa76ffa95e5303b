import { describe, expect, it } from 'vitest'
import { verifyAudit } from '../../../src/app/audit.ts'
import { claimEscalation, releaseEscalation } from '../../../src/app/escalations/claims.ts'
import { tick } from '../../../src/app/escalations/clocks.ts'
import { getEscalation } from '../../../src/app/escalations/reading.ts'
import { resolveEscalation } from '../../../src/app/escalations/resolve.ts'
import { findEscalation } from '../../../src/storage/escalations.ts'
import { createTestApp } from '../app.ts'
import { execute } from '../database.ts'
import { createCases, HOUR, MINUTE, maria, REVIEW_RULES } from './reviewing.ts'

const first = await createTestApp({ rules: REVIEW_RULES })
const { app, databaseUrl } = first
/** Another process on the same database, whose clock they share. */
const second = await createTestApp({ rules: REVIEW_RULES, databaseUrl })
const { app: other } = second
const pass = (milliseconds: number) => {
  for (const process of [first, second]) process.pass(milliseconds)
}
const { ask, open, steps, body, events } = createCases(app, databaseUrl)
const item = async (id: string) => (await findEscalation(app.db, id))!
const UPHOLD = { resolution: 'uphold', reason: 'agreed' } as const

describe('the clock of an item', () => {
  it('reminds at half of the time and marks what is overdue, once each however often it is looked at', async () => {
    const id = await open('kept')
    const start = app.now()
    expect(await tick(app, id)).toBe(start + 4 * HOUR)
    expect(await steps(id)).toEqual(['adjudication'])
    pass(4 * HOUR)
    expect(await Promise.all([tick(app, id), tick(other, id), tick(app, id)])).toEqual(Array(3).fill(start + 8 * HOUR))
    pass(4 * HOUR)
    expect(await Promise.all([tick(app, id), tick(other, id)])).toEqual([null, null])
    expect(await tick(app, id)).toBeNull()
    expect(await steps(id)).toEqual(['adjudication', 'reminded', 'overdue'])
    expect(await events(id)).toEqual(['escalation.opened', 'escalation.reminder', 'escalation.overdue'])
    expect(await item(id)).toMatchObject({ status: 'open', queue: 'csm', overdueAt: app.now(), tickAt: null })
    expect(await resolveEscalation(app, maria, id, UPHOLD)).toMatchObject({ status: 'resolved' })
  })

  it('that nobody looked at for long marks it as overdue and reminds nobody', async () => {
    const id = await open('forgotten')
    pass(100 * HOUR)
    await tick(app, id)
    expect(await steps(id)).toEqual(['adjudication', 'overdue'])
  })

  it('is none where there is no item, or a sample', async () => {
    expect(await tick(app, app.newId())).toBeNull()
    const { escalation } = await ask('sampled', 'auto', {
      facts: { arr: 180_000, segment: 'smb' },
      signals: [{ id: 's', agent: 'pulse', claim: 'healthy', confidence: 0.9 }],
    })
    expect(escalation.kind).toBe('sample')
    pass(100 * HOUR)
    expect(await tick(app, escalation.id)).toBeNull()
    expect(await item(escalation.id)).toMatchObject({ status: 'open', overdueAt: null })
  })

  it('wakes a worker each time that it is set', async () => {
    const id = await open('woken')
    await claimEscalation(app, maria, id, {})
    const rows = await execute<{ payload: string }>(
      databaseUrl,
      `SELECT payload FROM outbox WHERE topic = 'clock' AND account_id = 'woken' ORDER BY id`,
    )
    expect(rows.map(({ payload }) => JSON.parse(payload))).toEqual([
      { escalation: id, at: app.now() + 4 * HOUR },
      { escalation: id, at: app.now() + 15 * MINUTE },
    ])
  })
})

describe('a queue that raises what nobody decides', () => {
  it('gives it to another, once each, with time of its own', async () => {
    const id = await open('raised', 'stuck')
    pass(2 * HOUR)
    expect(await tick(app, id)).toBe(app.now() + 2 * HOUR)
    expect(await item(id)).toMatchObject({ queue: 'loop', priority: 80, dueAt: app.now() + 4 * HOUR, overdueAt: null })
    expect(await events(id)).toEqual(['escalation.opened', 'escalation.overdue', 'escalation.changed'])
    pass(4 * HOUR)
    await tick(app, id)
    expect(await item(id)).toMatchObject({ queue: 'leads', priority: 90, dueAt: app.now() + HOUR })
    pass(HOUR)
    expect(await tick(app, id)).toBeNull()
    expect(await item(id)).toMatchObject({ queue: 'leads', status: 'open', overdueAt: app.now() })
    const { history } = await getEscalation(app, id)
    expect(history.map(({ kind }) => kind)).toEqual(['opened', 'overdue', 'raised', 'overdue', 'raised', 'overdue'])
    expect(history[2]).toMatchObject({
      by: 'umpire',
      changed: { queue: { from: 'stuck', to: 'loop' }, priority: { from: 0, to: 80 } },
    })
    expect(await verifyAudit(app, { stream: 'account:raised' })).toMatchObject({ ok: true })
  })

  it('keeps what comes back to it', async () => {
    const id = await open('back', 'stuck')
    pass(2 * HOUR)
    await tick(app, id)
    await execute(databaseUrl, `UPDATE escalations SET queue = 'stuck' WHERE id = $1`, [id])
    pass(4 * HOUR)
    expect(await tick(app, id)).toBeNull()
    expect(await item(id)).toMatchObject({ queue: 'stuck', status: 'open', overdueAt: app.now(), tickAt: null })
  })

  it('waits for who works on it', async () => {
    const id = await open('busy', 'stuck')
    pass(2 * HOUR - MINUTE)
    await claimEscalation(app, maria, id, {})
    pass(MINUTE)
    expect(await tick(app, id)).toBe(app.now() + 14 * MINUTE)
    expect(await item(id)).toMatchObject({ queue: 'stuck', claimedBy: 'maria', overdueAt: app.now() })
    await releaseEscalation(app, maria, id, {})
    expect(await item(id)).toMatchObject({ tickAt: app.now() })
    await tick(app, id)
    expect(await item(id)).toMatchObject({ queue: 'loop', status: 'open' })
  })
})

describe('a queue that falls back', () => {
  it('records the action that does least harm at worst, and nothing stands of it', async () => {
    const id = await open('fallen', 'auto')
    pass(2 * HOUR)
    expect(await tick(app, id)).toBeNull()
    expect(await item(id)).toMatchObject({
      status: 'expired',
      closedAt: app.now(),
      resolution: {
        resolution: 'fallback',
        action: 'wait',
        recommended: 'wait',
        by: 'umpire',
        reason: 'nobody_decided_in_time',
      },
    })
    expect(await events(id)).toEqual(['escalation.opened', 'escalation.overdue', 'escalation.resolved'])
    expect(await execute(databaseUrl, `SELECT 1 FROM rulings WHERE account_id = 'fallen'`)).toEqual([])
    expect((await body(id, 'expired')).resolution).toMatchObject({ resolution: 'fallback', action: 'wait' })
    await expect(resolveEscalation(app, maria, id, UPHOLD)).rejects.toMatchObject({
      code: 'already_resolved',
      message: expect.stringContaining('nobody had decided in time'),
    })
    expect((await ask('fallen', 'auto')).escalation.id).not.toBe(id)
  })

  it('goes by what the decision names for it', async () => {
    const id = await open('named', 'named')
    pass(2 * HOUR)
    await tick(app, id)
    expect((await item(id)).resolution).toMatchObject({ action: 'send_expansion_email', recommended: 'wait' })
  })

  it('never takes the place of a person’s answer, whoever is quicker', async () => {
    const ids = await Promise.all(Array.from({ length: 10 }, (_, i) => open(`close-${i}`, 'auto')))
    pass(2 * HOUR)
    for (const id of ids) {
      const [answered] = await Promise.allSettled([
        resolveEscalation(app, maria, id, UPHOLD),
        tick(other, id),
        tick(app, id),
      ])
      const { status, resolution } = await item(id)
      if (answered!.status === 'fulfilled') expect([status, resolution?.by]).toEqual(['resolved', 'maria'])
      else expect([status, resolution?.by]).toEqual(['expired', 'umpire'])
      expect((await steps(id)).filter((kind) => kind === 'resolved' || kind === 'expired')).toHaveLength(1)
    }
    expect(await verifyAudit(app, {})).toMatchObject({ ok: true })
  })

  it('gives a person who holds it the time of their lease', async () => {
    const id = await open('in-hand', 'auto')
    pass(2 * HOUR - MINUTE)
    await claimEscalation(app, maria, id, {})
    pass(10 * MINUTE)
    await tick(app, id)
    expect(await item(id)).toMatchObject({ status: 'claimed', overdueAt: app.now() })
    expect(await resolveEscalation(app, maria, id, UPHOLD)).toMatchObject({ status: 'resolved' })
    expect(await tick(app, id)).toBeNull()
  })

  it('closes what its holder has let lapse', async () => {
    const id = await open('let-go', 'auto')
    pass(2 * HOUR - MINUTE)
    await claimEscalation(app, maria, id, {})
    pass(15 * MINUTE)
    await tick(app, id)
    expect(await steps(id)).toEqual(['adjudication', 'claimed', 'lapsed', 'overdue', 'expired'])
  })
})
