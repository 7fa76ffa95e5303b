import { cp, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { putAccount } from '../../../src/app/accounts.ts'
import { adjudicate } from '../../../src/app/adjudications.ts'
import type { BacktestReport } from '../../../src/backtest/report.ts'
import { createTestApp, RULES } from '../app.ts'
import { umpire } from '../cli.ts'
import { createTestDatabase } from '../database.ts'
import { admin } from '../escalations/reviewing.ts'
import { temporaryDirectory } from '../faults/process.ts'

const TELCO = fileURLToPath(new URL('../../../examples/telco/', import.meta.url))
const BASELINE = path.join(TELCO, 'rules')
const FILES = ['accounts', 'signals', 'outcomes'].flatMap((kind) => [`--${kind}`, path.join(TELCO, `${kind}.jsonl`)])

const directory = await temporaryDirectory()
/** No database anywhere near. */
const AWAY = { UMPIRE_DATA_DIR: path.join(directory, 'none'), COLUMNS: '120' }

async function rulesDirectory(name: string, change: (text: string) => string): Promise<string> {
  const copy = path.join(directory, name)
  await cp(BASELINE, copy, { recursive: true })
  const file = path.join(copy, 'retention-offer.yaml')
  await writeFile(file, change(await readFile(file, 'utf8')))
  return copy
}

const dearer = await rulesDirectory('dearer', (text) => text.replace('at_risk: 5', 'at_risk: 8'))

describe('umpire backtest', () => {
  it('prints tables, in lines that fit, with nothing in them that changes from run to run', async () => {
    const args = ['backtest', '--candidate', dearer, '--baseline', BASELINE, ...FILES]
    const [one, other] = await Promise.all([
      umpire(args, { env: AWAY }),
      umpire([...args, '--threads', '2'], { env: AWAY }),
    ])
    expect(one).toMatchObject({ code: 0, stderr: expect.stringContaining('questions: 300 in') })
    expect(other.stdout).toBe(one.stdout)
    for (const title of [
      'What it comes to',
      'Answers that flip: ',
      'The costliest flips',
      'How often it was `at_risk`',
    ]) {
      expect(one.stdout).toContain(title)
    }
    expect(one.stdout).toMatch(
      /mean cost a question by the candidate's costs( +0\.\d{3}){2} +[−+]0\.\d{3}\n +of 300( +0\.\d{3} to 0\.\d{3}){2} /,
    )
    expect(one.stdout).toMatch(/act leave_alone → escalate +\d+ +outcome +\d+ +\d+ +0 +0 +[−+]\d\.\d{3}/)
    expect(Math.max(...one.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120)
  })

  it('prints JSON, in which a set against itself flips nothing', async () => {
    const args = [
      'backtest',
      '--candidate',
      BASELINE,
      '--baseline',
      BASELINE,
      ...FILES,
      '--json',
      '--minutes-per-review',
      '6',
    ]
    const { code, stdout } = await umpire(args, { env: AWAY })
    expect(code).toBe(0)
    const report = JSON.parse(stdout) as BacktestReport
    expect(report.settings).toEqual({ minutesPerReview: 6, replicates: 1_000, level: 0.95 })
    expect(report.candidate).toEqual({ ...report.baseline, name: BASELINE })
    expect(report.decisions[0]!.flips.count).toBe(0)
  })

  it.each([
    ['some of the files', [...FILES.slice(0, 4), '--candidate', dearer], 2, 'files come together; add --outcomes'],
    [
      'a span of files',
      [...FILES, '--candidate', dearer, '--since', 'P1D'],
      2,
      '--since is for the database; leave it out with files',
    ],
    [
      'a split of the database',
      ['--candidate', dearer, '--split', 'test'],
      2,
      '--split is for files; name them, or leave it out',
    ],
    ['months', ['--candidate', dearer, '--since', 'P1M'], 2, '--since: `P1M` has years or months'],
    ['no time', [...FILES, '--candidate', dearer, '--now', 'today'], 2, '--now: `today` is no time'],
    [
      'no minutes',
      [...FILES, '--candidate', dearer, '--minutes-per-review', '0'],
      2,
      '--minutes-per-review: `0` is not a number above 0',
    ],
    ['no candidate', FILES, 2, 'required option `--candidate <rules>` not specified'],
    ['no rules', [...FILES, '--candidate', '/nowhere'], 1, "can't read the rules directory `/nowhere` (ENOENT)"],
    ['no data', ['--candidate', dearer], 1, 'no data in `'],
    [
      'a decision that there is not',
      [...FILES, '--candidate', dearer, '--baseline', BASELINE, '--decision', 'x'],
      1,
      'neither set has the decision `x`; they have `retention-offer`',
    ],
  ])('refuses %s', async (_what, args, code, message) => {
    const ran = await umpire(['backtest', ...args], { env: AWAY })
    expect(ran).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringContaining(message),
    })
  })

  it('writes the page, and says where it is', async () => {
    const page = path.join(directory, 'report.html')
    const ran = await umpire(['backtest', '--candidate', dearer, '--baseline', BASELINE, ...FILES, '--html', page], {
      env: AWAY,
    })
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringMatching(/the page is in .*report\.html\n$/i) })
    expect(await readFile(page, 'utf8')).toContain('<!doctype html>')
  })

  it('refuses a page that has no place before it replays anything', async () => {
    const args = ['backtest', '--candidate', dearer, '--baseline', BASELINE, ...FILES, '--html', '/nowhere/report.html']
    const ran = await umpire(args, { env: AWAY })
    expect(ran).toEqual({
      code: 1,
      stdout: '',
      stderr: "umpire: can't write `/nowhere/report.html` (ENOENT); name another with --html\n",
    })
  })

  it('prints what it found though the page can not be written in the end', async () => {
    const args = ['backtest', '--candidate', dearer, '--baseline', BASELINE, ...FILES, '--html', directory]
    const ran = await umpire(args, { env: AWAY })
    expect(ran).toMatchObject({ code: 1, stdout: expect.stringContaining('What it comes to') })
    expect(ran.stderr).toContain(`can't write \`${directory}\` (EISDIR); name another with --html`)
  })

  it('shows all that is wrong with a candidate that does not load', async () => {
    const broken = await rulesDirectory('broken', (text) =>
      text.replace('prior: 0.733', 'prior: 0.9').replace('points', 'pionts'),
    )
    const ran = await umpire(['backtest', '--candidate', broken, ...FILES], { env: AWAY })
    expect(ran).toMatchObject({ code: 1, stdout: '' })
    expect(ran.stderr).toContain("the rules don't load; mend")
    expect(ran.stderr).toMatch(/broken\/retention-offer\.yaml:\d+:\d+/)
  })
})

describe('umpire backtest, of a database', async () => {
  const { app, databaseUrl } = await createTestApp()
  await putAccount(app, admin, 'acme', { facts: { arr: 180_000, segment: 'smb' } })
  const { id } = await adjudicate(app, admin, { account: 'acme', decision: 'expansion-outreach' })
  const env = { DATABASE_URL: databaseUrl, COLUMNS: '120' }
  const candidate = path.join(directory, 'expansion')
  await cp(BASELINE, candidate, { recursive: true })
  await writeFile(
    path.join(candidate, 'retention-offer.yaml'),
    RULES['expansion-outreach.yaml']!.replace('cost: 40', 'cost: 4000'),
  )

  it('compares with what is active, by its name and by its hash alike', async () => {
    const hash = app.rules.active.hash
    const reports = await Promise.all(
      [[], ['--baseline', hash], ['--baseline', hash.slice(7, 19)]].map(async (baseline) => {
        const args = ['backtest', '--candidate', candidate, ...baseline, '--json']
        const { code, stdout, stderr } = await umpire(args, { env })
        expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('umpire:') })
        return JSON.parse(stdout) as BacktestReport
      }),
    )
    expect(reports.map((report) => report.baseline)).toEqual([
      { hash, name: 'active' },
      { hash, name: hash },
      { hash, name: hash.slice(7, 19) },
    ])
    const [{ decisions, history }] = reports as [BacktestReport]
    expect(history.reproduced).toEqual({ of: 1, same: 1 })
    expect(decisions[0]!.flips.costliest[0]!.link).toBe(`/v1/adjudications/${id}`)
  })

  it.each([
    ['a hash that there is not', `sha256:${'0'.repeat(64)}`, 'no ruleset `sha256:0000'],
    ['what is no hash', 'sha256:xyz', '`sha256:xyz` is no hash; write `sha256:` and at least eight of its digits'],
  ])('refuses %s', async (_what, baseline, message) => {
    const ran = await umpire(['backtest', '--candidate', candidate, '--baseline', baseline], { env })
    expect(ran).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(message) })
  })

  it('refuses a database in which nothing was ever active', async () => {
    const { url } = await createTestDatabase()
    const ran = await umpire(['backtest', '--candidate', candidate], { env: { DATABASE_URL: url } })
    expect(ran.stderr).toContain('no ruleset was ever active in this database; name a directory with --baseline')
    expect(ran.code).toBe(1)
  })
})
