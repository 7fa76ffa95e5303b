import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readRuleFiles, readRules } from '../../src/app/rule-files.ts'
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

  it('that can not be read are named, all at once and beside what is wrong with the others', async () => {
    await writeFile(path.join(directory, 'd.yaml'), GOOD.replace('account.arr }', 'account.ar }'))
    await symlink(path.join(directory, 'gone'), path.join(directory, 'gone.yaml'))
    await symlink('loop.yaml', path.join(directory, 'loop.yaml'))
    await symlink(fileURLToPath(import.meta.url), path.join(directory, 'out.yaml'))
    await mkdir(path.join(directory, 'directory.yaml'))
    execFileSync('mkfifo', [path.join(directory, 'pipe.yaml')])
    await writeFile(path.join(directory, 'binary.yaml'), Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 0]))
    await writeFile(path.join(directory, 'latin.yaml'), Buffer.from('a: 1\nb: caf\xe9\nc: 2\n', 'latin1'))
    await writeFile(path.join(directory, 'utf16.yaml'), Buffer.from('\ufeffa: 1\n', 'utf16le'))
    await writeFile(path.join(directory, 'ten.yaml'), Buffer.alloc(10 * 1024 * 1024, 'a: 1\n'))
    const lines = (await failure(directory)).replaceAll(`${directory}${path.sep}`, '').split('\n')
    expect(lines).toEqual([
      "umpire: the rules don't load; mend these 10 problems:",
      'binary.yaml:1:1 error: not a text file; remove it, or save it as UTF-8',
      'd.yaml:16:50 error: unknown fact `account.ar`; did you mean `account.arr`?',
      'directory.yaml:1:1 error: a directory, not a file; rename or remove it',
      "gone.yaml:1:1 error: gone, or a link to a file that isn't there; mend or remove it",
      'latin.yaml:2:1 error: not UTF-8 on this line; save the file as UTF-8',
      'loop.yaml:1:1 error: a link that leads back to itself; mend or remove it',
      'out.yaml:1:1 error: a link out of the directory; put the file itself here',
      'pipe.yaml:1:1 error: a pipe or device, not a file; rename or remove it',
      'ten.yaml:1:1 error: the file is larger than 256 KiB; split it',
      'utf16.yaml:1:1 error: not a text file; remove it, or save it as UTF-8',
    ])
  })

  it('may be links within the directory, which may be one itself, as ConfigMaps are', async () => {
    const mounted = path.join(directory, '..2026_11_20')
    await mkdir(mounted)
    await writeFile(path.join(mounted, 'd.yaml'), `\ufeff${GOOD.replaceAll('\n', '\r\n')}`)
    await symlink('..2026_11_20', path.join(directory, '..data'))
    await symlink(path.join('..data', 'd.yaml'), path.join(directory, 'd.yaml'))
    const link = `${directory}-link`
    await symlink(directory, link)
    try {
      await expect(readRules(link)).resolves.toMatchObject({
        decisions: new Map([['expansion-outreach', expect.anything()]]),
      })
    } finally {
      await rm(link)
    }
  })

  it('that vanish while they are read are missing, and so is their directory', async () => {
    const file = path.join(directory, 'd.yaml')
    await writeFile(file, GOOD)
    const reading = readRuleFiles(directory)
    await rm(directory, { recursive: true })
    const { files, unread } = await reading.catch(() => ({ files: [], unread: [] }))
    expect(files.length + unread.length).toBeLessThanOrEqual(1)
    expect(await failure(directory)).toBe(
      `umpire: can't read the rules directory \`${directory}\` (ENOENT); set UMPIRE_RULES_DIR`,
    )
    await mkdir(directory)
  })

  it('that are too many were hardly meant', async () => {
    for (let i = 0; i < 1001; i++) await writeFile(path.join(directory, `${i}.yaml`), '')
    expect(await failure(directory)).toBe(
      `umpire: 1001 YAML files in \`${directory}\`, at most 1000 are read; set UMPIRE_RULES_DIR`,
    )
  })

  it('lie in a directory, not in a file', async () => {
    const file = path.join(directory, 'd.yaml')
    await writeFile(file, GOOD)
    expect(await failure(file)).toBe(
      `umpire: can't read the rules directory \`${file}\` (ENOTDIR); set UMPIRE_RULES_DIR`,
    )
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
