import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { startService } from '../faults/process.ts'
import { blocksOf, isInstalled, paste } from '../pasted.ts'
import { freePort } from '../ports.ts'

const block = blocksOf('docs/events.md')
const cwd = await mkdtemp(path.join(tmpdir(), 'umpire-events-'))
afterAll(() => rm(cwd, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 }))

it('does what the page on events shows', async ({ skip }) => {
  for (const program of ['bash', 'curl']) skip(!isInstalled(program), `${program} is not installed`)
  const service = await startService({
    UMPIRE_DATA_DIR: path.join(cwd, '.umpire'),
    UMPIRE_ADMIN_KEY: '',
    UMPIRE_EGRESS_ALLOW: '127.0.0.1',
  })
  const port = String(await freePort())
  const here = (text: string) => text.replace('http://127.0.0.1:3000', service.url).replaceAll('4711', port)
  const [stream, receive] = [here(block('sh stream')), here(block('sh receive'))]
  expect(stream).toContain(service.url)
  const shown = await paste({ shell: 'bash', cwd, env: {} }, stream, receive)
  expect(shown).toBe(block('text stream') + block('text receive'))
})
