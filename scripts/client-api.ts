import { compile } from 'json-schema-to-typescript'
import type { JsonSchema, OpenApiDocument, Operation, Parameter } from './openapi.ts'

/** What the client can ask for: all that the author of an agent needs. */
const OPERATIONS = [
  'sendSignals',
  'putAccount',
  'adjudicate',
  'getAdjudication',
  'getResolution',
  'check',
  'redeemLease',
  'reportAction',
  'getUptake',
  'listEscalations',
  'getEscalation',
]

const BANNER = `// Generated from the OpenAPI document by \`npm run client:api\`; change the schemas of the service instead.
// biome-ignore-all format: it is as it was generated`

/** The text of \`src/client/api.ts\`: the client's part of the API as types, and where each of its operations is. */
export async function clientApi({ paths, components }: OpenApiDocument): Promise<string> {
  const all = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
  const chosen = OPERATIONS.map((id) => {
    const found = all.find(({ operation }) => operation.operationId === id)
    if (!found) throw new Error(`the API has no operation \`${id}\`; mend the list in scripts/client-api.ts`)
    return found
  })
  const schema = object(chosen.map(({ operation }) => [operation.operationId, shapeOf(operation)]))
  const named = { ...schema, definitions: components.schemas }
  const types = await compile(JSON.parse(unprefixed(JSON.stringify(named)), withAnything), 'Operations', {
    additionalProperties: false,
    bannerComment: BANNER,
    ignoreMinAndMaxItems: true,
    style: { printWidth: 120, semi: false, singleQuote: true },
  })
  const routes = chosen.map(
    ({ path, method, operation }) => `  ${operation.operationId}: { method: '${method}', path: '${path}' },\n`,
  )
  return `${onOneLine(types)}
/** Where each operation is. */
export const ROUTES = {
${routes.join('')}} as const
`
}

const PROBLEM = { $ref: '#/components/schemas/Problem' }

/** What is sent for an operation, by where it goes, and what is answered: as it should be, and otherwise. */
function shapeOf({ summary, parameters = [], requestBody, responses }: Operation) {
  const sent = (where: Parameter['in']): readonly [string, JsonSchema][] => {
    const here = parameters.filter((parameter) => parameter.in === where)
    if (here.length === 0) return []
    const required = here.filter(({ required }) => required).map(({ name }) => name)
    const properties = here.map(({ name, description, schema }) => [name, { ...schema, description }] as const)
    return [[where, { ...object(properties), required }]]
  }
  const body = requestBody?.content['application/json']?.schema
  const good = Object.keys(responses).find((status) => status.startsWith('2')) ?? ''
  const answer = responses[good]?.content?.['application/json']?.schema ?? {}
  const told = [['answer', answer] as const, ['problem', PROBLEM] as const]
  const parts = [...sent('path'), ...sent('query'), ...(body ? [['body', body] as const] : []), ...told]
  return { ...object(parts), description: summary }
}

function object(properties: readonly (readonly [string, JsonSchema])[]) {
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(properties),
    required: properties.map(([name]) => name),
  }
}

/** Requests are named as the API's pages name them, without the word that OpenAPI tells them from answers by. */
function unprefixed(schema: string): string {
  return schema
    .replaceAll(/"#\/components\/schemas\/(\w+?)(?:Input)?"/g, '"#/definitions/$1"')
    .replaceAll(/"(\w+)Input":/g, '"$1":')
}

/** What has no type may be anything: the generator takes it for an object. */
function withAnything(word: string, value: unknown): unknown {
  if (word !== 'properties') return value
  const members = Object.entries(value as Record<string, JsonSchema>).map(([name, schema]) => {
    const isTyped = TYPED.some((word) => word in schema)
    return [name, isTyped ? schema : { ...schema, tsType: 'unknown' }]
  })
  return Object.fromEntries(members)
}
const TYPED = ['type', 'enum', 'const', 'anyOf', 'oneOf', 'allOf', '$ref']

function onOneLine(types: string): string {
  return types.replaceAll(/\/\*\*\n\s+\* (.*)\n\s+\*\//g, '/** $1 */').replaceAll(/^}\n(?=\/)/gm, '}\n\n')
}
