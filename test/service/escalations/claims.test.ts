import { describe, expect, it } from 'vitest'
import { putAccount } from '../../../src/app/accounts.ts'
import { verifyAudit } from '../../../src/app/audit.ts'
import { claimNext } from '../../../src/app/escalations/claim-next.ts'
import {
  claimEscalation,
  commentOnEscalation,
  reassignEscalation,
  releaseEscalation,
} from '../../../src/app/escalations/claims.ts'
import { tick } from '../../../src/app/escalations/clocks.ts'
import { getEscalation, listEscalations } from '../../../src/app/escalations/reading.ts'
import { resolveEscalation } from '../../../src/app/escalations/resolve.ts'
import { findEscalation } from '../../../src/storage/escalations.ts'
import { createTestApp } from '../app.ts'
import { execute } from '../database.ts'
import { admin, ben, createCases, HOUR, MINUTE, maria, person, REVIEW_RULES } from './reviewing.ts'

const first = await createTestApp({ rules: REVIEW_RULES })
const { app, databaseUrl } = first
/** Another process on the same database, whose clock they share. */
const second = await createTestApp({ rules: REVIEW_RULES, databaseUrl })
const { app: other } = second
const pass = (milliseconds: number) => {
  for (const process of [first, second]) process.pass(milliseconds)
}
const { ask, say, open, steps, body, events } = createCases(app, databaseUrl)

const iso = (time: number) => new Date(time).toISOString()

describe('an item', () => {
  it('is claimed, commented on and given back, all of it in its history', async () => {
    const id = await open('worked')
    expect(await claimEscalation(app, maria, id, {})).toMatchObject({
      status: 'claimed',
      claimedBy: 'maria',
      claimedUntil: iso(app.now() + 15 * MINUTE),
    })
    await commentOnEscalation(app, ben, id, { comment: 'Ask Ada\nfirst' })
    expect(await releaseEscalation(app, maria, id, {})).toMatchObject({ status: 'open', claimedBy: null })
    const { history } = await getEscalation(app, id)
    expect(history).toMatchObject([
      { kind: 'opened', by: 'admin' },
      { kind: 'claimed', by: 'maria' },
      { kind: 'commented', by: 'ben', comment: 'Ask Ada\nfirst' },
      { kind: 'released', by: 'maria' },
    ])
    expect(await verifyAudit(app, { stream: 'account:worked' })).toMatchObject({ ok: true })
  })

  it('shows what was done last, however much there was', async () => {
    const id = await open('talkative')
    for (let i = 0; i < 510; i += 51) {
      await Promise.all(
        Array.from({ length: 51 }, (_, k) => commentOnEscalation(app, ben, id, { comment: `${i + k}` })),
      )
    }
    const { history } = await getEscalation(app, id)
    expect(history).toHaveLength(500)
    const shown = history.slice(-459).map(({ comment }) => Number(comment))
    expect(shown.sort((a, b) => a - b)).toEqual(Array.from({ length: 459 }, (_, i) => i + 51))
  })

  it('is refused to others, who are told who holds it and until when', async () => {
    const id = await open('held')
    await claimEscalation(app, maria, id, {})
    const until = iso(app.now() + 15 * MINUTE)
    const refused = [
      () => claimEscalation(app, ben, id, {}),
      () => releaseEscalation(app, ben, id, {}),
      () => reassignEscalation(app, ben, id, { assignee: 'ben' }),
      () => resolveEscalation(app, ben, id, { resolution: 'uphold', reason: 'agreed' }),
    ]
    for (const step of refused) {
      await expect(step()).rejects.toMatchObject({
        code: 'already_claimed',
        message: expect.stringContaining(`\`maria\` holds escalation \`${id}\` until ${until}`),
      })
    }
    expect(await steps(id)).toEqual(['adjudication', 'claimed'])
  })

  it('is kept by whatever its holder does with it', async () => {
    const id = await open('renewed')
    await claimEscalation(app, maria, id, {})
    pass(10 * MINUTE)
    expect(await commentOnEscalation(app, maria, id, { comment: 'On it' })).toMatchObject({
      claimedUntil: iso(app.now() + 15 * MINUTE),
    })
    pass(10 * MINUTE)
    await expect(claimEscalation(app, ben, id, {})).rejects.toMatchObject({ code: 'already_claimed' })
    expect(await body(id, 'commented')).toMatchObject({ by: 'maria', comment: 'On it', until: expect.any(String) })
  })

  it('is open again for everybody once a claim has lapsed, whether or not a clock has noticed', async () => {
    const id = await open('lapsed')
    await claimEscalation(app, maria, id, {})
    pass(15 * MINUTE)
    const open_ = { status: 'open', claimedBy: null, claimedUntil: null }
    expect(await getEscalation(app, id)).toMatchObject(open_)
    const listed = async (filter: object) =>
      (await listEscalations(app, { account: 'lapsed', ...filter }, { limit: 9 })).items.map((item) => item.id)
    expect(await listed({ status: 'open' })).toEqual([id])
    expect(await listed({})).toEqual([id])
    expect(await listed({ status: 'claimed' })).toEqual([])
    expect(await listed({ claimedBy: 'maria' })).toEqual([])
    expect(await claimEscalation(app, ben, id, {})).toMatchObject({ claimedBy: 'ben' })
    pass(15 * MINUTE)
    await tick(app, id)
    expect(await findEscalation(app.db, id)).toMatchObject(open_)
    expect(await body(id, 'lapsed')).toEqual({ by: 'umpire', escalation: id, holder: 'ben' })
  })

  it('is for whom it is assigned to, and given back to them', async () => {
    const id = await open('assigned')
    await claimEscalation(app, maria, id, {})
    const assigned = await reassignEscalation(app, maria, id, { assignee: 'ben', comment: 'Yours' })
    expect(assigned).toMatchObject({ assignee: 'ben', claimedBy: null, status: 'open' })
    expect((await getEscalation(app, id)).history.at(-1)).toMatchObject({
      kind: 'reassigned',
      changed: { assignee: { from: null, to: 'ben' } },
      comment: 'Yours',
    })
    const mine = await listEscalations(app, { assignee: 'ben' }, { limit: 9 })
    expect(mine.items.map((item) => item.id)).toEqual([id])
    expect(await claimEscalation(app, ben, id, {})).toMatchObject({ claimedBy: 'ben' })
    expect(await reassignEscalation(app, ben, id, { assignee: null })).toMatchObject({ assignee: null })
  })

  it('goes to another queue, and stays there when it is asked again', async () => {
    const id = await open('elsewhere')
    await reassignEscalation(app, maria, id, { assignee: 'ben' })
    expect(await reassignEscalation(app, maria, id, { queue: 'blind' })).toMatchObject({
      queue: 'blind',
      assignee: null,
    })
    expect((await getEscalation(app, id)).history.at(-1)).toMatchObject({
      kind: 'reassigned',
      changed: { assignee: { from: 'ben', to: null }, queue: { from: 'csm', to: 'blind' } },
    })
    await ask('elsewhere')
    expect(await findEscalation(app.db, id)).toMatchObject({ queue: 'blind', changes: 0 })
    await reassignEscalation(app, maria, id, { queue: 'csm', assignee: 'ada' })
    expect(await findEscalation(app.db, id)).toMatchObject({ queue: 'csm', assignee: 'ada' })
    await expect(reassignEscalation(app, maria, id, { queue: 'cms' })).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('no queue `cms`; it has `csm`'),
    })
  })

  it('that nobody holds can’t be given back', async () => {
    const id = await open('nobody')
    await expect(releaseEscalation(app, maria, id, {})).rejects.toMatchObject({ code: 'not_claimed' })
  })

  it('that is not there is not found', async () => {
    const id = app.newId()
    await expect(claimEscalation(app, maria, id, {})).rejects.toMatchObject({
      code: 'not_found',
      message: `no escalation \`${id}\``,
    })
  })

  it('is found where its account has gone', async () => {
    const id = await open('crm:moved')
    pass(MINUTE)
    await putAccount(app, admin, 'moved', { aliases: ['crm:moved'] })
    expect(await claimEscalation(app, maria, id, {})).toMatchObject({ account: 'moved', claimedBy: 'maria' })
    expect(await steps(id)).toEqual(['adjudication', 'alias', 'claimed'])
    expect((await getEscalation(app, id)).history.map(({ kind }) => kind)).toEqual(['opened', 'joined', 'claimed'])
  })

  it('that was closed or a sample when its account went is found, too', async () => {
    await say('crm:closed', 'pulse', 'healthy', 0.9)
    const { escalation: sample } = await ask('crm:closed', 'csm', { facts: { arr: 180_000, segment: 'smb' } })
    expect(sample.kind).toBe('sample')
    const id = await open('crm:closed')
    await resolveEscalation(app, maria, id, { resolution: 'dismiss', reason: 'stale' })
    await putAccount(app, admin, 'closed', { aliases: ['crm:closed'] })
    await expect(claimEscalation(app, maria, id, {})).rejects.toMatchObject({ code: 'already_resolved' })
    const upheld = await resolveEscalation(app, maria, sample.id, { resolution: 'uphold', reason: 'agreed' })
    expect(upheld).toMatchObject({ account: 'closed', status: 'resolved' })
    expect(await execute(databaseUrl, `SELECT account_id FROM rulings WHERE account_id LIKE '%closed'`)).toEqual([
      { account_id: 'closed' },
    ])
  })

  it('is followed to where its account goes at that very moment', async () => {
    const id = await open('crm:moving')
    const [, claimed] = await Promise.all([
      putAccount(other, admin, 'moving', { aliases: ['crm:moving'] }),
      claimEscalation(app, maria, id, {}),
    ])
    expect(claimed).toMatchObject({ id, claimedBy: 'maria' })
    expect(await getEscalation(app, id)).toMatchObject({ account: 'moving', claimedBy: 'maria' })
    expect(await verifyAudit(app, {})).toMatchObject({ ok: true })
  })
})

describe('who reviews', () => {
  it('is the holder of a person’s key, or whom an admin key names, and the trail has both', async () => {
    const id = await open('behalf')
    expect(await claimEscalation(app, admin, id, { reviewer: 'maria' })).toMatchObject({ claimedBy: 'maria' })
    expect(await body(id, 'claimed')).toMatchObject({ by: 'maria', key: 'admin' })
    await releaseEscalation(app, maria, id, { reviewer: 'maria' })
    expect(await body(id, 'released')).toEqual({ by: 'maria', escalation: id })
  })

  it.each([
    ['an admin key that names nobody', admin, {}, 'invalid_request'],
    ['a person who names another', maria, { reviewer: 'ben' }, 'forbidden'],
    ['a person without the scope', { ...maria, scopes: new Set(['read'] as const) }, {}, 'forbidden'],
    ['a service', { ...maria, kind: 'service' as const }, {}, 'forbidden'],
    ['an agent', { ...maria, kind: 'agent' as const, scopes: new Set(['admin'] as const) }, {}, 'forbidden'],
  ])('is not %s', async (_who, principal, request, code) => {
    const id = app.newId()
    await expect(claimEscalation(app, principal, id, request)).rejects.toMatchObject({ code })
  })
})

describe('claim next', () => {
  const ids = async (queue: string) =>
    (
      await execute<{ id: string }>(databaseUrl, `SELECT id FROM escalations WHERE queue = $1 ORDER BY id`, [queue])
    ).map(({ id }) => id)

  it('gives each of a hundred reviewers in two processes an item of their own, and nothing to those who come too late', async () => {
    for (let i = 0; i < 10; i++) await open(`race-${i}`, 'stuck')
    const racers = Array.from({ length: 100 }, (_, i) =>
      claimNext(i % 2 ? app : other, person(`racer-${i}`), 'stuck', {}).then((item) => item?.id),
    )
    const won = (await Promise.all(racers)).filter((id) => id !== undefined)
    expect(won.sort()).toEqual(await ids('stuck'))
    const claims = await execute(
      databaseUrl,
      `SELECT 1 FROM audit_entries WHERE kind = 'escalation.claimed' AND stream LIKE 'account:race-%'`,
    )
    expect(claims).toHaveLength(10)
    expect(await verifyAudit(app, {})).toMatchObject({ ok: true })
  })

  it('gives one item to one of a hundred who want just that', async () => {
    const id = await open('wanted')
    const racers = Array.from({ length: 100 }, (_, i) =>
      claimEscalation(i % 2 ? app : other, person(`racer-${i}`), id, {}),
    )
    const results = await Promise.allSettled(racers)
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'already_claimed' })
    }
    expect(await steps(id)).toEqual(['adjudication', 'claimed'])
  })

  it('goes by priority, then by what is due first', async () => {
    const late = await open('next-late', 'loop')
    pass(MINUTE)
    const later = await open('next-later', 'loop')
    pass(MINUTE)
    const urgent = await open('next-urgent', 'loop')
    await execute(databaseUrl, 'UPDATE escalations SET priority = 90 WHERE id = $1', [urgent])
    const next = async () => (await claimNext(app, maria, 'loop', {}))?.id
    expect([await next(), await next(), await next(), await next()]).toEqual([urgent, late, later, undefined])
  })

  it('leaves what is for others to them, and takes up what has lapsed', async () => {
    pass(5 * MINUTE)
    const [first] = (await listEscalations(app, { queue: 'loop' }, { limit: 1 })).items
    await reassignEscalation(app, maria, first!.id, { assignee: 'ada' })
    const forBen = [await claimNext(app, ben, 'loop', {}), await claimNext(app, ben, 'loop', {})]
    expect(forBen.map((item) => item?.id)).not.toContain(first!.id)
    expect(forBen.every((item) => item?.claimedBy === 'ben')).toBe(true)
    expect(await claimNext(app, ben, 'loop', {})).toBeNull()
    expect(await claimNext(app, person('ada'), 'loop', {})).toMatchObject({ id: first!.id, claimedBy: 'ada' })
  })

  it('gives anybody what has become overdue in the hands of one', async () => {
    const id = await open('overdue-named', 'loop')
    await reassignEscalation(app, maria, id, { assignee: 'ada' })
    expect(await claimNext(app, ben, 'loop', {})).toBeNull()
    pass((await findEscalation(app.db, id))!.dueAt - app.now())
    const taken: unknown[] = []
    for (let item = await claimNext(app, ben, 'loop', {}); item; item = await claimNext(app, ben, 'loop', {})) {
      taken.push(item.id)
    }
    expect(taken).toContain(id)
  })

  it('gives one reviewer who asks twice at once two items', async () => {
    const both = [await open('twice-1', 'auto'), await open('twice-2', 'auto')]
    const next = () => claimNext(app, maria, 'auto', {})
    const items = await Promise.all([next(), next(), next()])
    expect(items.flatMap((item) => (item ? [item.id] : [])).sort()).toEqual(both.sort())
  })

  it('has nothing in a queue that nobody knows', async () => {
    await expect(claimNext(app, maria, 'nowhere', {})).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('no queue `nowhere`; it has `csm`'),
    })
  })
})

describe('time and people', () => {
  it('who resolve after their lease has lapsed lose to who has claimed since, and are told', async () => {
    const id = await open('late')
    await claimEscalation(app, maria, id, {})
    pass(15 * MINUTE)
    const uphold = { resolution: 'uphold', reason: 'agreed' } as const
    const [resolved, claimed] = await Promise.allSettled([
      resolveEscalation(app, maria, id, uphold),
      claimEscalation(other, ben, id, {}),
    ])
    const item = await findEscalation(app.db, id)
    if (resolved.status === 'fulfilled') {
      expect(item).toMatchObject({ status: 'resolved', resolution: { by: 'maria' } })
      expect(claimed).toMatchObject({ status: 'rejected', reason: { code: 'already_resolved' } })
    } else {
      expect(item).toMatchObject({ claimedBy: 'ben' })
      expect(resolved).toMatchObject({ reason: { code: 'already_claimed' } })
    }
  })

  it('lets a lapsed claim be resolved by its holder where nobody has claimed since', async () => {
    const id = await open('late-alone')
    await claimEscalation(app, maria, id, {})
    pass(HOUR)
    await tick(app, id)
    expect(await resolveEscalation(app, maria, id, { resolution: 'uphold', reason: 'agreed' })).toMatchObject({
      status: 'resolved',
    })
    expect(await events(id)).toEqual(['escalation.opened', 'escalation.resolved'])
  })
})
