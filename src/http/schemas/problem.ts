import { z } from 'zod'
import { PROBLEM_CODES, type ProblemCode } from '../../app/problem.ts'
import { KINDS, PROBLEM_TYPE } from '../errors.ts'
import { field, text } from './common.ts'

const fieldError = z.object({
  path: text('Where it is, in the body, the path or the query.', 'signals.3.confidence'),
  message: text('What is wrong with it.', 'must be at most 1, not `1.5`'),
})

export const problem = z
  .object({
    type: text('Identifies the kind of problem.', 'urn:umpire:problem:invalid_request'),
    title: text('The kind in words.', 'The request is not valid'),
    status: field(z.number(), 'HTTP status.', 400),
    code: field(z.enum(PROBLEM_CODES), 'The kind, for programs; the list is closed.', 'invalid_request'),
    detail: text('What happened, and what to do next.', '`signals.3.confidence` must be at most 1, not `1.5`'),
    instance: text('This request; the log has it under the same id.', 'urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950e'),
    errors: z
      .array(fieldError)
      .meta({ description: 'All that is wrong with the request, where it is not valid.' })
      .optional(),
    missing: field(z.array(z.string()), 'What is not ready.', ['postgresql does not answer']).optional(),
  })
  .meta({ id: 'Problem', description: 'What went wrong (RFC 9457).' })

/** Why one item of a batch was rejected. */
export const itemProblem = z
  .object({
    code: field(z.enum(PROBLEM_CODES), 'The kind of problem.', 'signal_conflict'),
    detail: text(
      'What happened, and what to do next.',
      'signal `cr-17` of `churn-radar` was accepted before with other content',
    ),
  })
  .meta({ id: 'ItemProblem', description: 'Why one item of a batch was rejected.' })

type Response = { description: string; content: Record<string, { schema: z.ZodType }> }

/** The answers of a route: the one that it is for, and those of the problems that it may run into. */
export function responses(
  good: Readonly<Record<number, { readonly description: string; readonly schema: z.ZodType }>>,
  problems: readonly ProblemCode[],
): Record<number, Response> {
  const all: Record<number, Response> = {}
  for (const [status, { description, schema }] of Object.entries(good)) {
    all[Number(status)] = { description, content: { 'application/json': { schema } } }
  }
  for (const code of problems) {
    const { status } = KINDS[code]
    const description = [all[status]?.description, `\`${code}\``].filter(Boolean).join(', ')
    all[status] = { description, content: { ...all[status]?.content, [PROBLEM_TYPE]: { schema: problem } } }
  }
  return all
}

/** What any route under `/v1` may answer. */
export const ANY_ROUTE = [
  'invalid_request',
  'unauthorized',
  'forbidden',
  'rate_limited',
  'internal',
  'unavailable',
] as const satisfies readonly ProblemCode[]

/** What any route that takes a body may answer. */
export const ANY_BODY = [
  ...ANY_ROUTE,
  'invalid_json',
  'payload_too_large',
  'unsupported_media_type',
] as const satisfies readonly ProblemCode[]

/** What any POST may answer besides. */
export const ANY_POST = [
  ...ANY_BODY,
  'idempotency_in_progress',
  'idempotency_mismatch',
  'overloaded',
] as const satisfies readonly ProblemCode[]
