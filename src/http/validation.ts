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
 * @param data null, as Fastify has it, where there is none
 * @returns the parsed value
 * @throws Problem `invalid_request` with all that is wrong
 */
export function parse<T extends z.ZodType>(schema: T, data: unknown): z.output<T> {
  const { value, errors } = check(schema, data ?? undefined)
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
  // What else a field of the wrong type is, its length for one, helps nobody.
  const mistyped = new Set(error.issues.flatMap((issue) => (issue.code === 'invalid_type' ? [join(issue)] : [])))
  const issues = error.issues.filter((issue) => issue.code === 'invalid_type' || !mistyped.has(join(issue)))
  return issues.flatMap((issue) => {
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
  if (issue.input === undefined) return !issue.path?.length ? 'has no body; send JSON' : 'is required'
  const but = quoted(issue.input, issue.code === 'invalid_type')
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
      return notKnown(issue.keys, knownKeys(issue))
    case 'invalid_key':
      return "has a key that can't be used"
    default:
      return undefined
  }
}

/** Fields that there are not. */
export function unknownFields(names: readonly string[], known: readonly string[]): readonly FieldError[] {
  const message = notKnown(names, known)
  return names.map((name) => ({ path: shorten(name), message }))
}

function notKnown(names: readonly string[], known: readonly string[]): string {
  return `is not known here${names.length === 1 ? didYouMean(names[0]!, known) : ''}`
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

/** What was sent instead, where that is short enough to help: a string in quotes, where it should have been none. */
function quoted(input: unknown, isOfOtherType: boolean): string {
  if (input === null || typeof input === 'number' || typeof input === 'boolean') return `, not \`${input}\``
  if (Array.isArray(input)) return isOfOtherType ? ', not a list' : ''
  if (typeof input !== 'string' || input.length > 40) return ''
  if (isOfOtherType) return `, not \`${JSON.stringify(input)}\``
  return input === '' ? '' : `, not \`${input}\``
}

/** A name that the caller chose, for a message. */
export function shorten(name: string): string {
  return name.length <= 100 ? name : `${name.slice(0, 100)}…`
}
