import { readdir, readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { createTestHttp } from './http.ts'

const files = (await readdir('rules')).filter((file) => file.endsWith('.yaml') && !file.endsWith('_test.yaml'))
const texts = await Promise.all(files.map(async (file) => [file, await readFile(`rules/${file}`, 'utf8')]))
const { call, http } = await createTestHttp({ rules: Object.fromEntries(texts) })

const { paths, components } = http.swagger() as unknown as {
  paths: Record<string, Record<string, { requestBody?: { content: Record<string, Media> } }>>
  components: { schemas: Record<string, Schema> }
}
interface Schema {
  readonly $ref?: string
  readonly examples?: readonly unknown[]
}
interface Media {
  readonly schema: Schema
  readonly example?: unknown
}

const bodies = Object.entries(paths).flatMap(([path, operations]) =>
  Object.entries(operations).flatMap(([method, { requestBody }]) =>
    Object.entries(requestBody?.content ?? {})
      // What sources post to webhooks is theirs; examples/webhooks has some.
      .filter(([type]) => type !== '*/*')
      .map(([type, media]) => [method.toUpperCase() as 'POST', path, type, exampleOf(media)] as const),
  ),
)

/** A question as in the examples about an account of its own, and the item that it becomes. */
async function open(): Promise<string> {
  const question = bodies.find(([, path]) => path === '/v1/adjudications')![3] as object
  const { body } = await call('POST', '/v1/adjudications', { body: { ...question, account: `acme-${accounts++}` } })
  return body.escalation.id
}
let accounts = 0

/** What redeems a lease of a check as in the examples, about an account that is doing well. */
async function leased(): Promise<{ readonly token: string; readonly payloadHash: string }> {
  const facts = { arr: 180_000, segment: 'mid_market', flags: [], onboardedAt: '2024-03-01T00:00:00Z' }
  await call('PUT', '/v1/accounts/well', { body: { facts } })
  const signal = { id: 'w1', agent: 'pulse', account: 'well', claim: 'healthy', confidence: 0.97 }
  await call('POST', '/v1/signals', { body: { signals: [signal] } })
  const check = bodies.find(([, path]) => path === '/v1/checks')![3] as object
  const { body } = await call('POST', '/v1/checks', { body: { ...check, account: 'well' } })
  return { token: body.lease.token, payloadHash: body.lease.payloadHash }
}

async function subscribed(): Promise<string> {
  const { body } = await call('POST', '/v1/subscriptions', { body: { url: 'https://crm.example.com/' } })
  return body.id
}

/** Rules that are not the active ones. */
async function stored(): Promise<{ readonly ruleset: string }> {
  const { body } = await call('POST', '/v1/rulesets', { body: bodies.find(([, path]) => path === '/v1/rulesets')![3] })
  return { ruleset: body.ruleset }
}

it('is given for every request body', () => {
  expect(bodies).toHaveLength(23)
  for (const [, path, type, body] of bodies) expect([path, type, body]).not.toContain(undefined)
})

it.each(bodies)('works under the rules that come along: %s %s, %s', async (method, path, type, body) => {
  const id = path.startsWith('/v1/subscriptions/') ? await subscribed() : /\{id\}|bulk/.test(path) ? await open() : ''
  if (path.endsWith('/release')) await call('POST', `/v1/escalations/${id}/claim`, { body: { reviewer: 'maria' } })
  const names = { account: 'acme', agent: 'churn-radar', queue: 'csm', id }
  const url = Object.entries(names).reduce((url, [name, value]) => url.replace(`{${name}}`, value), path)
  const owns: Readonly<Record<string, () => Promise<object>>> = {
    '/v1/escalations/bulk': async () => ({ ids: [id] }),
    '/v1/shadow': stored,
    '/v1/leases/redeem': leased,
  }
  const own = await owns[path]?.()
  const sent = own ? { ...(body as object), ...own } : body
  const reply = await call(method, url, { body: JSON.stringify(sent), headers: { 'content-type': type } })
  expect(reply).toMatchObject({ status: expect.toSatisfy((status: number) => status >= 200 && status < 300) })
  for (const { status } of reply.body.results ?? []) expect(['accepted', 'duplicate', 'resolved']).toContain(status)
  if (path === '/v1/adjudications') {
    const { recommendation, proposal, signals, rules } = reply.body
    expect(recommendation.reasons).not.toContain('rule_error')
    expect(proposal.verdict).toBe('ask')
    expect(signals.map(({ used }: { used: boolean }) => used)).toEqual([true, true])
    expect(rules.every(({ error }: { error?: string }) => error === undefined)).toBe(true)
  }
})

function exampleOf({ schema, example }: Media): unknown {
  const named = schema.$ref && components.schemas[schema.$ref.split('/').at(-1)!]
  return example ?? (named || schema).examples?.[0]
}
