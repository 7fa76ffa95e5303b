import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  codeOf,
  connectOverHttp,
  copilotKey,
  createMcpServing,
  doubted,
  healthyAccount,
  personKey,
  SEND,
  said,
} from './serving.ts'

const test = await createMcpServing({ resolves: true })
const key = await copilotKey(test)
const copilot = await connectOverHttp(test.url, key)
const maria = await connectOverHttp(test.url, await personKey(test))
const payload = { subject: 'More seats?' }

let accounts = 0
async function asked() {
  const account = `acme-${++accounts}`
  await healthyAccount(test, account)
  await doubted(test, account)
  return { account, ...(await copilot.ask('check_action', { ...SEND, account, payload })) }
}

const answer = { resolution: 'override', action: 'send_expansion_email', reason: 'knows_account' }

describe('resolve_escalation, switched on', () => {
  it('records what a person decides, as come through mcp, and lets the copilot go on', async () => {
    const { account, escalation, adjudication } = await asked()
    const args = { escalation: escalation.id, adjudication, ...answer, idempotencyKey: randomUUID() }
    const resolved = await maria.call('resolve_escalation', args)
    expect(resolved.structuredContent).toMatchObject({ status: 'resolved', resolution: { by: 'maria' } })
    expect(said(resolved)).toMatch(/is resolved by "maria": override, send_expansion_email\.$/)
    expect((await maria.ask('resolve_escalation', args)).id).toBe(escalation.id)

    const { body } = await test.call('GET', `/v1/audit?stream=account:${account}&limit=200`)
    const steps = body.entries.filter((entry: any) => entry.kind === 'escalation.resolved')
    expect(steps).toMatchObject([{ payload: { body: { by: 'maria', via: 'mcp' } } }])
    expect(said(await copilot.call('explain_adjudication', { adjudication }))).toMatch(
      /"maria" decided at .*: override, send_expansion_email \("knows_account"\)\.$/,
    )
    const again = await copilot.ask('check_action', { ...SEND, account, payload })
    expect(again).toMatchObject({ verdict: 'allow', lease: { payloadHash: expect.any(String) } })
  })

  it('needs the answer that was looked at', async () => {
    const { escalation, account } = await asked()
    const blindly = await maria.call('resolve_escalation', { escalation: escalation.id, ...answer })
    expect(said(blindly)).toContain('`adjudication` is required')
    const stale = { escalation: escalation.id, adjudication: randomUUID(), ...answer }
    expect(codeOf(await maria.call('resolve_escalation', stale))).toBe('escalation_changed')
    const open = await copilot.ask('list_escalations', { account })
    expect(open.escalations).toMatchObject([{ status: 'open' }])
  })

  it('says who else was quicker', async () => {
    const { escalation, adjudication } = await asked()
    const args = { escalation: escalation.id, adjudication, ...answer }
    await maria.ask('resolve_escalation', args)
    const late = await maria.call('resolve_escalation', args)
    expect([late.isError, codeOf(late)]).toEqual([true, 'already_resolved'])
  })

  it('is not for an agent: it can not approve itself', async () => {
    const { escalation, adjudication } = await asked()
    expect((await copilot.client.listTools()).tools.map(({ name }) => name)).not.toContain('resolve_escalation')
    const tried = await copilot.call('resolve_escalation', { escalation: escalation.id, adjudication, ...answer })
    expect([tried.isError, codeOf(tried)]).toEqual([true, 'forbidden'])
    expect(said(tried)).toMatch(
      /only persons decide, and this key is an agent's\n.*do not act before they have decided/,
    )
    // Nor past the tool: an agent's key has no such scope, whatever it was made with.
    const direct = await test.call('POST', `/v1/escalations/${escalation.id}/resolve`, { key, body: answer })
    expect(direct).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    expect((await copilot.ask('list_escalations', { escalation: escalation.id })).escalations[0].status).toBe('open')
  })

  it('is not for services either, an admin key included', async () => {
    const { escalation, adjudication } = await asked()
    const service = await connectOverHttp(test.url, await test.keyOf({ name: 'crm', scopes: ['read'] }))
    for (const mcp of [service, await connectOverHttp(test.url, test.admin)]) {
      const tried = await mcp.call('resolve_escalation', { escalation: escalation.id, adjudication, ...answer })
      expect(codeOf(tried)).toBe('forbidden')
    }
  })

  it('says what a person may not do, who lacks the scope', async () => {
    const { escalation, adjudication } = await asked()
    const guest = await connectOverHttp(
      test.url,
      await test.keyOf({ name: 'guest', principal: 'person', scopes: ['read'] }),
    )
    const tried = await guest.call('resolve_escalation', { escalation: escalation.id, adjudication, ...answer })
    expect(codeOf(tried)).toBe('forbidden')
    expect(said(tried)).toContain('it lacks the scope `escalations:review`')
  })
})
