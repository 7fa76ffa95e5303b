import { describe, expect, it } from 'vitest'
import { createTestDatabase } from '../database.ts'
import { startReceiver } from '../deliveries/receiver.ts'
import { type Heard, startListener } from '../events/listener.ts'
import { freePort } from '../ports.ts'
import { eventually } from '../queue/eventually.ts'
import { install, QUEUES_ON } from './installation.ts'
import { KEY, type ServiceProcess } from './process.ts'
import { seededRandom } from './random.ts'

const KILLS = 4
/** So far at most questions are ahead of what has been told: what waits must not become ever more. */
const AHEAD = 40

for (const backend of QUEUES_ON) {
  describe.skipIf(!backend.available)(`on ${backend.name}`, async () => {
    const { url } = await createTestDatabase()
    const crm = await startReceiver()

    it('processes that answer, tell and are killed tell of everything once, in order', {
      timeout: 300_000,
    }, async () => {
      const random = seededRandom(backend.name)
      const { start } = await install({ backend, databaseUrl: url, crm, queues: '{}' })
      const PORT = String(await freePort())
      const answering = await Promise.all([start('api'), start('api')])
      let telling = await start('api', { env: { PORT } })
      let worker = await start('worker')
      await Promise.all([start('worker'), subscribe(answering[0]!, crm.url)])
      const listener = startListener({ url: `http://127.0.0.1:${PORT}`, key: KEY })
      await listener.connected()

      const asking = startAsking(answering, () => crm.received.length)
      const more = (count: number) => asking.reached(asking.answers.length + count)
      for (let n = 0; n < KILLS; n++) {
        await more(20 + random() * 30)
        if (n % 2 === 0) {
          await kill(worker, 'SIGKILL')
          worker = await start('worker')
        } else {
          await kill(telling, n % 4 === 1 ? 'SIGKILL' : 'SIGTERM')
          await more(20)
          telling = await start('api', { env: { PORT } })
        }
      }
      await more(20)
      await asking.stop()

      const of = (type: string) => listener.heard.filter((one) => one.type === `adjudication.${type}`)
      await eventually(() => of('created').length >= asking.answers.length)
      expect(listener.connections).toBeGreaterThan(KILLS / 2)
      expect(of('created').map(adjudicationOf).sort()).toEqual([...asking.answers].sort())
      expect(of('changed').length).toBeGreaterThan(0)
      expect(new Set(listener.heard.map(({ id }) => id)).size).toBe(listener.heard.length)
      for (const account of new Set(of('created').map(accountOf))) {
        const sequences = of('created').flatMap((one) => (accountOf(one) === account ? [one.data.data.sequence] : []))
        expect(sequences).toEqual([...sequences].sort((a, b) => a - b))
      }

      // A receiver may get a message twice, under one id; each is of another event.
      const told = () => new Map(crm.received.map(({ headers, body }) => [headers['webhook-id'], JSON.parse(body).id]))
      await eventually(() => told().size >= of('changed').length, 120_000)
      expect([...told().values()].sort()).toEqual(
        of('changed')
          .map(({ id }) => id)
          .sort(),
      )
    })
  })
}

const adjudicationOf = ({ data }: Heard): string => data.data.adjudication
const accountOf = ({ data }: Heard): string => data.data.account

async function subscribe(service: ServiceProcess, url: string): Promise<void> {
  const { status } = await service.call('POST', '/v1/subscriptions', { url, events: ['adjudication.changed'] })
  expect(status).toBe(201)
}

async function kill({ child, exited }: ServiceProcess, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal)
  await exited
}

/** Asks every service about its accounts, each time what is answered otherwise than the time before. */
function startAsking(services: readonly ServiceProcess[], told: () => number) {
  const answers: string[] = []
  let isStopped = false
  const asking = services.flatMap((service, s) =>
    [0, 1].map(async (asker) => {
      for (let n = 0; !isStopped; n++) {
        await eventually(() => isStopped || answers.length - told() < AHEAD)
        const flags = n % 6 < 3 ? ['procurement_dispute'] : []
        const { status, body } = await service.call('POST', '/v1/adjudications', {
          account: `${s}-${asker}-${n % 3}`,
          decision: 'expansion-outreach',
          facts: { arr: 180_000, segment: 'smb', flags },
        })
        if (status !== 201) throw new Error(`answered ${status}: ${JSON.stringify(body)}`)
        answers.push(body.id)
      }
    }),
  )
  return {
    answers,
    reached: (count: number) => eventually(() => answers.length >= count),
    async stop() {
      isStopped = true
      await Promise.all(asking)
    },
  }
}
