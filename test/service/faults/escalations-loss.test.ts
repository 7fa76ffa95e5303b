import { describe, expect, it } from 'vitest'
import { createTestDatabase } from '../database.ts'
import { startReceiver } from '../deliveries/receiver.ts'
import { loseQueues } from '../queue/backends.ts'
import { eventually } from '../queue/eventually.ts'
import {
  allOpened,
  ask,
  type Installation,
  install,
  itemOf,
  listAll,
  noticesOf,
  OPENED,
  QUEUES_ON,
  toldTo,
} from './installation.ts'
import type { ServiceProcess } from './process.ts'

/** Asks about one account after the other, several at a time, until it is told to stop. */
function askForever(api: ServiceProcess) {
  const opened: string[] = []
  let stopped = false
  const asking = Promise.all(
    Array.from({ length: 6 }, async (_, asker) => {
      for (let n = 0; !stopped; n++) opened.push((await ask(api, `loaded-${asker}-${n}`, 'person')).escalation.id)
    }),
  )
  return {
    opened,
    reached: (count: number) => eventually(() => opened.length >= count),
    async stop() {
      stopped = true
      await asking
    },
  }
}

for (const backend of QUEUES_ON) {
  describe.skipIf(!backend.available)(`queues on ${backend.name} that come back empty under load`, async () => {
    const { url } = await createTestDatabase()
    const crm = await startReceiver()

    it('delay what people are told, and neither lose nor repeat any of it', async () => {
      const installation = await install({ backend, databaseUrl: url, crm })
      const [api] = await Promise.all([installation.start('api'), installation.start('worker')])
      const load = askForever(api)
      await load.reached(100)
      const clocked = await Promise.all([1, 2, 3, 4, 5].map((n) => ask(api, `clocked-${n}`, 'soon')))
      await loseUnder(load, installation, url)
      await load.reached(load.opened.length + 100)
      await load.stop()

      const struck = clocked.map(({ escalation }) => escalation.id)
      await allOpened(crm, [...load.opened, ...struck])
      // Nobody is reminded of what is overdue by the time that somebody looks at its clock.
      const items = () => Promise.all(struck.map((id) => itemOf(api, id)))
      await eventually(async () => (await items()).every(({ overdueAt }) => overdueAt !== null))
      const owed = (await items()).flatMap(noticesOf)
      const lines = () => toldTo(crm).map(({ event, escalation }) => `${escalation} ${event}`)
      await eventually(() => owed.every((notice) => lines().includes(notice)))

      const escalations = await listAll(api, 'escalations')
      expect(new Set(escalations.map(({ id }) => id))).toEqual(new Set([...load.opened, ...struck]))
      const told = toldTo(crm)
      expect(told.filter(({ event }) => event === OPENED)).toHaveLength(escalations.length)
      expect(new Set(told.map(({ id }) => id)).size).toBe(told.length)
      const events = told.map(({ event, escalation }) => `${event} ${escalation}`)
      expect(new Set(events).size).toBe(events.length)
      const deliveries = await listAll(api, 'deliveries')
      expect(new Set(deliveries.map(({ id }) => id))).toEqual(new Set(told.map(({ id }) => id)))
      expect((await api.call('GET', '/v1/audit/verify')).body).toMatchObject({ ok: true })
    })
  })
}

/** While Redis is dead people are asked all the same: what is acknowledged is in PostgreSQL. */
async function loseUnder(load: ReturnType<typeof askForever>, { redis }: Installation, url: string): Promise<void> {
  if (redis === null) return loseQueues(null, url)
  await redis.kill()
  await load.reached(load.opened.length + 50)
  await redis.start()
}
