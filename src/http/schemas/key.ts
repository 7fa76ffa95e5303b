import { z } from 'zod'
import { PRINCIPALS, SCOPES } from '../../app/principal.ts'
import { field, text } from './common.ts'

/** A key as its holder may know it. */
export const key = z
  .object({
    name: text('Its name, under which what it does is recorded.', 'maria'),
    principal: field(z.enum(PRINCIPALS), 'Who holds it.', 'person'),
    scopes: field(z.array(z.enum(SCOPES)), 'What it may do; `admin` implies all.', ['read', 'escalations:review']),
    agents: field(z.array(z.string()).nullable(), 'Agents that it speaks for; null: any.', null),
  })
  .meta({ id: 'Key', description: 'An API key.' })
