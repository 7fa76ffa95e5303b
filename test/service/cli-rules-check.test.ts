import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { umpire } from './cli.ts'
import { createTestDatabase, execute } from './database.ts'

const RULES = `decision: outreach
facts: { arr: number }
states: { healthy: { prior: 0.8 }, at_risk: { prior: 0.2 } }
claims: { churn_risk: { pointsAt: [at_risk] } }
actions:
  send_email: { autonomy: autonomous, loss: { healthy: 0, at_risk: 0.002 * account.arr } }
  wait: { autonomy: autonomous, loss: { healthy: 0.0006 * account.arr, at_risk: 0 } }
review: { cost: 40, queue: csm }
`
const ODD = `${RULES}rules: [{ id: odd, when: account.arr > 5 && account.arr < 3, then: { tag: odd, because: Why } }]\n`

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'umpire-check-'))
})
afterAll(() => rm(directory, { recursive: true }))

async function writeRules(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const rules = path.join(directory, name)
  await mkdir(rules)
  for (const [file, text] of Object.entries(files)) await writeFile(path.join(rules, file), text)
  return rules
}

describe('umpire rules check', () => {
  it.each(['rules', 'examples/telco/rules'])('finds nothing in %s', async (rules) => {
    const { code, stdout, stderr } = await umpire(['rules', 'check', rules])
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^nothing wrong in \d+ files\n$/),
      stderr: '',
    })
  })

  it('refuses rules of which nothing can be asked', async () => {
    const rules = await writeRules('undecided', { 'agents.yaml': 'agents: {}\n' })
    expect(await umpire(['rules', 'check', rules])).toEqual({
      code: 1,
      stdout: expect.stringContaining(
        'agents.yaml:1:1 error: there is no decision in it, nor in any other file; begin one with `decision: <name>`\n',
      ),
      stderr: 'umpire: 1 error in 1 file\n',
    })
  })

  it('shows what is wrong in any file, tests too, and ends with code 1', async () => {
    const rules = await writeRules('wrong', {
      'outreach.yaml': RULES.replace('0.002 * account.arr', '0.002 * account.ar'),
      'agents.yaml': 'agents: { radar: { trust: 2 } }\n',
    })
    const { code, stdout, stderr } = await umpire(['rules', 'check', rules])
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'umpire: 2 errors in 2 files\n' })
    expect(stdout).toContain(`${path.join(rules, 'agents.yaml')}:1:27 error:`)
    expect(stdout).toContain('  1 │ agents: { radar: { trust: 2 } }\n    │                           ^\n')
    expect(stdout).toContain('did you mean')

    await writeFile(path.join(rules, 'outreach.yaml'), RULES)
    await writeFile(path.join(rules, 'agents.yaml'), 'agents: {}\n')
    await writeFile(path.join(rules, 'outreach_test.yaml'), 'cases: [{ name: x, expect: { action: wiat } }]\n')
    const again = await umpire(['rules', 'check'], { env: { UMPIRE_RULES_DIR: rules } })
    expect(again.stdout).toContain(`${path.join(rules, 'outreach_test.yaml')}:1:38 error: unknown action \`wiat\``)
    expect(again.stderr).toBe('umpire: 1 error in 3 files\n')
  })

  it('ends with code 0 where something only looks wrong, unless it is strict', async () => {
    const rules = await writeRules('odd', { 'outreach.yaml': ODD })
    const { code, stdout } = await umpire(['rules', 'check', rules])
    expect(code).toBe(0)
    expect(stdout).toContain('outreach.yaml:9:26 warning: `odd` never applies')
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('1 warning in 1 file')
    expect(await umpire(['rules', 'check', rules, '--strict'])).toMatchObject({
      code: 1,
      stderr: 'umpire: 1 warning in 1 file\n',
    })
  })

  it('prints JSON for programs and commands for GitHub', async () => {
    const rules = await writeRules('formats', { 'outreach.yaml': ODD })
    const json = await umpire(['rules', 'check', rules, '--format', 'json'])
    expect(JSON.parse(json.stdout)).toMatchObject({
      ruleset: expect.stringMatching(/^sha256:/),
      errors: 0,
      warnings: 1,
      problems: [{ file: path.join(rules, 'outreach.yaml'), line: 9, column: 26, severity: 'warning' }],
    })
    const github = await umpire(['rules', 'check', rules, '--format', 'github'])
    expect(github.stdout.split('\n')).toEqual([
      expect.stringMatching(/^::warning file=.*outreach\.yaml,line=9,col=26::`odd` never applies/),
      '1 warning in 1 file',
      '',
    ])
  })

  it('says where there is nothing to check, and what it does not know', async () => {
    expect(await umpire(['rules', 'check', path.join(directory, 'nowhere')])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('name another directory'),
    })
    expect(await umpire(['rules', 'check', '--format', 'xml'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Allowed choices are text, json, github'),
    })
  })
})

describe('umpire rules check --database', async () => {
  const { url } = await createTestDatabase()

  it('finds what nobody sends', async () => {
    const rules = await writeRules('unsent', { 'outreach.yaml': RULES })
    const check = () => umpire(['rules', 'check', rules, '--database'], { env: { DATABASE_URL: url } })
    // Of a database without accounts and signals nothing can be told.
    expect(await check()).toEqual({ code: 0, stdout: 'nothing wrong in 1 file\n', stderr: '' })

    const insert = 'INSERT INTO facts (account_id, sequence, facts) VALUES ($1, $2, $3)'
    await execute(url, insert, ['acme', 1, '{"arr": 5}'])
    await execute(url, insert, ['acme', 2, '{"arrr": 5, "segment": "smb"}'])
    const { code, stdout } = await check()
    expect(code).toBe(0)
    // The newest facts of each account are what it has.
    expect(stdout).toContain('outreach.yaml:2:10 warning: no account has a fact `arr`; did you mean `arrr`?')
    expect(stdout).toContain('1 warning in 1 file')
  })

  it('checks without a database that is not there, and says so', async () => {
    const rules = await writeRules('alone', { 'outreach.yaml': RULES })
    const env = { DATABASE_URL: 'postgres://127.0.0.1:1/nothing' }
    const { code, stdout, stderr } = await umpire(['rules', 'check', rules, '--database'], { env })
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'nothing wrong in 1 file\n' })
    expect(stderr).toMatch(/^umpire: the database can't be reached .*; checked without it\n$/)
    const none = { UMPIRE_DATA_DIR: path.join(directory, 'no-data') }
    expect(await umpire(['rules', 'check', rules, '--database'], { env: none })).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('no data in'),
    })
  })
})
