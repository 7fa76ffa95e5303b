import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { ESCALATION_STATUSES } from '../../src/core/escalation/escalation.ts'
import { EVENTS } from '../../src/core/queues.ts'
import { signatureHeaders } from '../../src/egress/signature.ts'

const ROOT = new URL('../../', import.meta.url)
const PAGE = readFileSync(new URL('docs/escalations.md', ROOT), 'utf8')

/** First cells of the table with this head, without their backticks. */
function firstColumn(head: string): readonly string[] {
  const [rows = ''] = (PAGE.split(`${head}\n`)[1] ?? '').split('\n\n')
  return rows
    .split('\n')
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, text = '']) => text))
}

it('names every event', () => {
  expect([...firstColumn('| event | when |')].sort()).toEqual([...EVENTS].sort())
})

it('names every status', () => {
  const [, diagram = ''] = /```mermaid\n([\s\S]*?)```/.exec(PAGE) ?? []
  for (const status of ESCALATION_STATUSES) expect(diagram).toMatch(new RegExp(`\\b${status}\\b`))
})

it('shows a receiver that takes what we have signed, and nothing else', async () => {
  const [, code = ''] = /```js receiver\n([\s\S]*?)```/.exec(PAGE) ?? []
  expect(code).toContain('.listen(4000)')
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const script = code.replace(
    '.listen(4000)',
    ".listen(0, '127.0.0.1', function () { console.log(this.address().port) })",
  )
  const receiver = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: fileURLToPath(ROOT),
    env: { UMPIRE_CSM_SECRET: secret },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [port] = await once(receiver.stdout, 'data')
    const body = JSON.stringify({
      type: 'escalation.opened',
      data: { escalation: { account: 'acme' }, url: 'https://x' },
    })
    const headers = signatureHeaders([secret], 'msg_1', Date.now(), body)
    const send = async (text: string) =>
      (await fetch(`http://127.0.0.1:${Number(port)}`, { method: 'POST', headers, body: text })).status
    expect(await send(body)).toBe(204)
    expect(await send(body.replace('acme', 'acne'))).toBe(401)
  } finally {
    receiver.kill()
  }
})
