import { describe, expect, it } from 'vitest'
import { createTestDatabase } from '../database.ts'
import { startReceiver } from '../deliveries/receiver.ts'
import { eventually } from '../queue/eventually.ts'
import { ask, install, itemOf, noticesOf, QUEUES_ON, type Segment, toldTo } from './installation.ts'
import type { ServiceProcess } from './process.ts'

const MINUTE = 60_000
const SKEWS = { ahead: 5 * MINUTE, behind: -5 * MINUTE }
/** Clocks that are right differ by no more than this, however busy the machine. Milliseconds. */
const TOLERANCE = 30_000

/** @returns what was done with the item so far */
async function expectNothingEarly(api: ServiceProcess, id: string, lapsesAt: number | null): Promise<string[]> {
  const { createdAt, dueAt, history } = await itemOf(api, id)
  const seenAt = Date.now()
  const [created, due] = [Date.parse(createdAt), Date.parse(dueAt)]
  const earliest = new Map([
    ['reminded', (created + due) / 2],
    ['overdue', due],
    ['expired', due],
    ['lapsed', lapsesAt ?? 0],
  ])
  for (const { kind, at } of history) {
    expect(Date.parse(at)).toBeGreaterThanOrEqual(earliest.get(kind) ?? 0)
    expect(seenAt + TOLERANCE).toBeGreaterThan(earliest.get(kind) ?? 0)
  }
  return history.map(({ kind }: { kind: string }) => kind)
}

for (const [direction, skew] of Object.entries(SKEWS)) {
  describe(`a worker whose clock is five minutes ${direction}`, () => {
    for (const backend of QUEUES_ON) {
      describe.skipIf(!backend.available).concurrent(`on ${backend.name}`, async () => {
        const { url } = await createTestDatabase()
        const crm = await startReceiver()

        it('does nothing early, and nothing is lost', async () => {
          const installation = await install({ backend, databaseUrl: url, crm })
          const worker = {
            preload: ['./test/service/faults/skewed-clock.ts'],
            env: { UMPIRE_TEST_SKEW: String(skew) },
          }
          const [api] = await Promise.all([installation.start('api'), installation.start('worker', worker)])
          const open = async (segment: Segment) => (await ask(api, segment, segment)).escalation.id as string
          const claim = (id: string, reviewer: string) => api.call('POST', `/v1/escalations/${id}/claim`, { reviewer })

          const [soon, lapsing, brief, later] = await Promise.all(
            (['soon', 'lapsing', 'brief', 'later'] as const).map(open),
          )
          const ends = { [soon!]: 'overdue', [lapsing!]: 'expired', [brief!]: 'lapsed' }
          const lapsesAt = Date.parse((await claim(brief!, 'maria')).body.claimedUntil)
          expect(await claim(later!, 'maria')).toMatchObject({ status: 200 })

          const waiting = new Set(Object.keys(ends))
          await eventually(async () => {
            for (const id of waiting) {
              const kinds = await expectNothingEarly(api, id, id === brief ? lapsesAt : null)
              if (kinds.includes(ends[id]!)) waiting.delete(id)
            }
            return waiting.size === 0
          }, 120_000)

          // By the worker's clock it may be high time, and by all others it is not.
          expect(await claim(later!, 'ben')).toMatchObject({ status: 409, body: { code: 'already_claimed' } })
          await expectNothingEarly(api, later!, Number.POSITIVE_INFINITY)
          await expectTold(api, [soon!, lapsing!, brief!, later!])
        })

        /** All that happened was told, under the time that it was. */
        async function expectTold(api: ServiceProcess, ids: readonly string[]): Promise<void> {
          const owed = (await Promise.all(ids.map((id) => itemOf(api, id)))).flatMap(noticesOf).sort()
          const told = () => new Map(toldTo(crm).map(({ id, escalation, event }) => [id, `${escalation} ${event}`]))
          const lines = () => [...told().values()]
          await eventually(() => lines().length >= owed.length)
          expect(lines().sort()).toEqual(owed)
          for (const { headers } of crm.received) {
            expect(Math.abs(Number(headers['webhook-timestamp']) * 1000 - Date.now())).toBeLessThan(4 * MINUTE)
          }
          expect((await api.call('GET', '/v1/audit/verify')).body).toMatchObject({ ok: true })
        }
      })
    }
  })
}
