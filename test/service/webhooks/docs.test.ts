import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
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
const dataDir = await mkdtemp(path.join(tmpdir(), 'umpire-webhooks-'))
afterAll(() => rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 }))

const env = {
  UMPIRE_ADMIN_KEY: 'admin-0123456789abcdef',
  ...SECRETS,
}

it('does what the page on webhooks shows', async ({ skip }) => {
  for (const program of ['bash', 'curl']) skip(!isInstalled(program), `${program} is not installed`)
  skip(spawnSync('openssl', ['version']).status !== 0, 'openssl is not installed')
  const service = await startService({ UMPIRE_DATA_DIR: dataDir, ...env })
  for (const name of ['test', 'post', 'hubspot', 'salesforce', 'generic', 'aliases', 'rejected', 'replay']) {
    const commands = block(`sh ${name}`).replace('http://127.0.0.1:3000', service.url)
    expect(await paste({ shell: 'bash', cwd: ROOT, env }, commands), name).toBe(block(`text ${name}`))
  }
})

it('shows a source that loads', () => {
  const { problems } = loadRuleset([{ path: 'sources.yaml', text: block('yaml sources') }])
  expect(problems).toEqual([])
})
