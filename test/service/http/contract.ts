import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

type Schema = Record<string, unknown>
interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema: Schema }>> }>>
}

export interface Answer {
  readonly method: string
  readonly url: string
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/**
 * Checks answers against an OpenAPI document: path, method, status and media type must be described there, and the body
 * must be as described, with no field that is not. So the description can't drift from the truth.
 */
export function createContract(document: object): (answer: Answer) => void {
  const { paths, components } = closed(document) as {
    paths: Record<string, Record<string, Operation>>
    components: { schemas: Record<string, Schema> }
  }
  const validator = createValidators(components)
  const templates = Object.keys(paths).map((template) => ({
    template,
    pattern: new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`),
  }))

  return ({ method, url, status, contentType, body }) => {
    const path = url.split('?', 1)[0]!
    const matching = templates.filter(({ pattern }) => pattern.test(path)).map(({ template }) => template)
    // Of `/audit/verify` and `/audit/{x}` the one without a parameter.
    const template = matching.sort((a, b) => a.split('{').length - b.split('{').length)[0]
    const operation = template === undefined ? undefined : paths[template]![method.toLowerCase()]
    const mediaType = contentType.split(';', 1)[0]!
    const schema = operation
      ? operation.responses[status]?.content?.[mediaType]?.schema
      : { $ref: '#/components/schemas/Problem' }
    if (!schema) throw new Error(`${method} ${url}: ${status} ${mediaType} is not described; it answered ${body}`)
    const value = mediaType.endsWith('json') ? JSON.parse(body) : body
    const validate = validator(schema)
    if (validate(value)) return
    throw new Error(`${method} ${url}: ${new Ajv2020().errorsText(validate.errors, { separator: '\n' })}\n${body}`)
  }
}

interface Told {
  readonly post: { readonly requestBody: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> } }
}

/** Checks what subscriptions and streams tell against the same document. */
export function createEventContract(document: object): (event: { readonly type: string }) => void {
  const { webhooks, components } = closed(document) as {
    webhooks: Readonly<Record<string, Told>>
    components: { schemas: Record<string, Schema> }
  }
  const validator = createValidators(components)
  return (event) => {
    const schema = webhooks[event.type]?.post.requestBody.content['application/json']?.schema
    if (!schema) throw new Error(`\`${event.type}\` is not described`)
    const validate = validator(schema)
    if (validate(event)) return
    throw new Error(`${new Ajv2020().errorsText(validate.errors, { separator: '\n' })}\n${JSON.stringify(event)}`)
  }
}

function createValidators(components: { schemas: Record<string, Schema> }): (schema: object) => ValidateFunction {
  const ajv = formats.default(new Ajv2020({ strict: false, allErrors: true }))
  ajv.addSchema({ $id: 'openapi', components })
  const validators = new Map<object, ValidateFunction>()
  return (schema) => {
    const known = validators.get(schema)
    if (known) return known
    const made = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"openapi#/')))
    validators.set(schema, made)
    return made
  }
}

/** The same document with no room for fields that it does not describe. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed)
  if (typeof value !== 'object' || value === null) return value
  const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, closed(inner)]))
  return 'properties' in copy && !('additionalProperties' in copy) ? { ...copy, additionalProperties: false } : copy
}
