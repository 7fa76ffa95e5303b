import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { jsonSchemas } from '../../src/core/rules/schema/json.ts'
import { edited, GOOD } from './good.ts'

const rules = join(import.meta.dirname, '../../rules')
const schemas = jsonSchemas()

function schemaOf(file: string): string {
  if (file === '_all.yaml') return 'all.schema.json'
  if (file === 'agents.yaml') return 'agents.schema.json'
  if (file === 'queues.yaml') return 'queues.schema.json'
  return file.endsWith('_test.yaml') ? 'test.schema.json' : 'decision.schema.json'
}

/** As Biome formats JSON: lists on one line where they fit. */
function formatted(schema: unknown): string {
  const text = JSON.stringify(schema, null, 2)
  const lists = text.replace(/\[\s+((?:"[^"]*",?\s+)+)\]/g, (list, items: string, offset: number) => {
    const line = `[${items.trim().replaceAll(/,\s+/g, ', ')}]`
    return offset - text.lastIndexOf('\n', offset) + line.length <= 120 ? line : list
  })
  return `${lists}\n`
}

/** What an editor would underline. */
function mistakes(file: string, text: string): readonly string[] {
  const validate = new Ajv2020({ allErrors: true }).compile(schemas[schemaOf(file)] ?? false)
  validate(parse(text))
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

describe('the JSON Schemas', () => {
  it.each(Object.keys(schemas))('rules/%s is that of the loader', async (name) => {
    // After a change of the schemas: npx vitest run test/rules/schema.test.ts --update
    await expect(formatted(schemas[name])).toMatchFileSnapshot(join(rules, name))
  })

  it.each(readdirSync(rules).filter((name) => name.endsWith('.yaml')))('accept rules/%s', (name) => {
    expect(mistakes(name, readFileSync(join(rules, name), 'utf8'))).toEqual([])
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
