import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { startService, temporaryDirectory } from '../faults/process.ts'
import { blocksOf, isInstalled, paste } from '../pasted.ts'

const RULES = fileURLToPath(new URL('../../../rules', import.meta.url))

describe('back-tests over HTTP', () => {
  it.for(['bash', 'zsh'] as const)('are had by what their page tells to paste, in %s', async (shell, { skip }) => {
    for (const program of [shell, 'curl']) skip(!isInstalled(program), `${program} is not installed`)
    const directory = await temporaryDirectory()
    const service = await startService({ UMPIRE_DATA_DIR: path.join(directory, '.umpire') })
    await writeFile(path.join(directory, '.umpire/admin.key'), 'a-key-for-tests-of-enough-length')
    for (const account of ['acme', 'globex']) {
      const question = { account, decision: 'expansion-outreach', facts: { arr: 180_000, segment: 'smb', flags: [] } }
      expect(await service.call('POST', '/v1/adjudications', question)).toMatchObject({ status: 201 })
    }
    const candidate = path.join(directory, 'new-rules')
    await cp(RULES, candidate, { recursive: true })
    const file = path.join(candidate, 'expansion-outreach.yaml')
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace(/cost: \d+/, 'cost: 1'))
    // Cases of the old cost would keep the service from storing the new one.
    await rm(path.join(candidate, 'expansion-outreach_test.yaml'))

    const commands = blocksOf('docs/backtest.md')('sh http').replace('http://127.0.0.1:3000', service.url)
    expect(commands).toContain(service.url)
    expect(await paste({ shell, cwd: directory, env: {} }, commands)).toBe('done\n2\n')
    expect(await readFile(path.join(directory, 'report.html'), 'utf8')).toMatch(
      /^<!doctype html>[\s\S]*2 questions from the database[\s\S]*<\/html>\n$/,
    )
  })
})
