import type { FastifySchemaCompiler } from 'fastify'
import { z } from 'zod'
import { type FieldError, Problem } from '../app/problem.ts'
import { didYouMean } from '../core/rules/suggest.ts'

type Issue = z.core.$ZodIssue
type RawIssue = z.core.$ZodRawIssue

/** Lets Fastify validate with zod, and fail in our words. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> =
  ({ schema }) =>
  (data) => {
    const { value, errors } = check(schema, data ?? undefined)
    return errors.length === 0 ? { value } : { error: invalid(errors) }
  }

/**
 * @returns the parsed value
 * @throws Problem `invalid_request` with all that is wrong
 */
export function parse<T extends z.ZodType>(schema: T, data: unknown): z.output<T> {
  const { value, errors } = check(schema, data)
  if (value === undefined) throw invalid(errors)
  return value
}

/** @returns the parsed value, or else what is wrong */
export function check<T extends z.ZodType>(
  schema: T,
  data: unknown,
): { readonly value: z.output<T> | undefined; readonly errors: readonly FieldError[] } {
  const { success, data: value, error } = schema.safeParse(data, WORDS)
  return success ? { value, errors: [] } : { value: undefined, errors: fieldErrors(error) }
}

/** Tells the first error in its `detail`, and all of them in `errors`. */
export function invalid(errors: readonly FieldError[]): Problem {
  const more = errors.length > 1 ? ` (${errors.length - 1} more in \`errors\`)` : ''
  return new Problem('invalid_request', `${sentence(errors[0]!)}${more}`, { errors: errors.slice(0, ERRORS_AT_MOST) })
}
const ERRORS_AT_MOST = 50

/** "`signals.3.confidence` must be at most 1, not `1.5`" */
function sentence({ path, message }: FieldError, whole = 'the request'): string {
  return path === '' ? `${whole} ${message}` : `\`${path}\` ${message}`
}

/** What is wrong with one item of a batch, which has no list of errors of its own. */
export function sentences(errors: readonly FieldError[], whole: string): string {
  return errors
    .slice(0, 5)
    .map((error) => sentence(error, whole))
    .join('; ')
}

/** Messages continue a sentence that begins with the path. */
function fieldErrors(error: z.ZodError): readonly FieldError[] {
  return error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [{ path: join(issue), message: issue.message }]
    return issue.keys.map((key) => ({ path: join(issue, key), message: issue.message }))
  })
}

function join(issue: Issue, key?: string): string {
  return [...issue.path.map(String), ...(key === undefined ? [] : [key])].map(shorten).join('.')
}

/** Given to each parse, so that schemas stay free of words that follow from what they say. */
const WORDS = { error: (issue: RawIssue) => describe(issue) }

function describe(issue: RawIssue): string | undefined {
  if (issue.input === undefined) return 'is required'
  const but = quoted(issue.input)
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPES[issue.expected as string] ?? `a ${issue.expected}`}${but}`
    case 'invalid_value':
      return `must be ${issue.values.map((value) => `\`${String(value)}\``).join(' or ')}${but}`
    case 'too_small':
      return tooSmall(issue.origin, Number(issue.minimum), issue.inclusive !== false) + but
    case 'too_big':
      return tooBig(issue.origin, Number(issue.maximum)) + but
    case 'unrecognized_keys':
      return `is not known here${issue.keys.length === 1 ? didYouMean(issue.keys[0]!, knownKeys(issue)) : ''}`
    case 'invalid_key':
      return "has a key that can't be used"
    default:
      return undefined
  }
}

function knownKeys({ inst }: RawIssue): readonly string[] {
  return inst instanceof z.ZodObject ? Object.keys(inst.shape) : []
}

const TYPES: Readonly<Record<string, string>> = {
  object: 'an object',
  record: 'an object',
  array: 'a list',
  int: 'a whole number',
  number: 'a number',
  string: 'a string',
  boolean: '`true` or `false`',
  null: '`null`',
}

function tooSmall(origin: string, minimum: number, inclusive: boolean): string {
  if (origin === 'string') return minimum === 1 ? 'must not be empty' : `must have at least ${minimum} characters`
  if (origin === 'array') return `must have at least ${minimum} ${minimum === 1 ? 'item' : 'items'}`
  return `must be ${inclusive ? 'at least' : 'more than'} ${minimum}`
}

function tooBig(origin: string, maximum: number): string {
  if (origin === 'string') return `must have at most ${maximum.toLocaleString('en')} characters`
  if (origin === 'array') return `must have at most ${maximum.toLocaleString('en')} items`
  return `must be at most ${maximum}`
}

/** What was sent instead, where that is short enough to help. */
function quoted(input: unknown): string {
  if (input === null || typeof input === 'number' || typeof input === 'boolean') return `, not \`${input}\``
  return typeof input === 'string' && input.length > 0 && input.length <= 40 ? `, not \`${input}\`` : ''
}

function shorten(name: string): string {
  return name.length <= 100 ? name : `${name.slice(0, 100)}…`
}
