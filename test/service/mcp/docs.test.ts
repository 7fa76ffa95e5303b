import { readFileSync } from 'node:fs'
import { symlink } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { expect, inject, it } from 'vitest'
import { toolsOf } from '../../../src/mcp/tools.ts'
import { startService, temporaryDirectory } from '../faults/process.ts'
import { blocksOf, isInstalled, paste } from '../pasted.ts'
import { connected } from './serving.ts'

const block = blocksOf('docs/copilots.md')
const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

it('does what the page on copilots shows', async ({ skip }) => {
  for (const program of ['bash', 'curl', 'node']) skip(!isInstalled(program), `${program} is not installed`)
  const cwd = await temporaryDirectory()
  await symlink(path.join(ROOT, 'examples'), path.join(cwd, 'examples'))
  const service = await startService({ UMPIRE_DATA_DIR: path.join(cwd, '.umpire'), UMPIRE_ADMIN_KEY: '' })
  const here = (text: string) => text.replace('http://127.0.0.1:3000', service.url)
  const names = ['allow', 'ask', 'uptake']
  const commands = names.map((name) => here(block(`sh ${name}`)))
  const shown = await paste({ shell: 'bash', cwd, env: {} }, block('sh key'), ...commands, 'echo "$UMPIRE_API_KEY"')
  const lines = shown.trimEnd().split('\n')
  const key = lines.pop() ?? ''
  const printed = `${lines.join('\n')}\n`.replace(/\([0-9a-f]{8}\)/, '(29baf48a)')
  expect(printed).toBe(['key', ...names].map((name) => block(`text ${name}`)).join(''))

  const filled = (name: string) =>
    JSON.parse(
      here(block(`json ${name}`))
        .replace(/\$\{UMPIRE_API_KEY\}/, key)
        .replace('/path/to/umpire/dist/src/cli/main.js', inject('builtMain')),
    ).mcpServers.umpire
  const { url, headers } = filled('http')
  const overHttp = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } })
  const overStdio = new StdioClientTransport(filled('stdio'))
  for (const transport of [overHttp, overStdio]) {
    const { ask } = await connected(transport)
    expect(await ask('list_escalations', { account: 'hooli' })).toEqual({ escalations: [], next: null })
  }
})

it('lists the tools that there are', () => {
  const page = readFileSync(path.join(ROOT, 'docs/copilots.md'), 'utf8')
  const listed = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
  expect(listed).toEqual(toolsOf({ kind: 'person', resolves: true }).map(({ listing }) => listing.name))
})
