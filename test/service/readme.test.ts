import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { umpire } from './cli.ts'
import { type ServiceProcess, startService } from './faults/process.ts'

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

/** The code block of the README that has these words behind its fence. */
function block(kind: string): string {
  const found = [...README.matchAll(/^```(\S.*)\n([\s\S]*?)^```$/gm)].filter(([, words]) => words === kind)
  if (found.length !== 1) throw new Error(`${found.length} blocks of \`${kind}\` in README.md, not one`)
  return found[0]?.[2] ?? ''
}

const isInstalled = (program: string) => spawnSync(program, ['--version']).status === 0

/** The service with the shipped rules, as a newcomer's first start makes it, on a port of its own. */
let service: ServiceProcess
let directory: string
let dataDir: string
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'umpire-readme-'))
  dataDir = path.join(directory, '.umpire')
  service = await startService({ UMPIRE_DATA_DIR: dataDir, UMPIRE_ADMIN_KEY: '' })
})
afterAll(async () => {
  service.child.kill('SIGTERM')
  await service.exited
  await rm(directory, { recursive: true })
})

describe('the first adjudication of the README', () => {
  // Without start-up files. In the second shell all of it is pasted a second time, which changes nothing.
  it.for([
    ['bash', '--norc'],
    ['zsh', '--no-rcs'],
  ] as const)('prints in %s what the README shows', async ([shell, bare], { skip }) => {
    for (const program of [shell, 'curl']) skip(!isInstalled(program), `${program} is not installed`)
    const script = block('sh first').replace('http://127.0.0.1:3000', service.url)
    expect(script).toContain(service.url)
    const env = { PATH: process.env.PATH }
    const { stdout, stderr } = await promisify(execFile)(shell, [bare, '-c', script], { cwd: directory, env })
    expect(stderr).toBe('')
    expect(stdout).toBe(block('text first'))
    expect(await readdir(directory)).toEqual(['.umpire'])
  })

  it('can be pasted: zsh takes # and ! of an interactive line for something else', () => {
    expect(block('sh first')).not.toMatch(/#|!/)
  })
})

describe('the commands of the README', () => {
  const commands = [...README.matchAll(/^(?:npx|docker compose run --rm) umpire (.*)$/gm)].map(([, args = '']) =>
    args.trim().split(/ +/),
  )

  it('are these', () => {
    expect(commands.map(([command, sub]) => `${command} ${sub}`)).toEqual([
      'adjudicate examples/adjudicate.json',
      'keys create',
      'audit verify',
    ])
  })

  it.each(commands.map((args) => [args.join(' '), args] as const))('umpire %s', async (_line, args) => {
    const { code, stdout, stderr } = await umpire(args, { env: { UMPIRE_DATA_DIR: dataDir } })
    expect(code, stderr).toBe(0)
    expect(stdout).not.toBe('')
  })

  it('answer offline what the service answers', async () => {
    const { stdout } = await umpire(['adjudicate', 'examples/adjudicate.json', '--json'])
    const { summary, recommendation, proposal } = JSON.parse(stdout)
    expect(block('text first').split('\n')).toEqual([
      summary,
      `${recommendation.action}: ${recommendation.disposition}, ${recommendation.reasons}`,
      `${proposal.action}: ${proposal.verdict}`,
      '',
    ])
  })
})
