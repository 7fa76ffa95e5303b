import type { ServerResponse } from 'node:http'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it, vi } from 'vitest'
import {
  attemptDelivery,
  getDelivery,
  listDeliveries,
  replayDelivery,
  sweepDeliveries,
} from '../../../src/app/notices/deliveries.ts'
import { missingSecrets } from '../../../src/app/notices/targets.ts'
import { claimDelivery, pendingDeliveries, recordAttempt } from '../../../src/storage/deliveries.ts'
import { type Receiver, startReceiver } from './receiver.ts'
import { ADMIN, createTold, egressTo, SECRET } from './told.ts'

const HOUR = 3_600_000
const told = await createTold()
const { app, ask, handle, pass, logged } = told
const crm = await startReceiver()
const slack = await startReceiver()
const TOKEN = '/services/T000/B000/very-secret'
const ENV = { CRM_URL: `${crm.url}/umpire`, CRM_SECRET: SECRET, SLACK_URL: `${slack.url}${TOKEN}`, ASKER_URL: crm.url }
const egress = egressTo(ENV)
const address = `127.0.0.1:${crm.port}`

let accounts = 0
/** A delivery to the CRM, and one to Slack, of a new escalation. */
async function fresh(): Promise<{ readonly toCrm: string; readonly toSlack: string }> {
  accounts += 1
  await ask(`account-${accounts}`)
  const [toCrm, toSlack] = await handle()
  return { toCrm: toCrm!, toSlack: toSlack! }
}

const answering = (receiver: Receiver, status: number, headers: Record<string, string> = {}) =>
  receiver.answer((response) => response.writeHead(status, headers).end())

/** Lets time go on until the delivery may be tried again, and tries. */
async function next(id: string): Promise<number | null> {
  const { nextAt } = await getDelivery(app, id)
  pass(Math.max(0, Date.parse(nextAt!) - app.now()))
  return attemptDelivery(app, egress, id)
}

describe('a webhook', () => {
  it('is signed so that the reference library finds it good', async () => {
    answering(crm, 204)
    const { toCrm } = await fresh()
    expect(await attemptDelivery(app, egress, toCrm)).toBeNull()
    const { url, headers, body } = crm.received.at(-1)!
    expect(url).toBe('/umpire')
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': toCrm })
    const clock = vi.spyOn(Date, 'now').mockReturnValue(app.now())
    const verify = (text: string) => new Webhook(SECRET).verify(text, headers as Record<string, string>)
    expect(verify(body)).toMatchObject({ type: 'escalation.opened' })
    expect(() => verify(body.replace('opened', 'closed'))).toThrow('No matching signature')
    clock.mockRestore()
    expect(await getDelivery(app, toCrm)).toMatchObject({
      status: 'delivered',
      attempts: 1,
      nextAt: null,
      lastError: null,
      settledAt: new Date(app.now()).toISOString(),
      body: JSON.parse(body),
    })
  })

  it('that is settled is not sent again', async () => {
    const { toCrm } = await fresh()
    await attemptDelivery(app, egress, toCrm)
    const before = crm.received.length
    expect(await attemptDelivery(app, egress, toCrm)).toBeNull()
    expect(await attemptDelivery(app, egress, app.newId())).toBeNull()
    expect(crm.received.length).toBe(before)
  })

  it('is tried again after a failure, under the same id, and not before it is due', async () => {
    const { toCrm } = await fresh()
    answering(crm, 500)
    const due = await attemptDelivery(app, egress, toCrm)
    expect(due).toBe(app.now() + 2500)
    expect(await getDelivery(app, toCrm)).toMatchObject({
      status: 'pending',
      attempts: 1,
      lastError: 'it answered 500',
    })
    const first = crm.received.at(-1)!
    const before = crm.received.length
    pass(2499)
    expect(await attemptDelivery(app, egress, toCrm)).toBe(due)
    expect(crm.received.length).toBe(before)
    pass(1)
    answering(crm, 200)
    expect(await attemptDelivery(app, egress, toCrm)).toBeNull()
    const second = crm.received.at(-1)!
    expect(second.headers['webhook-id']).toBe(first.headers['webhook-id'])
    expect(Number(second.headers['webhook-timestamp'])).toBeGreaterThan(Number(first.headers['webhook-timestamp']))
    expect(second.body).toBe(first.body)
    expect(await getDelivery(app, toCrm)).toMatchObject({ status: 'delivered', attempts: 2 })
  })

  it('waits as long as the target asks, an hour at most', async () => {
    const { toCrm } = await fresh()
    answering(crm, 429, { 'retry-after': '120' })
    expect(await attemptDelivery(app, egress, toCrm)).toBe(app.now() + 120_000)
    answering(crm, 503, { 'retry-after': '999999' })
    expect(await next(toCrm)).toBe(app.now() + HOUR)
  })

  it('is dead at once where the target is gone', async () => {
    const { toCrm } = await fresh()
    answering(crm, 410)
    expect(await attemptDelivery(app, egress, toCrm)).toBeNull()
    expect(await getDelivery(app, toCrm)).toMatchObject({ status: 'dead', attempts: 1, lastError: 'it answered 410' })
  })

  it('is given up after a day, and can be replayed', async () => {
    const { toCrm } = await fresh()
    const began = app.now()
    answering(crm, 500)
    let attempts = 1
    for (let due = await attemptDelivery(app, egress, toCrm); due !== null; due = await next(toCrm)) attempts += 1
    expect(app.now() - began).toBeGreaterThan(22 * HOUR)
    expect(app.now() - began).toBeLessThan(24 * HOUR)
    expect(await getDelivery(app, toCrm)).toMatchObject({ status: 'dead', attempts, nextAt: null })
    expect((await listDeliveries(app, { status: 'dead' }, { limit: 10 })).items.map(({ id }) => id)).toContain(toCrm)
    expect(logged.some((line) => line.includes('gave up on telling a target') && line.includes(toCrm))).toBe(true)

    pass(48 * HOUR)
    expect(await replayDelivery(app, ADMIN, toCrm)).toMatchObject({ status: 'pending', attempts: 0 })
    await expect(replayDelivery(app, ADMIN, toCrm)).rejects.toMatchObject({ code: 'delivery_pending' })
    expect(await told.query("SELECT payload FROM outbox WHERE topic = 'delivery'")).toEqual([
      { payload: JSON.stringify({ delivery: toCrm }) },
    ])
    expect(await attemptDelivery(app, egress, toCrm)).toBe(app.now() + 2500)
    answering(crm, 200)
    expect(await next(toCrm)).toBeNull()
    expect(await getDelivery(app, toCrm)).toMatchObject({ status: 'delivered', attempts: 2 })
  })

  it('that redirects is not followed, and does not betray where it goes', async () => {
    const { toSlack } = await fresh()
    slack.answer((response) => response.writeHead(302, { location: `${crm.url}/secret` }).end())
    const before = crm.received.length
    await attemptDelivery(app, egress, toSlack)
    expect((await getDelivery(app, toSlack)).lastError).toBe(
      `\`127.0.0.1:${slack.port}\` redirects to \`${address}\` (302), which is not followed; give the URL it ends at`,
    )
    expect(crm.received.length).toBe(before)
  })
})

describe('a target', () => {
  it.each([
    [{ CRM_URL: undefined }, 'the variable `CRM_URL` is not set, so that nobody knows where `crm` is'],
    [{ CRM_SECRET: '' }, 'the variable `CRM_SECRET` is not set, so that nothing for `crm` can be signed'],
    [
      { CRM_SECRET: 'whsec_tooshort' },
      'the variable `CRM_SECRET` must be `whsec_` and the base64 of 24 to 64 random bytes',
    ],
    [{ CRM_URL: 'nonsense/very-secret' }, 'the URL is not valid'],
    [
      { CRM_URL: 'http://10.0.0.5/very-secret' },
      'the private address `10.0.0.5` is sent to only where UMPIRE_EGRESS_ALLOW lists it',
    ],
  ])('that can not be told under %j waits with the reason, and is told once that is mended', async (env, reason) => {
    answering(crm, 200)
    const { toCrm } = await fresh()
    expect(await attemptDelivery(app, egressTo({ ...ENV, ...env }), toCrm)).toBe(app.now() + 2500)
    expect(await getDelivery(app, toCrm)).toMatchObject({ status: 'pending', lastError: reason })
    expect(await next(toCrm)).toBeNull()
  })

  it('that no rule file names any more has its deliveries wait', async () => {
    const { toCrm } = await fresh()
    await told.query("UPDATE deliveries SET target = 'former' WHERE id = $1", [toCrm])
    await attemptDelivery(app, egress, toCrm)
    expect((await getDelivery(app, toCrm)).lastError).toBe('no target `former` in queues.yaml any more')
  })

  it('that lacks what only the environment knows is named at the start', () => {
    expect(missingSecrets(app.rules.active.queues, { ...ENV, CRM_SECRET: 'plain', SLACK_URL: undefined })).toEqual(
      expect.arrayContaining([
        {
          target: 'crm',
          reason: 'the variable `CRM_SECRET` must be `whsec_` and the base64 of 24 to 64 random bytes',
        },
        { target: 'slack', reason: 'the variable `SLACK_URL` is not set, so that nobody knows where `slack` is' },
      ]),
    )
    expect(missingSecrets(app.rules.active.queues, ENV)).toEqual([])
  })

  it('of Slack gets the text as it is, unsigned', async () => {
    answering(slack, 200)
    const { toSlack } = await fresh()
    expect(await attemptDelivery(app, egress, toSlack)).toBeNull()
    const { url, headers, body } = slack.received.at(-1)!
    expect(url).toBe(TOKEN)
    expect(headers).not.toHaveProperty('webhook-signature')
    expect(Object.keys(JSON.parse(body))).toEqual(['text', 'blocks'])
  })

  it('that hangs holds up nobody else', async () => {
    const hanging: ServerResponse[] = []
    crm.answer((response) => hanging.push(response))
    const all = [await fresh(), await fresh(), await fresh(), await fresh(), await fresh()]
    const [before, now] = [crm.received.length, app.now()]
    const waiting = all.slice(0, 4).map(({ toCrm }) => attemptDelivery(app, egress, toCrm))
    await crm.arrived(before + 4)
    const fifth = all[4]!
    expect(await attemptDelivery(app, egress, fifth.toCrm)).toBe(now + 1000)
    expect(await getDelivery(app, fifth.toCrm)).toMatchObject({ status: 'pending', attempts: 0, lastError: null })
    answering(slack, 200)
    expect(await attemptDelivery(app, egress, fifth.toSlack)).toBeNull()
    expect(crm.received.length).toBe(before + 4)

    // The longer it has waited, the less often it asks: a crowd that waits for one must not keep the workers busy.
    pass(60_000)
    expect(await attemptDelivery(app, egress, fifth.toCrm)).toBe(app.now() + 30_000)
    pass(20 * HOUR)
    expect(await attemptDelivery(app, egress, fifth.toCrm)).toBe(app.now() + 300_000)
    const sixth = await fresh()
    pass(24 * HOUR)
    expect(await attemptDelivery(app, egress, sixth.toCrm)).toBeNull()
    expect(await getDelivery(app, sixth.toCrm)).toMatchObject({
      status: 'dead',
      attempts: 0,
      lastError: 'it was busy with others until this was given up',
    })

    for (const response of hanging) response.end()
    expect(await Promise.all(waiting)).toEqual([null, null, null, null])
    answering(crm, 200)
    expect(await attemptDelivery(app, egress, fifth.toCrm)).toBeNull()
  })
})

describe('an attempt', () => {
  it('is made by one of several who try at the same time', async () => {
    const hanging: ServerResponse[] = []
    crm.answer((response) => hanging.push(response))
    const { toCrm } = await fresh()
    const before = crm.received.length
    const first = attemptDelivery(app, egress, toCrm)
    await crm.arrived(before + 1)
    // Whoever comes second looks again once the first must be done.
    expect(await Promise.all([1, 2].map(() => attemptDelivery(app, egress, toCrm)))).toEqual([
      app.now() + 30_000,
      app.now() + 30_000,
    ])
    hanging[0]!.end()
    expect(await first).toBeNull()
    expect(crm.received.length).toBe(before + 1)
    expect(await getDelivery(app, toCrm)).toMatchObject({ status: 'delivered', attempts: 1 })
  })

  it('of a process that died is made again', async () => {
    answering(crm, 200)
    const { toCrm } = await fresh()
    await claimDelivery(app.db, toCrm, app.now(), app.now() + 30_000)
    expect(await attemptDelivery(app, egress, toCrm)).toBe(app.now() + 30_000)
    expect(await next(toCrm)).toBeNull()
    expect(await getDelivery(app, toCrm)).toMatchObject({ status: 'delivered', attempts: 2 })
  })

  it('that comes back late counts if it was good, and not if it failed', async () => {
    const { toCrm } = await fresh()
    const now = app.now()
    const first = (await claimDelivery(app.db, toCrm, now, now + 1))!
    const second = (await claimDelivery(app.db, toCrm, now + 1, now + 30_000))!
    await recordAttempt(app.db, first, { status: 'dead', error: 'late' }, now)
    expect(await getDelivery(app, toCrm)).toMatchObject({ status: 'pending', lastError: null })
    await recordAttempt(app.db, first, { status: 'delivered' }, now)
    await recordAttempt(app.db, second, { status: 'dead', error: 'after it was delivered' }, now)
    expect(await getDelivery(app, toCrm)).toMatchObject({ status: 'delivered', lastError: null })
  })
})

describe('deliveries that wait', () => {
  it('are found before a time, the longest due first', async () => {
    await told.query("UPDATE deliveries SET status = 'dead', next_at = NULL WHERE status = 'pending'")
    const now = app.now()
    const ids = [await fresh(), await fresh(), await fresh()].map(({ toCrm }) => toCrm)
    await told.query("UPDATE deliveries SET status = 'dead', next_at = NULL WHERE target = 'slack'")
    for (const [i, id] of ids.entries()) {
      await told.query('UPDATE deliveries SET next_at = $2 WHERE id = $1', [id, new Date(now - i * 1000)])
    }
    const due = [2, 1, 0].map((i) => ({ id: ids[i]!, nextAt: now - i * 1000 }))
    expect(await pendingDeliveries(app.db, now + 1, undefined, 10)).toEqual(due)
    expect(await pendingDeliveries(app.db, now, undefined, 1)).toEqual(due.slice(0, 1))
    expect(await pendingDeliveries(app.db, now + 1, due[0], 10)).toEqual(due.slice(1))
  })
})

describe('deliveries that are settled', () => {
  it('are kept for thirty days', async () => {
    answering(crm, 200)
    const { toCrm, toSlack } = await fresh()
    await attemptDelivery(app, egress, toCrm)
    pass(30 * 24 * HOUR - 1)
    await sweepDeliveries(app)
    expect(await getDelivery(app, toCrm)).toMatchObject({ status: 'delivered' })
    pass(1)
    expect(await sweepDeliveries(app)).toBeGreaterThan(0)
    await expect(getDelivery(app, toCrm)).rejects.toMatchObject({ code: 'not_found' })
    expect(await getDelivery(app, toSlack)).toMatchObject({ status: 'pending' })
  })
})

describe('what is logged and kept', () => {
  it('holds neither secrets nor the addresses that are', async () => {
    const kept = await told.query('SELECT last_error, body FROM deliveries')
    expect(kept.length).toBeGreaterThan(10)
    expect(JSON.stringify(kept) + logged.join('')).not.toMatch(/very-secret|whsec_[A-Za-z0-9]/)
  })
})
