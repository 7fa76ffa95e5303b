import type { ServerResponse } from 'node:http'
import { beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase } from '../database.ts'
import { startReceiver } from '../deliveries/receiver.ts'
import { eventually } from '../queue/eventually.ts'
import { allOpened, ask, install, itemOf, listAll, QUEUES_ON, toldTo } from './installation.ts'
import type { Answer, ServiceProcess } from './process.ts'

for (const backend of QUEUES_ON) {
  describe.skipIf(!backend.available)(`escalations on ${backend.name}`, async () => {
    const { url } = await createTestDatabase()
    const [crm, hanging, failing, redirecting, internal] = await Promise.all([
      startReceiver(),
      startReceiver(),
      startReceiver(),
      startReceiver(),
      startReceiver(),
    ])
    const queues = `
queues:
  csm: {}
  brief: { lease: PT1S }
  lapsing: {}
  later:
    notify:
      - { name: hanging, webhook: '${hanging.url}', secretFrom: CRM_SECRET, events: [opened] }
      - { name: failing, webhook: '${failing.url}', secretFrom: CRM_SECRET, events: [opened] }
      - { name: redirecting, webhook: '${redirecting.url}', secretFrom: CRM_SECRET, events: [opened] }
      - { name: unlisted, webhookFrom: UNLISTED_URL, secretFrom: CRM_SECRET, events: [opened] }
notify:
  - { name: crm, webhook: '${crm.url}', secretFrom: CRM_SECRET, events: [opened] }
`
    let api: ServiceProcess
    let other: ServiceProcess
    beforeAll(async () => {
      const { start } = await install({ backend, databaseUrl: url, crm, queues })
      const env = { UNLISTED_URL: 'http://10.1.2.3/umpire' }
      ;[api, other] = (await Promise.all([start('api'), start('api'), start('worker', { env })])) as [
        ServiceProcess,
        ServiceProcess,
        ServiceProcess,
      ]
    })

    it('are opened by an angry customer, though nobody has asked', async () => {
      await api.call('PUT', '/v1/accounts/angry', { facts: { arr: 180_000, segment: 'smb' } })
      const said = { id: 'a1', agent: 'churn-radar', account: 'angry', claim: 'angry_customer', confidence: 0.9 }
      expect(await api.call('POST', '/v1/signals', { signals: [said] })).toMatchObject({ status: 202 })
      const waiting = async () => (await api.call('GET', '/v1/escalations?account=angry')).body.escalations
      await eventually(async () => (await waiting()).length > 0)
      const [item] = await waiting()
      expect(item).toMatchObject({ decision: 'anger', queue: 'csm', status: 'open', priority: 100, reasons: ['rule'] })
      await allOpened(crm, [item.id])
    })

    it('go to one of two where a lease ends, and the other is told who has it', async () => {
      const resolve = (by: ServiceProcess, id: string, reviewer: string) =>
        by.call('POST', `/v1/escalations/${id}/resolve`, { reviewer, resolution: 'uphold', reason: 'agreed' })
      const claim = (by: ServiceProcess, id: string, reviewer: string) =>
        by.call('POST', `/v1/escalations/${id}/claim`, { reviewer })
      const won: string[] = []

      async function race(account: string, ahead: number): Promise<void> {
        const { id } = (await ask(api, account, 'brief')).escalation
        const { claimedUntil } = (await claim(api, id, 'maria')).body
        await new Promise((go) => setTimeout(go, Date.parse(claimedUntil) - Date.now() - ahead))
        const [resolved, claimed] = await Promise.all([resolve(api, id, 'maria'), claim(other, id, 'ben')])
        if (resolved.status === 200 && claimed.status === 200) {
          // By the time that she was heard, his lease was over as well.
          expect(resolved.body.resolution.at >= claimed.body.claimedUntil).toBe(true)
          return
        }
        const winner = resolved.status === 200 ? 'maria' : 'ben'
        const [first, second]: Answer[] = winner === 'maria' ? [resolved, claimed] : [claimed, resolved]
        expect(first).toMatchObject({ status: 200 })
        expect(second).toMatchObject({ status: 409, body: { detail: expect.stringContaining(`\`${winner}\``) } })
        const { status, claimedBy, resolution, history } = await itemOf(api, id)
        const kinds = history.map(({ kind, by }: { kind: string; by: string }) => `${kind} by ${by}`)
        expect(kinds.includes('resolved by maria')).toBe(winner === 'maria')
        expect(kinds.includes('claimed by ben')).toBe(winner === 'ben')
        if (winner === 'maria') expect([status, resolution.by]).toEqual(['resolved', 'maria'])
        else if (status === 'claimed') expect(claimedBy).toBe('ben')
        won.push(winner)
      }

      // Around the moment itself either may win, and so they race until both have, again and again.
      for (let round = 0; round < 3 || new Set(won).size < 2; round++) {
        await Promise.all(Array.from({ length: 30 }, (_, n) => race(`leased-${round}-${n}`, 30 - n * 2)))
      }
      expect((await api.call('GET', '/v1/audit/verify')).body).toMatchObject({ ok: true })
    })

    it('are told to others while one target hangs, one fails and one leads astray', async () => {
      const held: ServerResponse[] = []
      hanging.answer((response) => held.push(response))
      failing.answer((response) => response.writeHead(500).end())
      redirecting.answer((response) => response.writeHead(307, { location: internal.url }).end())
      const opened = await Promise.all(Array.from({ length: 20 }, (_, n) => ask(api, `told-${n}`, 'later')))
      const ids = opened.map(({ escalation }) => escalation.id)
      const to = async (target: string) => (await listAll(api, 'deliveries')).filter((one) => one.target === target)
      await allOpened(crm, ids)
      await eventually(() => held.length > 0)
      // None of its requests has been answered.
      expect(await to('hanging')).toEqual(ids.map(() => expect.objectContaining({ status: 'pending' })))

      for (const [target, lastError] of [
        ['failing', 'it answered 500'],
        ['redirecting', expect.stringMatching(/redirects to `127\.0\.0\.1:\d+` \(307\), which is not followed/)],
        ['unlisted', expect.stringContaining('the private address `10.1.2.3` is sent to only')],
      ] as const) {
        await eventually(async () => (await to(target)).every((one) => one.lastError !== null))
        expect(await to(target)).toEqual(ids.map(() => expect.objectContaining({ status: 'pending', lastError })))
      }
      expect(internal.received).toEqual([])

      // Once they are mended they get all of it, under the ids that they have seen.
      for (const receiver of [hanging, failing]) receiver.answer((response) => response.end())
      for (const response of held) response.end()
      for (const [target, { received }] of [
        ['hanging', hanging],
        ['failing', failing],
      ] as const) {
        await eventually(async () => (await to(target)).every(({ status }) => status === 'delivered'))
        const known = new Set((await to(target)).map(({ id }) => id))
        expect(new Set(toldTo({ received }).map(({ id }) => id))).toEqual(known)
      }
    })
  })
}
