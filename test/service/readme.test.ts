import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { umpire } from './cli.ts'
import { type ServiceProcess, startService } from './faults/process.ts'
import { blocksOf, isInstalled, paste } from './pasted.ts'

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

const block = blocksOf('README.md')

/** The service with the shipped rules, as a newcomer's first start makes it, on a port of its own. */
async function startFirst(): Promise<{ service: ServiceProcess; directory: string; dataDir: string }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'umpire-readme-'))
  const dataDir = path.join(directory, '.umpire')
  return { service: await startService({ UMPIRE_DATA_DIR: dataDir, UMPIRE_ADMIN_KEY: '' }), directory, dataDir }
}

describe.each(['bash', 'zsh'] as const)('the first adjudication of the README, in %s', (shell) => {
  let first: Awaited<ReturnType<typeof startFirst>>
  beforeAll(async () => {
    first = await startFirst()
  })
  afterAll(async () => {
    first.service.child.kill('SIGTERM')
    await first.service.exited
    await rm(first.directory, { recursive: true })
  })

  const run = (...blocks: readonly string[]) =>
    paste({ shell, cwd: first.directory, env: { UMPIRE_URL: first.service.url } }, ...blocks)

  it('prints what the README shows, and again when it is pasted once more', async ({ skip }) => {
    for (const program of [shell, 'curl']) skip(!isInstalled(program), `${program} is not installed`)
    const start = block('sh first').replace('http://127.0.0.1:3000', first.service.url)
    expect(start).toContain(first.service.url)
    for (const _ of ['first', 'again']) expect(await run(start)).toBe(block('text first'))
    const asked = await run(start, block('sh second'))
    expect(unnamed(asked)).toBe(unnamed(block('text first') + block('text second')))
    expect(await readdir(first.directory)).toEqual(['.umpire'])
  })
})

/** Without what is another at each start: the ends of ids, and the day until which an answer stands. */
function unnamed(text: string): string {
  return text.replace(/\b[0-9a-f]{8}\b/g, '········').replace(/until [^.]+/, 'until then')
}

describe('the blocks of the README', () => {
  it.each(['sh first', 'sh second'])(
    'can be pasted: zsh takes # and ! of an interactive line for something else',
    (kind) => {
      expect(block(kind)).not.toMatch(/#|!/)
    },
  )
})

describe('the commands of the README', () => {
  const COMMAND = /^(?:npx|docker compose run --rm) umpire (.*)$/gm
  const commands = [...README.replace(block('sh second'), '').matchAll(COMMAND)].map(([, args = '']) =>
    args.trim().split(/ +/),
  )

  it('are these', () => {
    expect(commands.map(([command, sub]) => `${command} ${sub}`)).toEqual([
      'adjudicate examples/adjudicate.json',
      'keys create',
      'audit verify',
    ])
  })

  let first: Awaited<ReturnType<typeof startFirst>>
  beforeAll(async () => {
    first = await startFirst()
  })
  afterAll(async () => {
    first.service.child.kill('SIGTERM')
    await first.service.exited
    await rm(first.directory, { recursive: true })
  })

  it.each(commands.map((args) => [args.join(' '), args] as const))('umpire %s', async (_line, args) => {
    const { code, stdout, stderr } = await umpire(args, { env: { UMPIRE_DATA_DIR: first.dataDir } })
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
