import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { afterwards } from './afterwards.ts'
import { RULES } from './app.ts'
import { startUmpire, umpire } from './cli.ts'
import { createTestDatabase } from './database.ts'
import { KEY, rulesDirectory, type ServiceProcess, startService } from './faults/process.ts'
import { freePort } from './ports.ts'

const QUEUES = `
queues:
  csm: { description: Who looks after accounts }
  ops: { description: Who mends rules }
reasons: { agreed: It is right, knows_account: Knows more }
`
const { url: database } = await createTestDatabase()
const { url: restarted } = await createTestDatabase()
const rules = await rulesDirectory({ ...RULES, 'queues.yaml': QUEUES })

const NOWHERE = `http://127.0.0.1:${await freePort()}`

let service: ServiceProcess
let env: Readonly<Record<string, string>>
beforeAll(async () => {
  service = await startService({ DATABASE_URL: database, UMPIRE_RULES_DIR: rules })
  env = { UMPIRE_URL: service.url, UMPIRE_API_KEY: KEY, UMPIRE_REVIEWER: 'maria', COLUMNS: '120' }
})

const escalations = (...args: string[]) => umpire(['escalations', ...args], { env })
/** What it prints, of a command that succeeds. */
async function told(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await escalations(...args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}
const refused = async (...args: string[]) => {
  const { code, stdout, stderr } = await escalations(...args)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  return stderr
}

/** Two agents that contradict each other about an account, so that a person decides. */
async function ask(account: string, by: ServiceProcess = service) {
  const said = (id: string, agent: string, claim: string, confidence: number) => ({ id, agent, claim, confidence })
  const { status, body } = await by.call('POST', '/v1/adjudications', {
    account,
    decision: 'expansion-outreach',
    facts: { arr: 180_000, segment: 'smb' },
    signals: [said('p-1', 'pulse', 'healthy', 0.9), said('c-1', 'churn-radar', 'churn_risk', 0.82)],
    proposal: { agent: 'renewal-copilot', action: 'send_expansion_email' },
  })
  expect(status).toBe(201)
  return body
}
const open = async (account: string): Promise<string> => (await ask(account)).escalation.id

describe('a reviewer at a terminal', () => {
  it('sees what waits, takes it, decides it, and nobody is asked again', async () => {
    const id = await open('acme')
    const short = id.slice(-8)
    expect(await told('list')).toMatch(
      new RegExp(
        `^ {2}id +due +account +question +regret +recommends +who\\n {2}${short} +in 8 h +acme +expansion-outreach +\\$59 +wait$`,
        'm',
      ),
    )
    expect(await told('show', short)).toMatch(/^A person decides on send expansion email; wait looks better\./)
    expect(await told('claim', short)).toBe(
      `maria holds expansion-outreach about acme (${short}) for 15 min; \`umpire escalations show ${short}\` shows what to decide\n`,
    )
    expect(await told('list', '--mine')).toMatch(/acme .* maria$/m)
    expect(await told('comment', short, 'They', 'call at noon')).toBe(
      `maria has commented on expansion-outreach about acme (${short})\n`,
    )
    const answer = ['--override', 'send_expansion_email', '--reason', 'knows_account', '--state', 'healthy']
    expect(await told('resolve', short, ...answer, '--wrong', 'c-1', '--comment', 'All is well')).toBe(
      `expansion-outreach about acme (${short}) is resolved by maria: override: send expansion email (knows_account)\n`,
    )
    expect(await ask('acme')).toMatchObject({
      recommendation: {
        action: 'send_expansion_email',
        disposition: 'act',
        reasons: ['decided_by_person'],
      },
      proposal: { verdict: 'allow' },
      escalation: null,
    })
    expect(await told('list')).toBe('no escalations\n')
    expect(await told('list', '--status', 'resolved')).toContain(id)
    const shown = await told('show', id)
    for (const text of [
      'wrong signals  c-1',
      'commented by maria: They call at noon',
      'resolved by maria: All is well',
    ]) {
      expect(shown).toContain(text)
    }
  })

  it('takes what should be taken first, and gives it back', async () => {
    const id = await open('globex')
    expect(await told('claim', '--next', 'csm')).toContain('maria holds expansion-outreach about globex')
    expect(await refused('claim', '--next', 'csm')).toBe('umpire: nothing waits in `csm`\n')
    const unknown = 'umpire: no queue `cms` is known; there are `csm`, `ops`\n'
    expect(await refused('claim', '--next', 'cms')).toBe(
      'umpire: queues.yaml has no queue `cms`; it has `csm`, `ops`\n',
    )
    expect(await refused('list', '--queue', 'cms')).toBe(unknown)
    expect(await told('list', '--queue', 'ops')).toBe('no escalations\n')
    expect(await told('release', 'globex')).toBe(`expansion-outreach about globex (${id.slice(-8)}) is open again\n`)
    expect(await told('reassign', 'globex', 'ben')).toContain('is for ben of `csm` now')
    expect(await told('list', '--account', 'globex')).toMatch(/for ben$/m)
    expect(await told('list', '--mine')).toBe('no escalations\n')
    expect(await told('list', '--mine', '--as', 'ben')).toContain('globex')
    expect(await told('reassign', 'globex')).toContain('is for anybody of `csm` now')
    expect(await told('reassign', 'globex', 'ben', '--queue', 'ops')).toContain('is for ben of `ops` now')
    expect(await told('resolve', 'globex', '--dismiss', '--reason', 'agreed')).toContain('dismiss (agreed)')
  })

  it('prints what the API gives as JSON', async () => {
    const id = await open('initech')
    const [first] = JSON.parse(await told('list', '--json', '--account', 'initech'))
    expect(first).toMatchObject({ id, status: 'open' })
    expect(JSON.parse(await told('show', 'initech', '--json'))).toMatchObject({
      id,
      adjudicationDetail: { account: 'initech' },
    })
    await told('resolve', id, '--uphold', '--reason', 'agreed')
  })

  it('is told that there are more than are shown', async () => {
    await open('one')
    await open('two')
    const { code, stdout, stderr } = await escalations('list', '--limit', '1')
    expect({ code, rows: stdout.trim().split('\n').length }).toEqual({ code: 0, rows: 2 })
    expect(stderr).toBe('these are the first 1; --limit shows more\n')
    for (const account of ['one', 'two']) await told('resolve', account, '--dismiss', '--reason', 'agreed')
  })
})

describe('a command that the service refuses', () => {
  it('says who holds an item', async () => {
    const id = await open('held')
    await told('claim', 'held', '--as', 'ben')
    const words = new RegExp(
      `^umpire: \`ben\` holds escalation \`${id}\` until .*; take another, or ask them to release it\n$`,
    )
    expect(await refused('claim', 'held')).toMatch(words)
    expect(await refused('resolve', 'held', '--uphold', '--reason', 'agreed')).toMatch(words)
    await told('resolve', 'held', '--uphold', '--reason', 'agreed', '--as', 'ben')
    expect(await refused('claim', id)).toMatch(/^umpire: escalation `.*` was resolved by `ben` at /)
  })

  it('names what does not exist', async () => {
    await open('known')
    expect(await refused('resolve', 'known', '--dismiss', '--reason', 'bored')).toContain('no reason `bored`')
    expect(await refused('resolve', 'known', '--override', 'fly', '--reason', 'agreed')).toContain('no action `fly`')
    expect(await refused('show', 'nobody')).toContain('no escalation that waits for a person ends with `nobody`')
    const id = '00000000-0000-7000-8000-000000000000'
    expect(await refused('show', id)).toBe(`umpire: no escalation \`${id}\`\n`)
    await told('resolve', 'known', '--dismiss', '--reason', 'agreed')
  })
})

describe('a key', () => {
  it('of a person acts for them alone', async () => {
    const keys = { env: { DATABASE_URL: database } }
    const scopes = ['--scope', 'read', '--scope', 'escalations:review']
    const { stdout } = await umpire(['keys', 'create', '--name', 'ada', '--principal', 'person', ...scopes], keys)
    const own = { UMPIRE_URL: service.url, UMPIRE_API_KEY: stdout.trim() }
    await open('hers')
    const claimed = await umpire(['escalations', 'claim', 'hers'], { env: own })
    expect(claimed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ada holds /), stderr: '' })
    expect((await umpire(['escalations', 'list', '--mine'], { env: own })).stdout).toContain('hers')
    const asBen = await umpire(['escalations', 'release', 'hers', '--as', 'ben'], { env: own })
    expect(asBen.stderr).toBe(
      "umpire: the key is `ada`'s and can't act for `ben`; use a key of theirs, or an admin's\n",
    )
    await told('resolve', 'hers', '--dismiss', '--reason', 'agreed', '--as', 'ada')
  })

  it('of an admin acts for the user of the machine where nobody is named, and says so', async () => {
    const { UMPIRE_REVIEWER: _, ...unnamed } = env
    const { code, stderr } = await umpire(['escalations', 'list', '--mine'], { env: unnamed })
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(
        /^acting as `.+`, since the key is an admin's; --as or UMPIRE_REVIEWER names another\n$/,
      ),
    })
  })

  it('that is wrong is named by where it was found, never repeated', async () => {
    const wrong = { ...env, UMPIRE_API_KEY: 'ump_of_nobody' }
    const { code, stderr } = await umpire(['escalations', 'list'], { env: wrong })
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `umpire: \`${service.url}\` refuses the key in UMPIRE_API_KEY: the API key is unknown or has been revoked; ask whoever runs this service for one\n`,
    })
  })

  it('is looked for in the data directory', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'umpire-key-'))
    afterwards(() => rm(directory, { recursive: true }))
    const found = { UMPIRE_URL: service.url, UMPIRE_DATA_DIR: directory }
    const file = path.join(directory, 'admin.key')
    expect((await umpire(['escalations', 'list'], { env: found })).stderr).toBe(
      `umpire: no API key: UMPIRE_API_KEY is not set, and \`${file}\` can't be read (ENOENT); set UMPIRE_API_KEY\n`,
    )
    await writeFile(file, 'two words\n')
    expect((await umpire(['escalations', 'list'], { env: found })).stderr).toBe(
      `umpire: what is in \`${file}\` is no API key: a key is one word of printable ASCII characters\n`,
    )
    await writeFile(file, `${KEY}\n`)
    expect(await umpire(['escalations', 'list'], { env: found })).toMatchObject({ code: 0, stderr: '' })
  })
})

describe('a service that is none', () => {
  it.each([
    [
      'that does not answer',
      NOWHERE,
      1,
      `no service answers at \`${NOWHERE}\` (ECONNREFUSED); start it with \`umpire serve\`, or name another by --url or UMPIRE_URL`,
    ],
    ['of another scheme', 'ftp://x', 2, 'the URL of a service starts with http:// or https://, unlike `ftp://x`'],
  ])('%s', async (_what, url, code, message) => {
    expect(await escalations('list', '--url', url)).toEqual({ code, stdout: '', stderr: `umpire: ${message}\n` })
  })
})

/** A command that goes on, and what it has printed. */
function follow(child: ChildProcess) {
  const printed = { stdout: '', stderr: '' }
  const listeners = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text
      for (const listener of listeners) listener()
    })
  }
  const closed = once(child, 'close').then(([code]) => code as number | null)
  return {
    child,
    printed,
    closed,
    /** Waits until it has printed this. */
    async has(name: 'stdout' | 'stderr', expected: RegExp) {
      const gone = closed.then((code) => {
        throw new Error(`ended with code ${code}: ${JSON.stringify(printed)}`)
      })
      gone.catch(() => {})
      const seen = new Promise<void>((resolve) => {
        const look = () => {
          if (!expected.test(printed[name])) return
          listeners.delete(look)
          resolve()
        }
        listeners.add(look)
        look()
      })
      await Promise.race([seen, gone])
    },
  }
}

describe('watch', () => {
  it('prints a line for each change where nobody looks on, and ends well with Ctrl-C', async () => {
    await open('before')
    const watch = follow(startUmpire(['escalations', 'watch', '--queue', 'csm'], env))
    await watch.has('stderr', /^following `csm`: 1 wait; a line for each change\n/)
    const id = await open('watched')
    const AT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/.source
    const line = (what: string, detail: string) =>
      new RegExp(`^${AT} ${what} ${id.slice(-8)} csm expansion-outreach about watched ${detail}$`, 'm')
    await watch.has('stdout', line('opened', 'regret \\$59, recommends wait'))
    await told('claim', 'watched')
    await watch.has('stdout', line('claimed', 'by maria'))
    await told('resolve', 'watched', '--uphold', '--reason', 'agreed')
    await watch.has('stdout', line('resolved', 'uphold: wait by maria \\(agreed\\)'))
    watch.child.kill('SIGINT')
    expect(await watch.closed).toBe(0)
    expect(watch.printed.stdout.trim().split('\n')).toHaveLength(3)
    await told('resolve', 'before', '--dismiss', '--reason', 'agreed')
  })

  it('outlives a restart of the service with one line', async () => {
    const settings = { DATABASE_URL: restarted, UMPIRE_RULES_DIR: rules, PORT: String(await freePort()) }
    const first = await startService(settings)
    const watch = follow(startUmpire(['escalations', 'watch'], { ...env, UMPIRE_URL: first.url }))
    await watch.has('stderr', /^following all queues: 0 wait/)
    first.child.kill('SIGKILL')
    await first.exited
    await watch.has('stderr', /\nno service answers at `http:.*` \(\w+\); waiting for it\n$/)
    const second = await startService(settings)
    await ask('after', second)
    await watch.has('stdout', / opened \w{8} csm expansion-outreach about after /)
    watch.child.kill('SIGINT')
    expect(await watch.closed).toBe(0)
    expect(watch.printed.stderr.trim().split('\n')).toHaveLength(2)
  })

  it('fails at once where there is no service to begin with', async () => {
    const { code, stderr } = await escalations('watch', '--url', NOWHERE)
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^umpire: no service answers/) })
  })
})
