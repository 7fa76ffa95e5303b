import { pino } from 'pino'
import type { App } from '../src/app/app.ts'
import { buildHttp } from '../src/http/app.ts'
import type { Webhooks } from '../src/webhooks/webhooks.ts'

/** An operation of the API, as OpenAPI 3.1 describes it. */
export interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly description: string
  readonly schema: JsonSchema
}

/** JSON Schema 2020-12, as zod writes it. */
export type JsonSchema = Readonly<Record<string, unknown>>

type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> }
}

/** What the service serves at `/openapi.json`. Describing asks nothing of an app, so there is none. */
export async function describeApi(): Promise<OpenApiDocument> {
  const log = pino({ level: 'silent' })
  const http = await buildHttp({ log } as unknown as App, {
    version: '0.0.0',
    logger: log,
    rateLimit: { max: 1, timeWindow: 1 },
    metrics: async () => '',
    webhooks: {} as Webhooks,
    calledAs: null,
  })
  await http.ready()
  const document = http.swagger() as unknown as OpenApiDocument
  await http.close()
  return document
}
