import { describe, expect, it } from 'vitest'
import { createTestDatabase } from '../database.ts'
import { startReceiver } from '../deliveries/receiver.ts'
import { eventually } from '../queue/eventually.ts'
import { allSettled, install, itemOf, listAll, noticesOf, QUEUES_ON, toldTo } from './installation.ts'
import type { ServiceProcess } from './process.ts'
import { seededRandom } from './random.ts'
import { startReviewing } from './reviewing.ts'

const KILLS_EACH = 6

for (const backend of QUEUES_ON) {
  describe.skipIf(!backend.available)(`on ${backend.name}`, async () => {
    const { url } = await createTestDatabase()
    const crm = await startReceiver()

    it('processes killed again and again lose nothing and do nothing twice', { timeout: 300_000 }, async () => {
      const random = seededRandom(backend.name)
      const { start } = await install({ backend, databaseUrl: url, crm })
      const [api, worker] = await Promise.all([immortal(() => start('api')), immortal(() => start('worker'))])
      const reviewing = startReviewing(() => api.current, random)
      await reviewing.reached(50)
      await Promise.all([
        killAll(api, () => reviewing.reached(reviewing.acknowledged() + 5 + random() * 20)),
        killAll(worker, () => new Promise((resolve) => setTimeout(resolve, random() * 1_000))),
      ])
      await reviewing.reached(reviewing.acknowledged() + 50)
      await reviewing.stop()

      const service = api.current!
      const escalations = await listAll(service, 'escalations')
      const items = await Promise.all(escalations.map(({ id }) => itemOf(service, id)))
      reviewing.expectKept({ adjudications: await listAll(service, 'adjudications'), items })
      expect((await service.call('GET', '/v1/audit/verify')).body).toMatchObject({ ok: true })

      const owed = items.flatMap(noticesOf).sort()
      const told = () => [...new Map(toldTo(crm).map((one) => [one.id, one])).values()]
      const lines = () => told().map(({ event, escalation }) => `${escalation} ${event}`)
      await eventually(() => new Set(lines()).size === new Set(owed).size, 120_000)
      await allSettled(service, 120_000)
      expect(lines().sort()).toEqual(owed)
      const deliveries = await listAll(service, 'deliveries')
      expect(new Set(deliveries.map(({ id }) => id))).toEqual(new Set(told().map(({ id }) => id)))
    })
  })
}

/** A process that is started again whenever it is killed; undefined while there is none. */
interface Immortal {
  readonly current: ServiceProcess | undefined
  kill(): Promise<void>
}

async function immortal(start: () => Promise<ServiceProcess>): Promise<Immortal> {
  let current: ServiceProcess | undefined = await start()
  return {
    get current() {
      return current
    },
    async kill() {
      const { child, exited } = current!
      current = undefined
      child.kill('SIGKILL')
      await exited
      current = await start()
    },
  }
}

/** The moment is what is random: in the middle of whatever others are doing. */
async function killAll(process: Immortal, moment: () => Promise<unknown>): Promise<void> {
  for (let n = 0; n < KILLS_EACH; n++) {
    await moment()
    await process.kill()
  }
}
