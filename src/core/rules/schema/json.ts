import { z } from 'zod'
import { agentsSchema } from './agents.ts'
import { allSchema } from './all.ts'
import { casesSchema } from './cases.ts'
import { decisionSchema } from './decision.ts'
import { queuesSchema } from './queues.ts'
import { sourcesSchema } from './sources.ts'

const SCHEMAS = {
  'decision.schema.json': { title: 'An Umpire decision', schema: decisionSchema },
  'all.schema.json': { title: 'Rules of every decision', schema: allSchema },
  'agents.schema.json': { title: 'Agents that Umpire hears', schema: agentsSchema },
  'queues.schema.json': { title: 'Queues in which people decide', schema: queuesSchema },
  'sources.schema.json': { title: 'Who may post to webhooks', schema: sourcesSchema },
  'test.schema.json': { title: 'Cases of an Umpire decision', schema: casesSchema },
} as const

/**
 * JSON Schemas of the rule files by file name, for editors: they complete and explain keys. What only the loader can
 * check, such as names that refer to one another, is not in them. They are of draft 7, which the YAML language server
 * has always understood; of later drafts its older versions warn at the top of each file.
 */
export function jsonSchemas(): Readonly<Record<string, object>> {
  const entries = Object.entries(SCHEMAS).map(([name, { title, schema }]) => {
    const { $schema, ...rest } = z.toJSONSchema(schema, {
      target: 'draft-7',
      io: 'input',
      unrepresentable: 'any',
      reused: 'inline',
    })
    return [name, { $schema, title, ...rest }]
  })
  return Object.fromEntries(entries)
}

const WIDEST_LINE = 120

/** The text of a schema's file: two spaces in, and lists of words on one line where they fit, as Biome formats it. */
export function schemaText(schema: object): string {
  const text = JSON.stringify(schema, null, 2)
  const lists = text.replace(/\[\s+((?:"[^"]*",?\s+)+)\]/g, (list, items: string, offset: number) => {
    const line = `[${items.trim().replaceAll(/,\s+/g, ', ')}]`
    return offset - text.lastIndexOf('\n', offset) + line.length <= WIDEST_LINE ? line : list
  })
  return `${lists}\n`
}
