import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type Ran, umpire } from './cli.ts'
import { createTestDatabase, databaseUrl, execute } from './database.ts'
import { startService } from './faults/process.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'umpire-cli-'))
})
afterAll(() => rm(directory, { recursive: true }))

const RULES = `decision: outreach
facts: { arr: number }
states: { healthy: { prior: 0.8 }, at_risk: { prior: 0.2 } }
claims: { churn_risk: { pointsAt: [at_risk] } }
actions:
  send_email: { autonomy: autonomous, loss: { healthy: 0, at_risk: 0.002 * account.arr } }
  wait: { autonomy: autonomous, loss: { healthy: 0.0006 * account.arr, at_risk: 0 } }
review: { cost: 40, queue: csm }
`

async function writeRules(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const rules = path.join(directory, name)
  await mkdir(rules)
  for (const [file, text] of Object.entries(files)) await writeFile(path.join(rules, file), text)
  return rules
}

describe('a command line', () => {
  it('explains itself', async () => {
    const { code, stdout } = await umpire(['--help'])
    expect(code).toBe(0)
    for (const command of ['serve', 'migrate', 'keys', 'adjudicate', 'escalations', 'audit', 'demo'])
      expect(stdout).toContain(command)
  })

  it('explains a command', async () => {
    for (const args of [
      ['help', 'keys'],
      ['keys', 'help'],
      ['keys', '--help'],
    ]) {
      expect(await umpire(args)).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: umpire keys') })
    }
    expect(await umpire(['help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: umpire ') })
  })

  it('tells its version', async () => {
    expect(await umpire(['--version'])).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' })
  })

  it.each([
    ['an unknown command', ['sevre'], 'umpire: unknown command `sevre`; did you mean `serve`?\n'],
    ['an unknown option', ['adjudicate', '--jsn'], 'umpire: unknown option `--jsn`; did you mean `--json`?\n'],
    [
      'a missing argument',
      ['keys', 'revoke'],
      'umpire: missing required argument `name`; see `umpire keys revoke --help`\n',
    ],
    [
      'a missing option',
      ['keys', 'create', '--name', 'x'],
      'umpire: required option `--scope <scope...>` not specified; see `umpire keys create --help`\n',
    ],
    [
      'a number that is none',
      ['escalations', 'list', '--limit', '0'],
      'umpire: option `-n, --limit <number>` argument `0` is invalid: it must be a number, at least 1; see `umpire escalations list --help`\n',
    ],
    [
      'several answers',
      ['escalations', 'resolve', 'x', '--uphold', '--dismiss', '--reason', 'r'],
      'umpire: option `--uphold` cannot be used with option `--dismiss`; see `umpire escalations resolve --help`\n',
    ],
    [
      'no answer',
      ['escalations', 'resolve', 'x', '--reason', 'r'],
      'umpire: give one answer: --uphold, --override <action> or --dismiss\n',
    ],
    [
      'nothing to claim',
      ['escalations', 'claim'],
      'umpire: name an escalation, or a queue by --next; see `umpire escalations claim --help`\n',
    ],
    ['an unknown command of a command', ['keys', 'make'], 'umpire: unknown command `make`; see `umpire keys --help`\n'],
  ])('that means nothing ends with code 2 and one line: %s', async (_what, args, stderr) => {
    expect(await umpire(args)).toEqual({ code: 2, stdout: '', stderr })
  })

  it('names the variable that is wrong', async () => {
    const { code, stderr } = await umpire(['serve'], { env: { PORT: 'ninety' } })
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'umpire: PORT must be an integer from 0 to 65535, not `ninety`\n',
    })
  })
})

describe('adjudicate', () => {
  const question = {
    account: 'acme',
    decision: 'outreach',
    now: '2026-11-20T09:00:00Z',
    facts: { arr: 180_000 },
    agents: { radar: { mode: 'live', trust: 1 } },
    signals: [{ id: 's1', agent: 'radar', claim: 'churn_risk', confidence: 0.82 }],
  }
  let rules: string
  beforeAll(async () => {
    rules = await writeRules('offline', { 'outreach.yaml': RULES })
  })

  it('answers a file as the API does', async () => {
    const file = path.join(directory, 'question.json')
    await writeFile(file, JSON.stringify(question))
    const { code, stdout } = await umpire(['adjudicate', file, '--rules', rules, '--json'])
    expect(code).toBe(0)
    const answer = JSON.parse(stdout)
    expect(answer).toMatchObject({
      id: null,
      account: 'acme',
      decision: 'outreach',
      recommendation: { action: 'wait', disposition: 'act' },
      createdAt: '2026-11-20T09:00:00.000Z',
      audit: null,
    })
    // One agent of trust 1: its word, 0.82, is what is believed.
    expect(answer.beliefs.at_risk).toBeCloseTo(0.82, 12)
    expect(answer.regret).toBeCloseTo(0.18 * 0.0006 * 180_000, 9)
  })

  it('answers standard input in words, without colour where nobody watches', async () => {
    const env = { UMPIRE_RULES_DIR: rules }
    const { code, stdout } = await umpire(['adjudicate'], { env, stdin: JSON.stringify(question) })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Wait\. radar \(82 % churn risk, today\) points that way/)
    expect(stdout).not.toContain('\u001b')
  })

  it('says all that is wrong with the question', async () => {
    const { code, stdout, stderr } = await umpire(['adjudicate', '-', '-r', rules], { stdin: '{"account": 7}' })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('stdin:1:13 error: `account` must be text, not `7`')
    expect(stderr).toContain('error: `decision` is missing')
  })

  it('names the file that is not there', async () => {
    const { code, stderr } = await umpire(['adjudicate', 'nowhere.json', '-r', rules])
    expect(code).toBe(1)
    expect(stderr).toBe("umpire: can't read `nowhere.json` (ENOENT); name a JSON file, or - for standard input\n")
  })

  it('says all that is wrong with the rules, with file, line and column', async () => {
    const bad = await writeRules('bad', {
      'a.yaml': RULES.replace('0.002 * account.arr', '0.002 * account.ar'),
      'b.yaml': RULES.replace('decision: outreach', 'decision: other').replace(
        'pointsAt: [at_risk]',
        'pointsAt: [atrisk]',
      ),
    })
    const { code, stderr } = await umpire(['adjudicate', '-r', bad], { stdin: JSON.stringify(question) })
    expect(code).toBe(1)
    const [first, ...problems] = stderr.trim().split('\n')
    expect(first).toBe("umpire: the rules don't load; mend these 2 problems:")
    expect(problems).toEqual([
      `${bad}/a.yaml:6:84 error: unknown fact \`account.ar\`; did you mean \`account.arr\`?`,
      `${bad}/b.yaml:4:36 error: unknown state \`atrisk\`; did you mean \`at_risk\`?`,
    ])
  })

  it('says where it looked for rules', async () => {
    const { code, stderr } = await umpire(['adjudicate', '-r', path.join(directory, 'none')], { stdin: '{}' })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^umpire: can't read the rules directory `.*none` \(ENOENT\); name another by --rules\n$/)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })
})

describe('on a server of the operator', async () => {
  const { url } = await createTestDatabase()
  const run = (...args: string[]): Promise<Ran> => umpire(args, { env: { DATABASE_URL: url } })

  it('migrates an empty database once, and prints what ran', async () => {
    const server = inject('postgresUrl')
    const name = `${new URL(url).pathname.slice(1)}_empty`
    await execute(server, `CREATE DATABASE ${name}`)
    try {
      const env = { DATABASE_URL: databaseUrl(server, name) }
      expect(await umpire(['migrate'], { env })).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ran 0001_/) })
      expect(await umpire(['migrate'], { env })).toEqual({ code: 0, stdout: 'up to date\n', stderr: '' })
    } finally {
      await execute(server, `DROP DATABASE ${name} WITH (FORCE)`)
    }
  })

  it('makes, lists and revokes keys, and shows a token only once', async () => {
    const made = await run(
      'keys',
      'create',
      '--name',
      'ada',
      '--principal',
      'person',
      '--scope',
      'read',
      'escalations:review',
    )
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ump_[\w-]{43}\n$/) })
    expect(made.stderr).toContain('`ada`')

    await run(
      'keys',
      'create',
      '--name',
      'radar',
      '--principal',
      'agent',
      '--scope',
      'signals:write',
      '--agent',
      'churn-radar',
    )
    const listed = JSON.parse((await run('keys', 'list', '--json')).stdout)
    expect(listed).toMatchObject([
      { name: 'ada', principal: 'person', scopes: ['read', 'escalations:review'], agents: null, revokedAt: null },
      { name: 'radar', principal: 'agent', scopes: ['signals:write'], agents: ['churn-radar'] },
    ])

    expect(await run('keys', 'revoke', 'ada')).toMatchObject({ code: 0, stderr: '' })
    const { stdout } = await run('keys', 'list')
    expect(stdout).toMatch(/ada +person +revoked \d{4}-\d\d-\d\d/)
    expect(stdout).toMatch(/radar +agent +since .* churn-radar +signals:write/)
    expect(stdout).not.toContain('ump_')
  })

  it('takes scopes one by one, in a row or with commas', async () => {
    const make = (name: string, ...args: string[]) => run('keys', 'create', '--name', name, ...args)
    await make('one-by-one', '--scope', 'read', '--scope', 'signals:write')
    await make('in-a-row', '--scope', 'read', 'signals:write')
    await make('with-commas', '--scope', 'read,signals:write')
    const keys: { name: string; scopes: string[] }[] = JSON.parse((await run('keys', 'list', '--json')).stdout)
    const scopes = Object.fromEntries(keys.map((key) => [key.name, key.scopes]))
    const both = ['read', 'signals:write']
    expect(scopes).toMatchObject({ 'one-by-one': both, 'in-a-row': both, 'with-commas': both })
  })

  it('says when the last admin key is revoked, and how to make another', async () => {
    for (const name of ['root', 'root-2']) await run('keys', 'create', '--name', name, '--scope', 'admin')
    expect(await run('keys', 'revoke', 'root')).toMatchObject({ code: 0, stderr: '' })
    expect(await run('keys', 'revoke', 'root-2')).toMatchObject({
      code: 0,
      stderr: 'no admin key is left; make one with `umpire keys create --name <name> --scope admin`\n',
    })
  })

  it.each([
    [2, ['--scope', 'reed'], 'umpire: unknown scope `reed`; did you mean `read`?\n'],
    [
      1,
      ['--scope', 'read', '--principal', 'agent'],
      "umpire: key `x` is an agent's, so it must name exactly one agent\n",
    ],
  ])('refuses a key that means nothing (exit code %d)', async (code, args, stderr) => {
    expect(await run('keys', 'create', '--name', 'x', ...args)).toEqual({ code, stdout: '', stderr })
  })

  it('says that there is no such key', async () => {
    const { code, stderr } = await run('keys', 'revoke', 'nobody')
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'umpire: there is no key `nobody` in use; list them to see their names\n',
    })
  })

  it('verifies the trail, and names the entry that was tampered with', async () => {
    await run('keys', 'create', '--name', 'eve', '--scope', 'read')
    expect(await run('audit', 'verify')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^the trail holds: \d+ entries in /),
    })
    expect(await run('audit', 'verify', '--stream', 'keys')).toMatchObject({ code: 0 })
    expect(await run('audit', 'verify', '--stream', 'account:nobody')).toMatchObject({
      code: 1,
      stderr: 'umpire: there is no stream `account:nobody`; streams are named as in account:acme\n',
    })

    const forged = `UPDATE audit_payloads SET payload = replace(payload, 'read', 'admin') WHERE stream = 'keys' AND payload LIKE '%eve%' RETURNING sequence`
    const [row] = await execute<{ sequence: string }>(url, forged)
    expect(await run('audit', 'verify')).toEqual({
      code: 1,
      stdout: '',
      stderr: `umpire: the trail is broken: stream \`keys\`, sequence ${row?.sequence}: the payload is not the one that was recorded\n`,
    })
  })

  it('says so where the database is not there', async () => {
    const { code, stderr } = await umpire(['keys', 'list'], { env: { DATABASE_URL: 'postgres://u@127.0.0.1:9/x' } })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^umpire: the database can't be reached \(.*ECONNREFUSED.*\); check DATABASE_URL\n$/)
  })
})

describe('on embedded storage', () => {
  it('makes no database where one is only looked for', async () => {
    const dataDir = path.join(directory, 'typo')
    for (const args of [
      ['keys', 'list'],
      ['audit', 'verify'],
    ]) {
      const { code, stderr } = await umpire(args, { env: { UMPIRE_DATA_DIR: dataDir } })
      expect(code).toBe(1)
      expect(stderr).toBe(`umpire: no data in \`${dataDir}\`; set UMPIRE_DATA_DIR or DATABASE_URL to where it is\n`)
    }
    await expect(stat(dataDir)).rejects.toThrow('ENOENT')
  })

  it('works alone, then beside a running service, which accepts and then refuses the key', async () => {
    const env = {
      UMPIRE_DATA_DIR: path.join(directory, 'data'),
      UMPIRE_RULES_DIR: await writeRules('served', { 'outreach.yaml': RULES }),
    }
    const first = await umpire(['keys', 'create', '--name', 'before', '--scope', 'read'], { env })
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ump_/) })

    const { url, child, exited } = await startService(env)
    const second = await umpire(['keys', 'create', '--name', 'beside', '--scope', 'read'], { env })
    expect(second).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ump_/) })
    for (const { stdout } of [first, second]) expect(await askRuleset(url, stdout.trim())).toBe(200)

    expect(await umpire(['audit', 'verify'], { env })).toMatchObject({ code: 0 })
    expect(await umpire(['migrate'], { env })).toEqual({ code: 0, stdout: 'up to date\n', stderr: '' })
    expect(await umpire(['keys', 'revoke', 'beside'], { env })).toMatchObject({ code: 0 })
    await expect.poll(() => askRuleset(url, second.stdout.trim()), { timeout: 60_000 }).toBe(401)

    child.kill('SIGTERM')
    expect(await exited).toBe(0)
  })
})

async function askRuleset(url: string, token: string): Promise<number> {
  const { status } = await fetch(`${url}/v1/ruleset`, { headers: { authorization: `Bearer ${token}` } })
  return status
}
