import { describe, expect, it } from 'vitest'
import type { App } from '../../../src/app/app.ts'
import { reportAction } from '../../../src/app/leases/actions.ts'
import { recheckLeases } from '../../../src/app/leases/recheck.ts'
import { START } from '../app.ts'
import { COPILOT, createCopilot, SEND } from './copilot.ts'

describe('uptake', async () => {
  const { app, allowed, redeem, call, key, keyOf, signal, facts, pass, logged } = await createCopilot()
  const report = (fields: object = {}, by = key) =>
    call('POST', '/v1/actions', { key: by, body: { ...SEND, ...fields } })
  const uptake = (query = '') => call('GET', `/v1/agents/renewal-copilot/uptake${query}`)
  const warnings = () =>
    logged.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'an agent acted without leave')

  it('of an agent that has done nothing is none', async () => {
    expect((await uptake()).body).toEqual({
      agent: 'renewal-copilot',
      since: new Date(START - 90 * 86_400_000).toISOString(),
      decisions: [],
    })
  })

  it('counts what became of its leases, and what it did without one', async () => {
    const [used, unused, ended] = [await allowed(), await allowed(), await allowed()]
    await redeem(used.body.lease.token)
    const followed = await report({ lease: used.body.lease.token, at: '2026-11-23T08:59:00Z' })
    expect(followed.status).toBe(201)
    expect(followed.body).toEqual({
      id: expect.any(String),
      ...SEND,
      at: '2026-11-23T08:59:00.000Z',
      lease: used.body.lease.id,
      followed: true,
    })
    expect(warnings()).toEqual([])
    const ignored = await report({ lease: unused.body.lease.token })
    expect(warnings()).toMatchObject([{ level: 40, ...SEND, acts: 1 }])
    expect(ignored.body).toMatchObject({ followed: false, lease: unused.body.lease.id, at: '2026-11-23T09:00:00.000Z' })
    expect((await report()).body).toMatchObject({ followed: false, lease: null })
    await signal('churn-radar', 'churn_risk', 0.98)
    await redeem(ended.body.lease.token)
    const leases = { issued: 3, redeemed: 1, revoked: 1, expired: 0, open: 1 }
    expect((await uptake()).body.decisions).toEqual([
      { decision: 'expansion-outreach', leases, acted: { followed: 1, unasked: 2 }, uptake: 1 / 3 },
    ])
    pass(10 * 60_000)
    expect((await uptake()).body.decisions[0].leases).toEqual({ ...leases, expired: 1, open: 0 })
  })

  it('is of one decision, and since then, where that is asked', async () => {
    expect((await uptake('?decision=other')).body.decisions).toEqual([])
    expect((await uptake('?since=2026-11-23T09:05:00Z')).body).toMatchObject({
      since: '2026-11-23T09:05:00.000Z',
      decisions: [],
    })
    expect((await uptake('?since=yesterday')).body.code).toBe('invalid_request')
  })

  it('counts an act once, though it was reported before its lease was redeemed', async () => {
    await facts({ arr: 180_000, segment: 'mid' }, 'early')
    await signal('pulse', 'healthy', 0.9, { account: 'early' })
    const early = { account: 'early', agent: 'early-bird' }
    const bird = await keyOf({
      name: 'bird',
      principal: 'agent',
      scopes: ['adjudications:write', 'read'],
      agents: ['early-bird'],
    })
    const { lease } = (await call('POST', '/v1/checks', { key: bird, body: { ...SEND, ...early } })).body
    expect((await report({ ...early, lease: lease.token }, bird)).body.followed).toBe(false)
    await call('POST', '/v1/leases/redeem', { key: bird, body: { token: lease.token } })
    const [decision] = (await call('GET', '/v1/agents/early-bird/uptake')).body.decisions
    expect(decision).toMatchObject({ leases: { redeemed: 1 }, acted: { followed: 1, unasked: 0 }, uptake: 1 })
  })

  it('takes a report on a lease that goes over to another account at that moment', async () => {
    await facts({ arr: 180_000, segment: 'mid' }, 'crm:7')
    await signal('pulse', 'healthy', 0.9, { account: 'crm:7' })
    const { lease } = (await allowed({ account: 'crm:7' })).body
    await call('PUT', '/v1/accounts/seven', { body: { facts: { arr: 180_000 }, aliases: ['crm:7'] } })
    const { submit } = app.desk
    const late: App = {
      ...app,
      desk: {
        ...app.desk,
        async submit(work) {
          await recheckLeases(app, 0, { account: 'seven' })
          return submit(work)
        },
      },
    }
    const reported = await reportAction(late, COPILOT, { ...SEND, account: 'crm:7', lease: lease.token })
    expect(reported).toMatchObject({ account: 'seven', lease: lease.id })
  })

  it('is told in the trail', async () => {
    const { body } = await call('GET', '/v1/audit?stream=account:acme&limit=200')
    expect(body.entries.filter(({ kind }: any) => kind === 'action.reported')).toHaveLength(3)
  })

  it('takes no report on something else, or in the name of another', async () => {
    await facts({ arr: 180_000, segment: 'mid' }, 'beta')
    await signal('pulse', 'healthy', 0.9, { account: 'beta' })
    const { lease } = (await allowed({ account: 'beta' })).body
    expect((await report({ lease: lease.token })).body).toMatchObject({
      code: 'invalid_request',
      detail: `lease \`${lease.id}\` is on account \`beta\`, not on \`acme\``,
    })
    expect((await report({ account: 'beta', lease: lease.token, action: 'wait' })).body.detail).toBe(
      `lease \`${lease.id}\` is on \`send_expansion_email\` under \`expansion-outreach\` by \`renewal-copilot\`; report that, or leave \`lease\` out`,
    )
    expect((await report({ agent: 'pulse' })).body.code).toBe('agent_not_allowed')
    expect((await report({ action: 'call' })).body.code).toBe('unknown_action')
    expect((await report({ decision: 'call' })).body.code).toBe('unknown_decision')
    expect((await report({ lease: `uml_${'A'.repeat(64)}` })).body.code).toBe('not_found')
    expect((await report({ at: '2026-11-24T09:00:00Z' })).body.errors).toEqual([
      { path: 'at', message: 'must be at most 5 minutes ahead of now' },
    ])
    const other = await keyOf({ name: 'other', scopes: ['adjudications:write'] })
    expect((await report({ account: 'beta', lease: lease.token }, other)).body.code).toBe('forbidden')
    const reader = await keyOf({ name: 'reader', scopes: ['read'] })
    expect((await report({}, reader)).body.code).toBe('forbidden')
    expect((await call('GET', '/v1/agents/renewal-copilot/uptake', { key: other })).body.code).toBe('forbidden')
  })
})
