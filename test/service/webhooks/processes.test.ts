import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, it } from 'vitest'
import { RULES } from '../app.ts'
import { createTestDatabase } from '../database.ts'
import { rulesDirectory, type ServiceProcess, startService } from '../faults/process.ts'
import { createTestHttp, type TestHttp } from '../http/http.ts'
import { eventually } from '../queue/eventually.ts'
import { hasRedis, startRedis } from '../queue/redis.ts'
import { standardHeaders } from './senders.ts'

const NEW = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const OLD = 'whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcg=='

const sources = (secrets: string, facts = '{ "n": n }') => `sources:
  crm:
    auth: { scheme: standard-webhooks, secretFrom: ${secrets} }
    matchers: [{ name: any, account: account, at: at, facts: '${facts}' }]
`

/** Two processes on one database, that read one directory. */
const { url: DATABASE_URL } = await createTestDatabase()
const directory = await rulesDirectory({ ...RULES, 'sources.yaml': sources('OLD_SECRET') })
const start = () =>
  startService({
    DATABASE_URL,
    UMPIRE_RULES_DIR: directory,
    UMPIRE_RATE_LIMIT: '1000000',
    OLD_SECRET: OLD,
    NEW_SECRET: NEW,
  })
const services = [await start(), await start()] as const
const save = (text: string) => writeFile(path.join(directory, 'sources.yaml'), text)

let sent = 0

async function post(service: ServiceProcess, secret: string, event: object = { account: 'acme', n: sent }) {
  const body = JSON.stringify(event)
  const headers = standardHeaders(secret, `msg_${++sent}`, Date.now(), body)
  return (await fetch(`${service.url}/v1/webhooks/crm`, { method: 'POST', headers, body })).status
}

/** Once each process has answered so. */
const allAnswer = (secret: string, status: number) =>
  eventually(async () => (await Promise.all(services.map((one) => post(one, secret)))).every((s) => s === status))

describe('sources.yaml, saved while webhooks come in', () => {
  it('changes the secret in every process, and no request in between is refused', async () => {
    const statuses: number[] = []
    let [secret, stopped] = [OLD, false]
    const flowing = services.map(async (service) => {
      while (!stopped) statuses.push(await post(service, secret))
    })
    expect(await post(services[0], NEW)).toBe(401)
    await save(sources('[NEW_SECRET, OLD_SECRET]'))
    await allAnswer(NEW, 202)
    secret = NEW
    const switched = statuses.length
    await eventually(() => statuses.length > switched + 10)
    await save(sources('NEW_SECRET'))
    await allAnswer(OLD, 401)
    stopped = true
    await Promise.all(flowing)
    expect(new Set(statuses)).toEqual(new Set([202]))
  })

  it('changes what events become in every process', async () => {
    await save(sources('NEW_SECRET', '{ "n": n * 2 }'))
    const factsOf = async (account: string) => (await services[0].call('GET', `/v1/accounts/${account}`)).body.facts
    for (const [i, service] of services.entries()) {
      let tries = 0
      await eventually(async () => {
        const account = `edited-${i}-${++tries}`
        expect(await post(service, NEW, { account, n: 21 })).toBe(202)
        return (await factsOf(account)).n === 42
      })
    }
  })

  it('stays as it was where it does not load', async () => {
    await save(sources('NEW_SECRET', '{ "n": $nmber(n) }'))
    for (const service of services) {
      await eventually(async () => {
        const { lastError } = (await service.call('GET', '/v1/ruleset')).body
        return lastError?.reasons.some((line: string) => line.includes('unknown `$nmber`; did you mean `$number`?'))
      })
      expect(await post(service, NEW)).toBe(202)
    }
  })
})

describe.skipIf(!hasRedis)('the limit of a source, where there is a Redis', async () => {
  if (!hasRedis) return
  const { url } = await startRedis()
  const instance = () => {
    const redis = new Redis(url)
    afterAll(() => redis.disconnect())
    const rules = { ...RULES, 'sources.yaml': sources('OLD_SECRET') }
    return createTestHttp({ rules, environment: { OLD_SECRET: OLD }, redis, rateLimit: { max: 5, timeWindow: 60_000 } })
  }
  const instances = [await instance(), await instance()] as const
  const ask = async ({ http, app }: TestHttp) => {
    const body = '{"account": "acme", "n": 1}'
    const headers = standardHeaders(OLD, `msg_${++sent}`, app.now(), body)
    return http.inject({ method: 'POST', url: '/v1/webhooks/crm', headers, payload: body })
  }

  it('is counted over all processes', async () => {
    for (let i = 0; i < 5; i++) expect((await ask(instances[i % 2]!)).statusCode).toBe(202)
    for (const instance of instances) {
      const refused = await ask(instance)
      expect(refused.statusCode).toBe(429)
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
      expect(refused.json()).toMatchObject({ code: 'rate_limited', detail: expect.stringContaining('`crm`') })
    }
  })
})
