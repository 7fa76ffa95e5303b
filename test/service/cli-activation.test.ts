import { beforeAll, describe, expect, it } from 'vitest'
import { loadRuleset } from '../../src/core/rules/load.ts'
import { RULES } from './app.ts'
import { umpire } from './cli.ts'
import { createTestDatabase } from './database.ts'
import { KEY, rulesDirectory, type ServiceProcess, startService } from './faults/process.ts'
import { eventually } from './queue/eventually.ts'

const FILE = 'expansion-outreach.yaml'
const costing = (cost: number | string) => ({ ...RULES, [FILE]: RULES[FILE]!.replace('cost: 40', `cost: ${cost}`) })
const CASE = `
now: 2026-11-20T09:00:00Z
cases:
  - { name: nobody is heard, facts: { arr: 1000, segment: smb }, expect: { action: wait } }
`
/** Two review costs whose rulesets have hashes with the same first four digits. */
function alike(): readonly [number, number] {
  const seen = new Map<string, number>()
  for (let cost = 1000; ; cost++) {
    const { ruleset } = loadRuleset(Object.entries(costing(cost)).map(([path, text]) => ({ path, text })))
    const start = short(ruleset!.hash).slice(0, 4)
    const other = seen.get(start)
    if (other !== undefined) return [other, cost]
    seen.set(start, cost)
  }
}

const { url: databaseUrl } = await createTestDatabase()
const { url: unwatchedUrl } = await createTestDatabase()
const live = await rulesDirectory()
let service: ServiceProcess
let env: Readonly<Record<string, string>>
beforeAll(async () => {
  service = await startService({ DATABASE_URL: databaseUrl, UMPIRE_RULES_DIR: live })
  env = { UMPIRE_URL: service.url, UMPIRE_API_KEY: KEY, COLUMNS: '120' }
})

const rules = (...args: string[]) => umpire(['rules', ...args], { env })
const active = async (): Promise<string> => (await service.call('GET', '/v1/ruleset')).body.ruleset
const short = (hash: string) => hash.slice('sha256:'.length, 'sha256:'.length + 12)

describe('umpire rules', () => {
  it('activate makes a directory answer and says what is otherwise', async () => {
    const { code, stdout, stderr } = await rules('activate', await rulesDirectory(costing(50)))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const hash = short(await active())
    expect(stdout).toBe(
      `${hash} answers now, pinned until \`umpire rules release\`:\n  expansion-outreach: review cost 40 → 50\n`,
    )
  })

  it('activate says what answered already, and whether it is pinned now', async () => {
    const hash = await active()
    const already = `${short(hash)} answered already`
    const again = await rules('activate', hash)
    expect(again).toEqual({ code: 0, stdout: `${already}, and is pinned until \`umpire rules release\`\n`, stderr: '' })
    await rules('release')
    expect((await rules('activate', hash)).stdout).toBe(
      `${already}, and now is pinned until \`umpire rules release\`\n`,
    )
    expect((await service.call('GET', '/v1/ruleset')).body.pinned).toBe(true)
  })

  it('rollback goes back a step each time, and says when there is none', async () => {
    await rules('activate', await rulesDirectory(costing(60)))
    expect((await rules('rollback')).stdout).toContain('review cost 60 → 50')
    expect((await rules('rollback')).stdout).toContain('review cost 50 → 40')
    expect(await rules('rollback')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'umpire: no other ruleset has been active before; activate one by its hash\n',
    })
  })

  it('activate takes the beginning of a hash', async () => {
    const { activations } = (await service.call('GET', '/v1/rulesets')).body
    const fifty = activations.find(({ changes }: any) => changes[0]?.endsWith('→ 50')).ruleset
    expect(await rules('activate', short(fifty))).toMatchObject({ code: 0, stderr: '' })
    await eventually(async () => (await active()) === fifty)
    expect(await rules('activate', fifty)).toMatchObject({ code: 0 })
  })

  it('history shows who made which rules answer, as a table or JSON', async () => {
    const { stdout } = await rules('history')
    expect(stdout).toMatch(/ruleset\s+since \(UTC\)\s+by\s+what changed/)
    expect(stdout).toMatch(new RegExp(`→ +${short(await active())} .* admin +expansion-outreach: review cost 40 → 50`))
    expect(stdout).toMatch(/directory \S+ +the first/)
    expect(stdout).toContain('Pinned: the directory is not heard until `umpire rules release`.')
    const { directory } = (await service.call('GET', '/v1/ruleset')).body
    expect(directory).toEqual({ path: live, watched: true, ruleset: expect.stringMatching(/^sha256:/), differs: true })
    expect(stdout).toContain(
      `The directory \`${live}\` has other rules (${short(directory.ruleset)}); \`umpire rules activate ${live}\` takes them.`,
    )
    const history = JSON.parse((await rules('history', '--json')).stdout)
    expect(history[0]).toMatchObject({
      ruleset: await active(),
      by: 'admin',
      source: 'api',
      pinned: true,
      restores: null,
    })
    expect(history.map(({ restores }: any) => restores)).toContain(history.at(-1).sequence)
  })

  it('release lets the directory speak again', async () => {
    const { code, stdout } = await rules('release')
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `the directory is heard again; until something is taken from there ${short(await active())} answers\n`,
    })
    const { stdout: history } = await rules('history')
    expect(history).not.toContain('Pinned')
    expect(history).toContain('which are not taken until it changes')
  })

  it.each([
    [
      'a hash that nobody knows',
      'abcd1234',
      'no ruleset that was active, or ran last as a shadow, begins with `abcd1234`; see `umpire rules history`',
    ],
    ['a whole hash that nobody knows', 'f'.repeat(64), `no ruleset \`sha256:${'f'.repeat(64)}\``],
    ['what is no hash', 'ruels', '`ruels` is neither a directory nor the beginning of a hash, of four digits at least'],
    [
      'too little of a hash',
      'abc',
      '`abc` is neither a directory nor the beginning of a hash, of four digits at least',
    ],
  ])('activate refuses %s', async (_what, which, message) => {
    const before = await active()
    const { code, stdout, stderr } = await rules('activate', which)
    expect(code).toBeGreaterThan(0)
    expect(stdout).toBe('')
    expect(stderr).toContain(`umpire: ${message}`)
    expect(await active()).toBe(before)
  })

  it('activate refuses the beginning of several hashes', async () => {
    const [one, other] = alike()
    await rules('activate', await rulesDirectory(costing(one)))
    const { stdout } = await rules('activate', await rulesDirectory(costing(other)))
    const start = stdout.slice(0, 4)
    expect(await rules('activate', start)).toEqual({
      code: 1,
      stdout: '',
      stderr: `umpire: several rulesets begin with \`${start}\`; give more of the hash\n`,
    })
  })

  it('activate refuses rules that do not load, and those whose cases fail', async () => {
    const before = await active()
    const broken = await rules('activate', await rulesDirectory(costing('much')))
    expect(broken).toMatchObject({ code: 1, stdout: '' })
    expect(broken.stderr).toContain('the rules do not load; nothing was stored')
    expect(broken.stderr).toContain('`cost` must be a number, not `much`')
    const failing = await rules('activate', await rulesDirectory({ ...RULES, 'expansion-outreach_test.yaml': CASE }))
    expect(failing.stderr).toContain('cases of the rules fail; nothing was stored')
    expect(failing.stderr).toContain('case `nobody is heard`: action: expected `wait`')
    expect(await active()).toBe(before)
  })

  it('says who may not, and that nobody is there', async () => {
    const { stdout: key } = await umpire(['keys', 'create', '--name', 'reader', '--scope', 'read'], {
      env: { DATABASE_URL: databaseUrl },
    })
    const reader = { env: { ...env, UMPIRE_API_KEY: key.trim() } }
    for (const args of [['rollback'], ['release'], ['activate', await rulesDirectory(costing(51))]]) {
      const { code, stderr } = await umpire(['rules', ...args], reader)
      expect(code).toBe(1)
      expect(stderr).toContain('admin')
    }
    expect(await umpire(['rules', 'history'], reader)).toMatchObject({ code: 0 })
    const away = { env: { ...env, UMPIRE_URL: 'http://127.0.0.1:20999' } }
    for (const command of ['rollback', 'release', 'history']) {
      const { code, stdout, stderr } = await umpire(['rules', command], away)
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toContain('http://127.0.0.1:20999')
    }
  })
})

describe('umpire rules, of a service that does not watch its directory', () => {
  it('does not say that the directory is heard, and tells of what is there at a restart', async () => {
    const directory = await rulesDirectory()
    const start = () =>
      startService({ DATABASE_URL: unwatchedUrl, UMPIRE_RULES_DIR: directory, UMPIRE_ACTIVATION: 'manual' })
    const first = await start()
    const on = ({ url }: ServiceProcess) => ({ env: { ...env, UMPIRE_URL: url } })
    const { stdout: activated } = await umpire(['rules', 'activate', await rulesDirectory(costing(50))], on(first))
    const hash = activated.slice(0, 12)
    const { stdout: pinned } = await umpire(['rules', 'history'], on(first))
    expect(pinned).toContain('\nPinned until `umpire rules release`.\n')
    expect(pinned).toContain(`\nThe directory \`${directory}\` is not watched (UMPIRE_ACTIVATION=manual).\n`)
    expect(pinned).not.toContain('heard')
    expect((await umpire(['rules', 'release'], on(first))).stdout).toBe(
      `${hash} answers, not pinned any more; the directory is not watched (UMPIRE_ACTIVATION=manual)\n`,
    )
    first.child.kill('SIGTERM')
    await first.exited
    const second = await start()
    expect(second.output()).toContain(
      `other rules answer than those in \`${directory}\`; \`umpire rules activate ${directory}\` takes these`,
    )
    const { directory: told } = (await second.call('GET', '/v1/ruleset')).body
    expect(told).toMatchObject({ path: directory, watched: false, differs: true })
    await eventually(async () => (await second.call('GET', '/readyz')).body.degraded === undefined)
    const { stdout } = await umpire(['rules', 'history'], on(second))
    expect(stdout).toContain(
      `has other rules (${short(told.ruleset)}); \`umpire rules activate ${directory}\` takes them.\n`,
    )
  })
})
