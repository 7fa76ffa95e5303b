import { once } from 'node:events'
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startUmpire, umpire } from './cli.ts'

let root: string
let rules: string
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'umpire-cases-'))
  rules = path.join(root, 'rules')
  await cp(path.join(import.meta.dirname, '../rules/fixtures'), rules, { recursive: true })
})
afterEach(() => rm(root, { recursive: true }))

const CASES = 'expansion-outreach_test.yaml'

async function edit(from: string, to: string): Promise<void> {
  const file = path.join(rules, CASES)
  const text = await readFile(file, 'utf8')
  expect(text).toContain(from)
  // As editors do: never half-written where others see it.
  await writeFile(`${file}.new`, text.replace(from, to))
  await rename(`${file}.new`, file)
}

const RIGHT = 'action: send_expansion_email, disposition: act, verdict: allow'
const WRONG = 'action: wait, disposition: act, verdict: allow'

describe('umpire rules test', () => {
  it('runs the cases beside the rules', async () => {
    const { code, stdout, stderr } = await umpire(['rules', 'test', rules])
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^\d+ cases pass$/m)
    expect(stdout).toContain('no case exercises')
  })

  it('fails where a case does, and writes a report of it', async () => {
    await edit(RIGHT, WRONG)
    const report = path.join(root, 'report.xml')
    const { code, stdout, stderr } = await umpire(['rules', 'test', '--junit', report, rules])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^umpire: 1 of \d+ cases fails\n$/)
    expect(stdout).toMatch(/^ {2}action +wait +send_expansion_email$/m)
    expect(await readFile(report, 'utf8')).toContain('<failure type="difference"')
  })

  it('fails where files do not load', async () => {
    await writeFile(path.join(rules, 'agents.yaml'), 'agents: { pulse: { trsut: 1 } }')
    const { code, stdout, stderr } = await umpire(['rules', 'test', '--format', 'json', rules])
    expect(code).toBe(1)
    expect(stderr).toBe('umpire: 1 error in 3 files\n')
    expect(JSON.parse(stdout)).toMatchObject({
      ruleset: null,
      problems: [{ line: 1, column: 20, message: 'unknown key `trsut`; did you mean `trust`?' }],
      cases: [],
      coverage: null,
    })
  })

  it('fails where there is nothing to run', async () => {
    expect(await umpire(['rules', 'test', rules, '-t', 'NOBODY'])).toMatchObject({
      code: 1,
      stderr: 'umpire: no case has `NOBODY` in its name; leave out `-t` to see all\n',
    })
    await rm(path.join(rules, CASES))
    const { code, stderr } = await umpire(['rules', 'test', rules])
    expect(code).toBe(1)
    expect(stderr).toBe(
      `umpire: no cases in \`${rules}\`; write some into \`<decision>_test.yaml\` beside a decision\n`,
    )
  })

  it('says where a report can not be written', async () => {
    const { code, stderr } = await umpire(['rules', 'test', rules, '--junit', path.join(root, 'none/report.xml')])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^umpire: can't write `.*report\.xml` \(ENOENT\); name another file by --junit\n$/)
  })

  it('watches: again after each edit, whatever becomes of the files, until it is interrupted', async () => {
    const child = startUmpire(['rules', 'test', rules, '--watch'], {})
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part) => (output += part))
    /** What it says until it waits again. */
    const untilItWaits = async () => {
      while (!output.includes('waiting for changes')) await once(child.stderr!, 'data')
      const said = output
      output = ''
      return said
    }
    try {
      expect(await untilItWaits()).toMatch(/cases pass/)
      await edit(RIGHT, WRONG)
      expect(await untilItWaits()).toMatch(/1 of \d+ cases fails/)
      await rename(rules, `${rules}-away`)
      expect(await untilItWaits()).toMatch(/can't read the rules directory .* \(ENOENT\)/)
      await rename(`${rules}-away`, rules)
      expect(await untilItWaits()).toMatch(/1 of \d+ cases fails/)
      await edit(WRONG, RIGHT)
      expect(await untilItWaits()).toMatch(/cases pass/)
    } finally {
      child.kill('SIGINT')
    }
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})

describe('umpire rules schema', () => {
  it('writes the schemas of editors, and says whether they are current', async () => {
    const check = () => umpire(['rules', 'schema', rules, '--check'])
    expect(await check()).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('all.schema.json') })
    expect((await umpire(['rules', 'schema', rules])).stdout).toContain(`wrote ${rules}/decision.schema.json\n`)
    expect(await check()).toMatchObject({ code: 0, stderr: '' })

    const file = path.join(rules, 'agents.schema.json')
    const { properties, ...rest } = JSON.parse(await readFile(file, 'utf8'))
    await writeFile(file, JSON.stringify({ properties, ...rest }))
    expect(await check()).toMatchObject({ code: 0 })
    await writeFile(file, JSON.stringify(rest))
    expect(await check()).toMatchObject({
      code: 1,
      stderr: `umpire: not the schemas of this version: ${file}; write them by \`umpire rules schema ${rules}\`\n`,
    })
    expect((await umpire(['rules', 'schema', rules])).stdout).toBe(`wrote ${file}\n`)
  })

  it('says where they can not be written', async () => {
    const { code, stderr } = await umpire(['rules', 'schema', path.join(root, 'none')])
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^umpire: can't write `.*decision\.schema\.json` \(ENOENT\); name the directory of the rule files\n$/,
    )
  })
})
