import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { startService } from '../faults/process.ts'
import { blocksOf, isInstalled, paste } from '../pasted.ts'

const block = blocksOf('docs/checks.md')
const cwd = await mkdtemp(path.join(tmpdir(), 'umpire-checks-'))
afterAll(() => rm(cwd, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 }))

it('does what the page on checks shows', async ({ skip }) => {
  for (const program of ['bash', 'curl', 'node']) skip(!isInstalled(program), `${program} is not installed`)
  const service = await startService({ UMPIRE_DATA_DIR: path.join(cwd, '.umpire'), UMPIRE_ADMIN_KEY: '' })
  const first = block('sh check').replace('http://127.0.0.1:3000', service.url)
  expect(first).toContain(service.url)
  const shown = await paste({ shell: 'bash', cwd, env: {} }, first, block('sh revoked'))
  expect(shown).toBe(block('text check') + block('text revoked'))
})
