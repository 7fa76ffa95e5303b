import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { type Http, JSON_TYPE } from '../http.ts'
import { eventWebhooks } from '../schemas/event-body.ts'

type Transform = ReturnType<typeof createJsonSchemaTransform>
type Document = Parameters<Transform>[0]
type JsonSchema = z.core.JSONSchema.BaseSchema

/** Answers may get more fields, so that their readers are not told there will never be any. Requests are strict. */
const zodToJsonConfig = {
  override: ({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: JsonSchema }) => {
    const { def } = zodSchema._zod
    if (def.type === 'object' && def.catchall === undefined) delete jsonSchema.additionalProperties
  },
}
const routeTransform = createJsonSchemaTransform({ zodToJsonConfig })
const componentsTransform = createJsonSchemaTransformObject({ zodToJsonConfig })

const INTRODUCTION = `The referee between a company's AI agents: conflicting signals in, one adjudicated recommendation and its \
trail out.

Times are RFC 3339 in UTC, numbers are not rounded. Every problem is told as a problem document (RFC 9457) with a \
stable \`code\`. Any POST may carry an \`Idempotency-Key\`: sent again with the same body it gets the first answer. \
Lists are pages: \`limit\` says how many, \`cursor\` is \`next\` of the page before.`

const TAGS = {
  Signals: 'What agents say about accounts.',
  Accounts: 'What is known of an account.',
  Adjudications: 'Questions and their answers.',
  Checks: 'What agents ask before they act, and their leave to.',
  Escalations: 'What waits for people.',
  Deliveries: 'Notices on their way to those who are told.',
  Events: 'What happens, for programs that want to hear of it.',
  Agents: 'The sources of signals.',
  Outcomes: 'The truth, learned later.',
  Ruleset: 'The rules that answer.',
  'Back-tests': 'What other rules would have answered.',
  Webhooks: 'What CRMs post, each in its own way.',
  Keys: 'Who asks.',
  Audit: 'The trail of everything that can change an answer.',
  Health: 'Whether the service can be used, and how it does.',
}

/** Describes the routes that are registered after this call as OpenAPI 3.1. */
export async function describeRoutes(http: Http, version: string): Promise<void> {
  const bodiless = new Set<string>()
  await http.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Umpire',
        version,
        description: INTRODUCTION,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key.' } },
      },
      security: [{ key: [] }],
      webhooks: eventWebhooks,
    },
    transform(document) {
      const { operationId, body } = (document.schema ?? {}) as { operationId?: string; body?: unknown }
      if (body instanceof z.ZodDefault) bodiless.add(operationId!)
      return transform(document)
    },
    transformObject: (document) => withOptionalBodies(withoutUnused(componentsTransform(document)), bodiless),
  })
}

/** Serves the description at `/openapi.json` and as a page at `/docs`. Once all routes are registered. */
export async function serveDescription(http: Http): Promise<void> {
  let text: string | undefined
  http.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    text ??= JSON.stringify(http.swagger())
    return reply.type(JSON_TYPE).send(text)
  })
  http.get('/', { schema: { hide: true } }, (_request, reply) => reply.redirect('/docs'))
  await http.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    // The page is ours alone, and served over plain HTTP as often as not.
    transformStaticCSP: (header) =>
      header.replace(' validator.swagger.io', '').replace(' upgrade-insecure-requests;', ''),
    // Without it the page would ask a service on the Internet whether the document is valid.
    uiConfig: { validatorUrl: null, docExpansion: 'list' },
    theme: {
      title: 'Umpire',
      css: [{ filename: 'umpire.css', content: '.swagger-ui .topbar { display: none }' }],
      favicon: [{ filename: 'umpire.svg', rel: 'icon', type: 'image/svg+xml', sizes: 'any', content: ICON }],
    },
  })
}

/** A balance, level. */
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" fill="none" stroke="#3b4151">' +
  '<path d="M8 2v12M4 14h8M2 4h12M2 4 .5 9h3zM14 4l-1.5 5h3z"/></svg>'

const idempotencyKey = z.object({
  // Without an example, which the page would send along with one body after another.
  'idempotency-key': z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({
      description:
        'Names the request, such as a UUID: sent again with the same key and body, it is not done again but gets the ' +
        'first answer.',
    }),
})

/** The library's transform, taught bodies of several media types and the header that every POST with an API key may have. */
const transform: Transform = (document) => {
  const { route } = document
  const schema = (document.schema ?? {}) as Record<string, unknown>
  // Who needs no API key has no idempotency keys either: they are an API key's.
  const isKeyed = !(Array.isArray(schema.security) && schema.security.length === 0)
  const headers = route.method === 'POST' && isKeyed ? { headers: idempotencyKey } : {}
  const { content } = (schema.body ?? {}) as { content?: Record<string, { schema: unknown }> }
  if (!content) return routeTransform({ ...document, schema: { ...schema, ...headers } } as Document)
  const { body: _, ...rest } = schema
  const whole = routeTransform({ ...document, schema: { ...rest, ...headers } } as Document)
  const parts = Object.entries(content).map(([type, part]) => {
    const { schema } = routeTransform({ ...document, schema: { body: part.schema } } as Document)
    return [type, { schema: (schema as { body: unknown }).body }]
  })
  return { ...whole, schema: { ...whole.schema, body: { content: Object.fromEntries(parts) } } }
}

interface OpenApi {
  readonly paths?: Readonly<Record<string, object | undefined>>
  readonly webhooks?: object
  readonly components?: { readonly schemas?: Readonly<Record<string, object>> }
}

/** The library demands a body of every operation that may have one. @param bodiless ids of those that may do without */
function withOptionalBodies<D extends OpenApi>(document: D, bodiless: ReadonlySet<string>): D {
  for (const operations of Object.values(document.paths ?? {})) {
    for (const { operationId, requestBody } of Object.values(operations ?? {})) {
      if (bodiless.has(operationId)) requestBody.required = false
    }
  }
  return document
}

/** The library describes each named schema as request and as response, whichever of them occurs. */
function withoutUnused<D extends OpenApi>(document: D): D {
  const all = document.components?.schemas ?? {}
  const used = new Set<string>()
  const follow = (part: object | undefined) => {
    for (const [, name = ''] of JSON.stringify(part ?? {}).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (used.has(name)) continue
      used.add(name)
      follow(all[name])
    }
  }
  follow(document.paths)
  follow(document.webhooks)
  const schemas = Object.fromEntries(Object.entries(all).filter(([name]) => used.has(name)))
  return { ...document, components: { ...document.components, schemas } }
}
