import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { createTestDatabase } from '../database.ts'
import { KEY, rulesDirectory, startService } from '../faults/process.ts'
import { startReceiver } from '../telemetry/receiver.ts'
import { SEND } from './serving.ts'

const { url: DATABASE_URL } = await createTestDatabase()
const receiver = await startReceiver()
const service = await startService({ ...receiver.env, DATABASE_URL, UMPIRE_RULES_DIR: await rulesDirectory() })

it('is traced as one request within another, of which nothing secret is told', async () => {
  await service.call('PUT', '/v1/accounts/acme', { facts: { arr: 180_000, segment: 'mid' } })
  await service.call('POST', '/v1/signals', {
    signals: [{ id: 'h', agent: 'pulse', account: 'acme', claim: 'healthy', confidence: 0.9 }],
  })
  const traceId = randomBytes(16).toString('hex')
  const callerId = randomBytes(8).toString('hex')
  const params = { name: 'check_action', arguments: { ...SEND, payload: 'pst-pst' } }
  const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params }
  const { body } = await service.call('POST', '/mcp', message, { traceparent: `00-${traceId}-${callerId}-01` })
  const { token } = body.result.structuredContent.lease

  const inTrace = () => receiver.spans().filter((span) => span.traceId === traceId)
  const outer = await receiver.until(() => inTrace().find(({ name }) => name === 'POST /mcp'))
  const inner = inTrace().find(({ name }) => name === 'POST /v1/checks')
  expect(outer).toMatchObject({ parentSpanId: callerId, attributes: { 'url.path': '/mcp' } })
  expect(inner).toMatchObject({ parentSpanId: outer.spanId, attributes: { 'url.path': '/v1/checks' } })
  const told = JSON.stringify(inTrace()) + service.output()
  for (const secret of [token, KEY, 'pst-pst']) expect(told).not.toContain(secret)
})
