import { mkdir, open, rename, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RULES } from './app.ts'
import { createTestDatabase } from './database.ts'
import {
  rulesDirectory,
  type ServiceProcess,
  spawnService,
  startService,
  temporaryDirectory,
} from './faults/process.ts'
import { eventually } from './queue/eventually.ts'

const FILE = 'expansion-outreach.yaml'
const costing = (cost: number | string) => RULES[FILE]!.replace('cost: 40', `cost: ${cost}`)

/** Two processes on one database that watch one directory. */
const { url: databaseUrl } = await createTestDatabase()
let directory: string
let services: readonly [ServiceProcess, ServiceProcess]
beforeAll(async () => {
  directory = await rulesDirectory()
  const start = () => startService({ DATABASE_URL: databaseUrl, UMPIRE_RULES_DIR: directory })
  services = [await start(), await start()]
})

const save = (text: string | Uint8Array, name = FILE) => writeFile(path.join(directory, name), text)
/** A line at a time: each beginning that ends before a rule is a set that loads. @returns milliseconds */
async function saveSlowly(text: string): Promise<number> {
  const file = await open(path.join(directory, FILE), 'w')
  const times = [performance.now()]
  for (const line of text.split(/(?<=\n)/)) {
    await file.write(line)
    times.push(performance.now())
    await pause(15)
  }
  await file.close()
  return Math.max(...times.slice(1).map((time, i) => time - times[i]!))
}
const ask = async (service: ServiceProcess, account = 'acme') => {
  const question = { account, decision: 'expansion-outreach', facts: { arr: 180_000, segment: 'smb' } }
  const { status, body } = await service.call('POST', '/v1/adjudications', question)
  if (status !== 201) throw new Error(`answered ${status}: ${JSON.stringify(body)}`)
  return body
}
const rulesetOf = async (service: ServiceProcess) => (await service.call('GET', '/v1/ruleset')).body
const allCost = (cost: number) =>
  eventually(async () => (await Promise.all(services.map((one) => ask(one)))).every((a) => a.reviewCost === cost))
const allRefuse = (reason: string) =>
  eventually(async () => {
    const all = await Promise.all(services.map(rulesetOf))
    return all.every(({ lastError }) => lastError?.reasons.some((line: string) => line.includes(reason)))
  })

/** Asks both processes again and again until it is told to stop. */
function traffic() {
  const answers: any[] = []
  let stopped = false
  const asking = Promise.all(
    services.flatMap((service, s) =>
      Array.from({ length: 4 }, async (_, i) => {
        for (let n = 0; !stopped; n++) answers.push(await ask(service, `account-${s}-${i}-${n % 10}`))
      }),
    ),
  )
  return {
    answers,
    async stop() {
      stopped = true
      await asking
    },
  }
}

const stop = ({ child, exited }: ServiceProcess) => {
  child.kill('SIGTERM')
  return exited
}

describe('rules that are saved while questions are answered', () => {
  afterAll(() => Promise.all(services.map(stop)))

  it('answer in every process, each answer by one set, and can be recomputed', async () => {
    const { ruleset: old } = await rulesetOf(services[0])
    const { answers, stop } = traffic()
    await eventually(() => answers.length > 50)
    await save(costing(77))
    await allCost(77)
    const { ruleset: fresh } = await rulesetOf(services[1])
    const switched = answers.length
    await eventually(() => answers.length > switched + 50)
    await stop()
    const [newest] = (await services[0].call('GET', '/v1/rulesets')).body.activations
    expect(newest).toMatchObject({ ruleset: fresh, changes: ['expansion-outreach: review cost 40 → 77'] })

    for (const { ruleset, reviewCost } of answers) expect(reviewCost).toBe({ [old]: 40, [fresh]: 77 }[ruleset])
    // Eight were under way when the last of them was asked.
    for (const { ruleset } of answers.slice(switched + 8)) expect(ruleset).toBe(fresh)
    const someOfBoth = [...answers.slice(0, 5), ...answers.slice(-5)]
    for (const [i, { id }] of someOfBoth.entries()) {
      const { body } = await services[i % 2]!.call('POST', `/v1/adjudications/${id}/recompute`, {})
      expect(body).toEqual({ identical: true, differences: [] })
    }
  })

  it('leave the last good ones where they do not load, and everybody is told', async () => {
    const { ruleset } = await rulesetOf(services[0])
    await save(costing('much'))
    await allRefuse('`cost` must be a number, not `much`')
    for (const service of services) {
      expect((await ask(service)).ruleset).toBe(ruleset)
      expect(await service.call('GET', '/readyz')).toMatchObject({
        status: 200,
        body: { status: 'ready', degraded: ['newer rules are refused: see GET /v1/ruleset'] },
      })
      expect((await service.call('GET', '/metrics')).body).toMatch(/^umpire_ruleset_refused\S* 1/m)
      expect(service.output()).toContain('are refused; the last good ones go on answering')
    }
    await save(costing(78))
    await allCost(78)
    for (const service of services) {
      await eventually(async () => (await rulesetOf(service)).lastError === null)
      expect((await service.call('GET', '/readyz')).body).toEqual({ status: 'ready' })
      expect((await service.call('GET', '/metrics')).body).toMatch(/^umpire_ruleset_refused\S* 0/m)
    }
  })

  it('are taken when they are whole, however slowly they are written', async () => {
    let from = 78
    for (let longestPause = Infinity; longestPause > 80; from++) {
      longestPause = await saveSlowly(costing(from + 1))
      await allCost(from + 1)
      // Where this process was held up for so long that the directory seemed quiet, it was no such save.
      if (longestPause > 80) continue
      const { activations } = (await services[0].call('GET', '/v1/rulesets')).body
      expect(activations[0].changes).toEqual([`expansion-outreach: review cost ${from} → ${from + 1}`])
    }
  })

  it('are taken when a file, or the whole directory, is replaced at once', async () => {
    await save(costing(80), 'new.tmp')
    await rename(path.join(directory, 'new.tmp'), path.join(directory, FILE))
    await allCost(80)
    const other = await rulesDirectory({ ...RULES, [FILE]: costing(81) })
    const away = path.join(await temporaryDirectory(), 'away')
    await rename(directory, away)
    await allRefuse("can't read the rules directory")
    await rename(other, directory)
    await allCost(81)
    for (const service of services) await eventually(async () => (await rulesetOf(service)).lastError === null)
  })

  const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${[...'bcdefgh'].map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefg'[i]}`)}]`).join('\n')}\n`
  it.each([
    ['a YAML bomb', () => save(bomb, 'bad.yaml'), 'alias'],
    ['a file of 10 MB', () => save('# '.padEnd(10_000_000, 'x'), 'bad.yaml'), 'larger than 256 KiB'],
    ['a binary file', () => save(new Uint8Array([0, 1, 2, 255]), 'bad.yaml'), 'not a text file'],
    [
      'a link out of the directory',
      () => symlink('/etc/passwd', path.join(directory, 'bad.yaml')),
      'out of the directory',
    ],
    ['a directory named like a file', () => mkdir(path.join(directory, 'bad.yaml')), 'not a file'],
  ])('are refused where there is %s among them, and the service lives', async (_what, place, reason) => {
    const { ruleset } = await rulesetOf(services[0])
    await place()
    await allRefuse(reason)
    for (const service of services) expect((await ask(service)).ruleset).toBe(ruleset)
    await rm(path.join(directory, 'bad.yaml'), { recursive: true })
    for (const service of services) await eventually(async () => (await rulesetOf(service)).lastError === null)
    expect((await rulesetOf(services[1])).ruleset).toBe(ruleset)
  })
})

describe('hosts of a rolling deployment', async () => {
  const databases = { 'old first': await createTestDatabase(), 'new first': await createTestDatabase() }
  it.each([
    ['old first', ['old', 'new', 'old', 'new'], ['old', 'new', 'new', 'new']],
    ['new first', ['new', 'old', 'new', 'old'], ['new', 'old', 'old', 'old']],
  ])('do not take turns, %s', async (order, starts, expected) => {
    const { url } = databases[order as keyof typeof databases]
    const directories = { old: await rulesDirectory(), new: await rulesDirectory({ ...RULES, [FILE]: costing(90) }) }
    const names = { 40: 'old', 90: 'new' } as Record<number, string>
    const seen: string[] = []
    let before: ServiceProcess | null = null
    for (const host of starts) {
      const UMPIRE_RULES_DIR = directories[host as keyof typeof directories]
      const service: ServiceProcess = await startService({ DATABASE_URL: url, UMPIRE_RULES_DIR })
      seen.push(names[(await ask(service)).reviewCost]!)
      if (before)
        await eventually(async () => (await rulesetOf(before!)).ruleset === (await rulesetOf(service)).ruleset)
      if (before) await stop(before)
      before = service
    }
    if (before) await stop(before)
    expect(seen).toEqual(expected)
  })
})

describe('a directory', async () => {
  const { url } = await createTestDatabase()

  it('is not watched where activation is manual', async () => {
    const env = { DATABASE_URL: url, UMPIRE_RULES_DIR: await rulesDirectory() }
    const unheeded = await rulesDirectory()
    const manual = await startService({ ...env, UMPIRE_RULES_DIR: unheeded, UMPIRE_ACTIVATION: 'manual' })
    const watching = await startService(env)
    await writeFile(path.join(unheeded, FILE), costing(91))
    // What is saved later elsewhere answers, and so would this if anybody looked at it.
    await writeFile(path.join(env.UMPIRE_RULES_DIR, FILE), costing(92))
    for (const service of [manual, watching]) {
      await eventually(async () => (await ask(service)).reviewCost === 92)
    }
    const { activations } = (await manual.call('GET', '/v1/rulesets')).body
    expect(activations).toHaveLength(2)
    await Promise.all([stop(manual), stop(watching)])
  })
})

describe('a restart', () => {
  const FAILING = `
now: 2026-11-20T09:00:00Z
cases:
  - { name: nobody is heard, facts: { arr: 1000, segment: smb }, expect: { action: wait } }
`
  const failing = { ...RULES, [FILE]: costing(93), 'expansion-outreach_test.yaml': FAILING }

  it.each([
    ['fails its cases', failing, 'case `nobody is heard`'],
    ['does not load', { ...RULES, [FILE]: costing('much') }, '`cost` must be a number'],
  ])(
    'goes on with what was active where its directory %s, and takes it when that is mended',
    async (_what, files, why) => {
      const { url } = await createTestDatabase()
      const good = await startService({ DATABASE_URL: url, UMPIRE_RULES_DIR: await rulesDirectory() })
      await stop(good)
      const directory = await rulesDirectory(files)
      const env = { DATABASE_URL: url, UMPIRE_RULES_DIR: directory }
      const manual = await startService({ ...env, UMPIRE_ACTIVATION: 'manual' })
      const watching = await startService(env)
      for (const service of [manual, watching]) {
        expect(await ask(service)).toMatchObject({ reviewCost: 40 })
        expect((await rulesetOf(service)).lastError.reasons[0]).toContain(why)
        expect((await service.call('GET', '/readyz')).body).toEqual({
          status: 'ready',
          degraded: expect.arrayContaining(['newer rules are refused: see GET /v1/ruleset']),
        })
        expect((await service.call('GET', '/metrics')).body).toMatch(/^umpire_ruleset_refused\S* 1/m)
        expect(service.output()).toContain('are refused; the last good ones go on answering')
      }
      await rm(path.join(directory, 'expansion-outreach_test.yaml'), { force: true })
      await writeFile(path.join(directory, FILE), costing(94))
      await eventually(async () => (await ask(watching)).reviewCost === 94)
      expect((await rulesetOf(watching)).lastError).toBeNull()
      expect(watching.output().match(/are refused/g)).toHaveLength(1)
      await Promise.all([stop(manual), stop(watching)])
    },
  )

  it.each([{}, { UMPIRE_ACTIVATION: 'manual' }])(
    'is refused where cases fail and nothing was ever active: %j',
    async (env) => {
      const { url } = await createTestDatabase()
      const service = spawnService({ DATABASE_URL: url, UMPIRE_RULES_DIR: await rulesDirectory(failing), ...env })
      expect(await service.exited).toBe(1)
      expect(service.output()).toContain('umpire: cases of the rules fail; mend the rules or the cases:\n')
      expect(service.output()).toContain('case `nobody is heard`: action: expected `wait`')
    },
  )
})
