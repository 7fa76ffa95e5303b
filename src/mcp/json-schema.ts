import { z } from 'zod'

/**
 * A schema as tools are listed with it: JSON Schema 2020-12, self-contained.
 *
 * Clients hand schemas on to models, whose makers know neither `$ref` nor patterns beyond the plainest. So all is written
 * out, and patterns are left to the validation, which says in words what is wrong.
 *
 * @param io as it is sent (`input`: strict) or as it is answered (`output`: there may be more fields some day)
 */
export function jsonSchema(schema: z.ZodObject, io: 'input' | 'output'): { type: 'object'; [key: string]: unknown } {
  const { $schema: _, ...listed } = z.toJSONSchema(schema, {
    io,
    metadata: WITHOUT_IDS,
    override: ({ zodSchema, jsonSchema }) => {
      delete jsonSchema.pattern
      const { def } = zodSchema._zod
      if (io === 'output' && def.type === 'object' && def.catchall === undefined) delete jsonSchema.additionalProperties
    },
  })
  return { ...listed, type: 'object' }
}

/** What schemas say of themselves, but for the ids by which OpenAPI refers to them and the examples that it shows. */
const WITHOUT_IDS = {
  get(schema: z.core.$ZodType) {
    const { id: _id, examples: _examples, ...meta } = z.globalRegistry.get(schema) ?? {}
    return meta
  },
  has: (schema: z.core.$ZodType) => z.globalRegistry.has(schema),
} as unknown as typeof z.globalRegistry
