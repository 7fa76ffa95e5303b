import path from 'node:path'
import { expect, it } from 'vitest'
import { startService } from '../faults/process.ts'
import { blocksOf, isInstalled, paste } from '../pasted.ts'
import { projectWithPackage } from './package.ts'

const block = blocksOf('docs/client.md')
const cwd = await projectWithPackage()

it('does what the page on the client shows', async ({ skip }) => {
  for (const program of ['bash', 'curl', 'node']) skip(!isInstalled(program), `${program} is not installed`)
  const service = await startService({ UMPIRE_DATA_DIR: path.join(cwd, '.umpire'), UMPIRE_ADMIN_KEY: '' })
  const first = block('sh copilot').replace('http://127.0.0.1:3000', service.url)
  expect(first).toContain(service.url)
  expect(await paste({ shell: 'bash', cwd, env: {} }, first)).toBe(block('text copilot'))
})
