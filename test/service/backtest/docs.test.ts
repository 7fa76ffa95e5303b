import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { umpire } from '../cli.ts'
import { temporaryDirectory } from '../faults/process.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const PAGE = await readFile(path.join(ROOT, 'docs/backtest.md'), 'utf8')

/** `sed -i 's/a/b/' new-rules/file`, without the shell. */
const EDITS = [...PAGE.matchAll(/^sed -i 's\/(.*)\/(.*)\/' new-rules\/(.*)$/gm)].map(([, from, to, file]) => ({
  from,
  to,
  file,
}))

it('prints what its page shows', async () => {
  const directory = await temporaryDirectory()
  const candidate = path.join(directory, 'new-rules')
  await mkdir(candidate)
  await cp(path.join(ROOT, 'examples/telco/rules'), candidate, { recursive: true })
  expect(EDITS).toHaveLength(2)
  for (const { from, to, file } of EDITS) {
    const text = await readFile(path.join(candidate, file!), 'utf8')
    expect(text).toContain(from)
    await writeFile(path.join(candidate, file!), text.replace(from!, to!))
  }
  const telco = (name: string) => path.join(ROOT, 'examples/telco', name)
  const files = ['accounts', 'signals', 'outcomes'].flatMap((kind) => [`--${kind}`, telco(`${kind}.jsonl`)])
  const { code, stdout } = await umpire(
    ['backtest', '--candidate', candidate, '--baseline', telco('rules'), ...files],
    {
      env: { COLUMNS: '100' },
    },
  )
  expect(code).toBe(0)
  const shown = /^```text\n([\s\S]*?)^```$/m.exec(PAGE)?.[1]
  expect(stdout.replace(candidate, '../../new-rules').replace(telco('rules'), 'rules')).toBe(shown)
})
