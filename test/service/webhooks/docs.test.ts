import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { loadRuleset } from '../../../src/core/rules/load.ts'
import { startService } from '../faults/process.ts'
import { blocksOf, isInstalled, paste } from '../pasted.ts'
import { SECRETS } from './senders.ts'

const block = blocksOf('docs/webhooks.md')
const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const cwd = await mkdtemp(path.join(tmpdir(), 'umpire-webhooks-'))
for (const name of ['examples', 'rules']) await symlink(path.join(ROOT, name), path.join(cwd, name))
afterAll(() => rm(cwd, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 }))

it('does what the page on webhooks shows', async ({ skip }) => {
  for (const program of ['bash', 'curl']) skip(!isInstalled(program), `${program} is not installed`)
  skip(spawnSync('openssl', ['version']).status !== 0, 'openssl is not installed')
  const service = await startService({ UMPIRE_DATA_DIR: path.join(cwd, '.umpire'), UMPIRE_ADMIN_KEY: '', ...SECRETS })
  for (const name of ['test', 'post', 'hubspot', 'salesforce', 'generic', 'aliases', 'rejected', 'replay']) {
    const commands = block(`sh ${name}`).replace('http://127.0.0.1:3000', service.url)
    expect(await paste({ shell: 'bash', cwd, env: SECRETS }, commands), name).toBe(block(`text ${name}`))
  }
})

it('shows a source that loads', () => {
  const { problems } = loadRuleset([{ path: 'sources.yaml', text: block('yaml sources') }])
  expect(problems).toEqual([])
})
