import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readRules } from '../../src/app/rule-files.ts'
import { failureOf } from '../../src/cli/failure.ts'
import { GOOD } from '../rules/good.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'umpire-rules-'))
})
afterEach(() => rm(directory, { recursive: true }))

async function failure(...args: Parameters<typeof readRules>): Promise<string> {
  const error = await readRules(...args).catch((thrown: unknown) => thrown)
  return failureOf(error, {}).message
}

describe('rule files', () => {
  it('say where they should be', async () => {
    const nowhere = path.join(directory, 'nowhere')
    expect(await failure(nowhere)).toBe(
      `umpire: can't read the rules directory \`${nowhere}\` (ENOENT); set UMPIRE_RULES_DIR`,
    )
    expect(await failure(directory, 'name another by --rules')).toBe(
      `umpire: no rule file (*.yaml) in \`${directory}\`; name another by --rules`,
    )
  })

  it('that can not be read are named: a link to nothing, a directory', async () => {
    const file = path.join(directory, 'zz.yaml')
    await symlink(path.join(directory, 'gone'), file)
    expect(await failure(directory)).toBe(
      `umpire: can't read the rule file \`${file}\` (ENOENT); mend or remove it, or set UMPIRE_RULES_DIR`,
    )
    await rm(file)
    await mkdir(file)
    expect(await failure(directory)).toContain(`can't read the rule file \`${file}\` (EISDIR)`)
  })

  it('that end in .yml are refused, not passed over', async () => {
    await writeFile(path.join(directory, 'd.yaml'), GOOD)
    await expect(readRules(directory)).resolves.toMatchObject({ hash: expect.stringMatching(/^sha256:/) })
    const file = path.join(directory, 'foo.yml')
    await writeFile(file, 'decision: foo\n')
    expect(await failure(directory)).toBe(
      `umpire: the rules don't load; mend this:\n${file}:1:1 error: rule files end in \`.yaml\`; rename it`,
    )
  })
})
