import { z } from 'zod'
import { agentsSchema } from './agents.ts'
import { allSchema } from './all.ts'
import { casesSchema } from './cases.ts'
import { decisionSchema } from './decision.ts'
import { queuesSchema } from './queues.ts'

const SCHEMAS = {
  'decision.schema.json': { title: 'An Umpire decision', schema: decisionSchema },
  'all.schema.json': { title: 'Rules of every decision', schema: allSchema },
  'agents.schema.json': { title: 'Agents that Umpire hears', schema: agentsSchema },
  'queues.schema.json': { title: 'Queues in which people decide', schema: queuesSchema },
  'test.schema.json': { title: 'Cases of an Umpire decision', schema: casesSchema },
} as const

/**
 * JSON Schemas (2020-12) of the rule files by file name, for editors: they complete and explain keys. What only the
 * loader can check, such as names that refer to one another, is not in them.
 */
export function jsonSchemas(): Readonly<Record<string, object>> {
  const entries = Object.entries(SCHEMAS).map(([name, { title, schema }]) => {
    const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' })
    return [name, { $schema, title, ...rest }]
  })
  return Object.fromEntries(entries)
}
