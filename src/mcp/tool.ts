import type { Tool as Listing, ToolAnnotations } from '@modelcontextprotocol/sdk/types.js'
import { z } from 'zod'
import { Problem } from '../app/problem.ts'
import { field, UUID } from '../http/schemas/common.ts'
import { check, sentences } from '../http/validation.ts'
import { type Api, Refusal } from './api.ts'
import { jsonSchema } from './json-schema.ts'
import { answered, type Result, refused } from './result.ts'

/** Something that a model can do. */
export interface Tool {
  readonly listing: Listing
  /** Never throws: what the caller did wrong, the service refused or should not happen is a result, with what to do next. */
  readonly run: (api: Api, args: unknown, onError: OnError) => Promise<Result>
}

/** Told of what should not happen, which callers only hear of as such. */
export type OnError = (error: unknown) => void

interface Definition<I extends z.ZodObject, O extends z.ZodObject> {
  readonly name: string
  readonly title: string
  /** For the model, which decides by it when to call. */
  readonly description: string
  readonly annotations: ToolAnnotations
  readonly input: I
  readonly output: O
  readonly ask: (api: Api, args: z.output<I>) => Promise<unknown>
  /** The answer in a few lines, for models that are shown no more. */
  readonly tell: (answer: z.output<O>) => string
  /** What a model must know when it is refused, whatever the reason. */
  readonly whenRefused?: string
}

/** All that is shared by tools. None of them goes beyond Umpire. */
export function defineTool<I extends z.ZodObject, O extends z.ZodObject>(definition: Definition<I, O>): Tool {
  const { name, title, description, annotations, input, output, ask, tell, whenRefused } = definition
  const listing: Listing = {
    name,
    title,
    description,
    annotations: { openWorldHint: false, ...annotations },
    inputSchema: jsonSchema(input, 'input'),
    outputSchema: jsonSchema(output, 'output'),
  }
  const run = async (api: Api, args: unknown, onError: OnError): Promise<Result> => {
    try {
      const answer = (await ask(api, parsed(input, args))) as z.output<O>
      return answered(answer as Record<string, unknown>, tell(answer))
    } catch (error) {
      return refused(asRefusal(error, onError), whenRefused)
    }
  }
  return { listing, run }
}

/** An id that Umpire has given. Nothing else gets into a path: a model may be told to ask for `..`. */
export function id(description: string, example: string) {
  return field(z.string().regex(UUID, { error: 'must be an id as it was told, a UUID' }), description, example)
}

/** Names a call, so that it can be repeated. */
export const idempotencyKey = field(
  z.string().regex(/^[\x20-\x7e]{1,200}$/, { error: 'must have 1 to 200 printable ASCII characters' }),
  'Names this call, such as a UUID. Repeat a call whose answer you did not get with the same one: it is not done again.',
  '5f0c2d0e-9f1d-4a55-8a0e-6f2f6f7c1a11',
).optional()

/** What others have chosen, whoever they are: a model sees where it begins and where it ends. */
export const quoted = (name: string): string => JSON.stringify(name)

/** @throws Problem `invalid_request` with all that is wrong */
function parsed<I extends z.ZodObject>(input: I, args: unknown): z.output<I> {
  const { value, errors } = check(input, args ?? {})
  if (value === undefined) throw new Problem('invalid_request', sentences(errors, 'the arguments'))
  return value
}

function asRefusal(error: unknown, onError: OnError): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof Problem) return new Refusal({ code: error.code, detail: error.message })
  onError(error)
  return new Refusal({ code: 'internal', detail: 'an unexpected error' })
}
