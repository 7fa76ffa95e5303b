import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { jsonSchemas, schemaText } from '../../src/core/rules/schema/json.ts'
import { edited, GOOD } from './good.ts'

const root = join(import.meta.dirname, '../..')
const schemas = jsonSchemas()
const shipped = ['rules', 'examples/telco/rules'].flatMap((directory) =>
  readdirSync(join(root, directory)).flatMap((name) => (name.endsWith('.yaml') ? [join(directory, name)] : [])),
)

function schemaOf(file: string): string {
  if (file === '_all.yaml') return 'all.schema.json'
  if (file === 'agents.yaml') return 'agents.schema.json'
  if (file === 'queues.yaml') return 'queues.schema.json'
  if (file === 'sources.yaml') return 'sources.schema.json'
  return file.endsWith('_test.yaml') ? 'test.schema.json' : 'decision.schema.json'
}

/** The keys that a schema declares, at any depth, and what it says of them. */
function keysOf(schema: unknown, path = ''): readonly { readonly key: string; readonly description: string }[] {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([word, value]) => {
    if (word !== 'properties') return keysOf(value, path)
    return Object.entries<{ description?: string }>(value).flatMap(([key, property]) => [
      { key: `${path}/${key}`, description: property.description ?? '' },
      ...keysOf(property, `${path}/${key}`),
    ])
  })
}

/** What an editor would underline. */
function mistakes(file: string, text: string): readonly string[] {
  const validate = new Ajv({ allErrors: true }).compile(schemas[schemaOf(file)] ?? false)
  validate(parse(text))
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

describe('the JSON Schemas', () => {
  it.each(Object.keys(schemas))('rules/%s is that of the loader', (name) => {
    // After a change of the schemas: npm run build && node dist/src/cli/main.js rules schema
    expect(readFileSync(join(root, 'rules', name), 'utf8')).toBe(schemaText(schemas[name] ?? {}))
  })

  it.each(Object.keys(schemas))('%s has words for each key, which editors show', (name) => {
    const keys = keysOf(schemas[name])
    expect(keys.length).toBeGreaterThan(0)
    expect(keys.filter(({ description }) => !/^[A-Z`0-9].*[.…]$/.test(description))).toEqual([])
  })

  it.each(shipped)('accept %s, which names the one that it is checked by', (file) => {
    const text = readFileSync(join(root, file), 'utf8')
    expect(mistakes(basename(file), text)).toEqual([])
    const [, named = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? []
    expect(join(dirname(file), named)).toBe(join('rules', schemaOf(basename(file))))
  })

  it('accept all that can be written', () => {
    expect(mistakes('d.yaml', GOOD)).toEqual([])
  })

  it.each([
    ['a misspelt key', 'description: May', 'descripton: May', ' must NOT have additional properties'],
    [
      'a misspelt level',
      'autonomy: supervised',
      'autonomy: supervisd',
      '/actions/send_email/autonomy must be equal to one of the allowed values',
    ],
    ['a number out of range', 'dependence: 0.5', 'dependence: 1.5', '/dependence must be <= 1'],
    [
      'a section left out',
      'review: { cost: 40, queue: csm, due: PT8H, sampleRate: 0.1 }\n',
      '',
      " must have required property 'review'",
    ],
  ])('refuse %s', (_what, from, to, mistake) => {
    expect(mistakes('d.yaml', edited([from, to]))).toContain(mistake)
  })
})
