import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { createTestHttp } from './http.ts'

const { http, call } = await createTestHttp()
const document = http.swagger() as unknown as {
  openapi: string
  paths: Record<string, Record<string, Operation>>
}
interface Operation {
  /** Empty: it needs no API key. */
  readonly security?: readonly unknown[]
  readonly operationId: string
  readonly parameters?: readonly { readonly name: string; readonly example?: unknown }[]
  readonly requestBody?: { readonly required: boolean }
}
const operations = () => Object.values(document.paths).flatMap((methods) => Object.values(methods))

describe('the description of the API', () => {
  it('is valid OpenAPI 3.1, and served without a key', async () => {
    const reply = await http.inject('/openapi.json')
    expect(reply.statusCode).toBe(200)
    const { valid, errors } = await new Validator().validate(reply.json())
    expect(errors ?? []).toEqual([])
    expect(valid).toBe(true)
    expect(reply.json().openapi).toMatch(/^3\.1\./)
    expect(reply.json().info).toMatchObject({ title: 'Umpire', version: '1.2.3' })
  })

  it('describes every route of the contract', () => {
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(described.sort()).toEqual(
      [
        'GET /healthz',
        'GET /metrics',
        'GET /readyz',
        'POST /v1/signals',
        'GET /v1/accounts/{account}',
        'PUT /v1/accounts/{account}',
        'GET /v1/adjudications',
        'POST /v1/adjudications',
        'GET /v1/adjudications/{id}',
        'POST /v1/adjudications/{id}/recompute',
        'GET /v1/adjudications/{id}/resolution',
        'GET /v1/escalations',
        'GET /v1/escalations/{id}',
        'POST /v1/escalations/{id}/claim',
        'POST /v1/escalations/{id}/release',
        'POST /v1/escalations/{id}/reassign',
        'POST /v1/escalations/{id}/comment',
        'POST /v1/escalations/{id}/resolve',
        'POST /v1/escalations/bulk',
        'POST /v1/queues/{queue}/claim-next',
        'GET /v1/webhooks/rejected',
        'POST /v1/webhooks/rejected/replay',
        'POST /v1/webhooks/rejected/{id}/replay',
        'POST /v1/webhooks/{source}',
        'POST /v1/webhooks/{source}/{secret}',
        'GET /v1/deliveries',
        'GET /v1/deliveries/{id}',
        'POST /v1/deliveries/{id}/replay',
        'GET /v1/agents',
        'GET /v1/agents/{agent}',
        'PATCH /v1/agents/{agent}',
        'GET /v1/agents/{agent}/uptake',
        'POST /v1/checks',
        'POST /v1/leases/redeem',
        'POST /v1/actions',
        'GET /v1/key',
        'POST /v1/outcomes',
        'GET /v1/queues',
        'GET /v1/ruleset',
        'GET /v1/rulesets',
        'POST /v1/rulesets',
        'POST /v1/rulesets/release',
        'POST /v1/rulesets/rollback',
        'POST /v1/rulesets/{hash}/activate',
        'GET /v1/backtests',
        'POST /v1/backtests',
        'GET /v1/backtests/{id}',
        'DELETE /v1/backtests/{id}',
        'GET /v1/backtests/{id}/report',
        'GET /v1/shadow',
        'POST /v1/shadow',
        'DELETE /v1/shadow',
        'GET /v1/shadow/answers',
        'GET /v1/stream',
        'GET /v1/subscriptions',
        'POST /v1/subscriptions',
        'GET /v1/subscriptions/{id}',
        'PATCH /v1/subscriptions/{id}',
        'DELETE /v1/subscriptions/{id}',
        'POST /v1/subscriptions/{id}/test',
        'DELETE /v1/webhooks/rejected/{id}',
        'GET /v1/audit',
        'GET /v1/audit/verify',
      ].sort(),
    )
  })

  it('gives every field a description and an example', () => {
    expect(undescribed('', document)).toEqual([])
  })

  it('names every operation once and tells of the idempotency key of every POST with an API key', () => {
    const operations = Object.values(document.paths).flatMap((methods) => Object.entries(methods))
    const ids = operations.map(([, { operationId }]) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const [method, { parameters = [], security }] of operations) {
      expect(parameters.some(({ name }) => name === 'idempotency-key')).toBe(
        method === 'post' && security?.length !== 0,
      )
    }
  })

  it('demands a body where there is something to say', () => {
    const optional = operations().filter(({ requestBody }) => requestBody?.required === false)
    expect(optional.map(({ operationId }) => operationId).sort()).toEqual([
      'claimEscalation',
      'claimNextEscalation',
      'releaseEscalation',
    ])
  })

  it('has no examples of what a first try on the page should not send', () => {
    const shown = operations().flatMap(({ operationId, parameters = [] }) =>
      parameters.filter(({ example }) => example !== undefined).map(({ name }) => `${operationId} ${name}`),
    )
    expect(shown.filter((parameter) => / (cursor|claimedBy|assignee|escalation)$/.test(parameter))).toEqual([])
  })

  it('leaves answers room for more fields, and requests none', () => {
    const { components } = document as unknown as { components: { schemas: Record<string, object> } }
    expect(components.schemas.Adjudication).not.toHaveProperty('additionalProperties')
    expect(components.schemas.AdjudicationRequestInput).toHaveProperty('additionalProperties', false)
  })
})

describe('the page', () => {
  it('is where the root leads to, and bears our name', async () => {
    const root = await http.inject('/')
    expect([root.statusCode, root.headers.location]).toEqual([302, '/docs'])
    const { payload } = await http.inject('/docs')
    expect(payload).toContain('<title>Umpire</title>')
    expect(payload).not.toContain('Swagger UI')
  })

  it.each(['/docs', '/docs/'])('is served at %s without a key, with all it needs from this service', async (path) => {
    const page = await http.inject(path)
    expect(page.statusCode).toBe(200)
    expect(page.headers['content-type']).toContain('text/html')
    expect(page.headers['content-security-policy']).not.toMatch(/upgrade-insecure-requests|swagger\.io/)
    const sources = [...page.payload.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source!)
    expect(sources.length).toBeGreaterThan(3)
    for (const source of sources) {
      expect(source).not.toMatch(/^(https?:)?\/\//)
      const asset = await http.inject(new URL(source, `http://localhost${path}`).pathname)
      expect([source, asset.statusCode]).toEqual([source, 200])
    }
  })
})

describe('an answer that is not as described', () => {
  it('would be noticed', async () => {
    const { createContract } = await import('./contract.ts')
    const check = createContract(document)
    const { text } = await call('GET', '/v1/ruleset')
    const answer = { method: 'GET', url: '/v1/ruleset', status: 200, contentType: 'application/json' }
    expect(() => check({ ...answer, body: text })).not.toThrow()
    expect(() => check({ ...answer, body: JSON.stringify({ ...JSON.parse(text), surprise: 1 }) })).toThrow('additional')
    expect(() => check({ ...answer, body: JSON.stringify({ ...JSON.parse(text), source: 1 }) })).toThrow(
      'must be string',
    )
    expect(() => check({ ...answer, body: text, status: 418 })).toThrow('not described')
  })
})

/** Paths of properties that say neither what they are nor show one, unless they refer to a schema that does. */
function undescribed(path: string, part: unknown): readonly string[] {
  if (typeof part !== 'object' || part === null) return []
  return Object.entries(part).flatMap(([key, value]) => {
    const here = `${path}/${key}`
    if (key === 'example' || key === 'examples') return []
    if (key !== 'properties') return undescribed(here, value)
    return Object.entries(value as Record<string, object>).flatMap(([name, schema]) => [
      ...(isDescribed(schema) ? [] : [`${here}/${name}`]),
      ...undescribed(`${here}/${name}`, schema),
    ])
  })
}

function isDescribed(schema: any): boolean {
  if (schema.$ref !== undefined) return true
  if (schema.anyOf !== undefined && schema.description === undefined) return schema.anyOf.some(isDescribed)
  const isComposed = schema.properties !== undefined || schema.items?.properties || schema.items?.$ref
  return schema.description !== undefined && (schema.examples !== undefined || Boolean(isComposed))
}
