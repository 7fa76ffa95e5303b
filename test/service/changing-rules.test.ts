import { cp, mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { startService, temporaryDirectory } from './faults/process.ts'
import { blocksOf, isInstalled, paste } from './pasted.ts'

const TELCO = fileURLToPath(new URL('../../examples/telco', import.meta.url))

it('does what the page on changing rules shows, command by command', async ({ skip }) => {
  skip(!isInstalled('bash'), 'bash is not installed')
  const block = blocksOf('docs/changing-rules.md')
  const cwd = await temporaryDirectory()
  await mkdir(path.join(cwd, 'examples'))
  await cp(TELCO, path.join(cwd, 'examples/telco'), { recursive: true })
  await cp(path.join(TELCO, 'rules'), path.join(cwd, 'live'), { recursive: true })
  const env = { UMPIRE_DATA_DIR: '.telco', UMPIRE_RULES_DIR: 'live', UMPIRE_ADMIN_KEY: '' }
  const service = await startService(env, { cwd })
  const terminal = { shell: 'bash', cwd, env: { UMPIRE_URL: service.url, COLUMNS: '100' } } as const
  const begin = block('sh begin')

  let before = begin
  for (const step of ['change', 'check', 'break', 'mend', 'case', 'unchanged', 'backtest', 'activate', 'rollback']) {
    const shown = await paste(terminal, before, block(`sh ${step}`))
    expect(timeless(shown), step).toBe(timeless(block(`text ${step}`)))
    before = 'export UMPIRE_DATA_DIR=.telco'
  }
  expect(await readFile(path.join(cwd, 'report.html'), 'utf8')).toContain('<html')
})

/** Without what is another at each run: when it was, and how long it took. */
function timeless(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\d \d\d:\d\d/g, 'YYYY-MM-DD hh:mm').replace(/in \d+\.\d s/g, 'in 0.0 s')
}
