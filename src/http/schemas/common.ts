import { z } from 'zod'
import { Problem } from '../../app/problem.ts'
import { NAME_MAX, NAME_PATTERN } from '../../core/names.ts'
import { parseTime } from '../../core/rules/time.ts'

/** Every field of the API says what it is and gives an example. */
export function field<T extends z.ZodType>(schema: T, description: string, example: unknown): T {
  return schema.meta({ description, examples: [example] })
}

/** A name of the caller's own choosing, of an account, agent, signal, … */
export function name(description: string, example: string, longest = NAME_MAX) {
  return field(anyName(longest), description, example)
}

export function anyName(longest = NAME_MAX) {
  return z.string().min(1).max(longest).regex(NAME_PATTERN, {
    error: 'must not have spaces around it, nor control or bidirectional characters',
  })
}

/** What a person writes for people, on as many lines as they like. */
export function prose(description: string, example: string, longest = 4_000) {
  const schema = z.string().min(1).max(longest).regex(PROSE, {
    error: 'must not have control or bidirectional characters, line breaks and tabs excepted',
  })
  return field(schema, description, example)
}
const PROSE = /^(?:[^\p{Cc}\p{Cs}\p{Bidi_Control}]|[\n\r\t])+$/u

/** A name in an answer. */
export function text(description: string, example: string) {
  return field(z.string(), description, example)
}

/** A time in a request: RFC 3339 with an offset, in the years that PostgreSQL and JavaScript agree on. */
export function timestamp(description: string, example = '2026-11-20T09:00:00Z') {
  const schema = z.string().refine(isTimestamp, {
    error: 'must be an RFC 3339 time with an offset, such as `2026-11-20T09:00:00Z`',
  })
  return schema.meta({ description, examples: [example], format: 'date-time' })
}

function isTimestamp(value: string): boolean {
  const time = value.includes('T') ? parseTime(value) : null
  return time !== null && time >= EARLIEST && time < LATEST
}
const EARLIEST = Date.parse('1900-01-01T00:00:00Z')
const LATEST = Date.parse('9999-01-01T00:00:00Z')

/** Whether a time lies further ahead of now (milliseconds since the epoch) than clocks that run apart explain. */
export function isAhead(timestamp: string, now: number): boolean {
  return Date.parse(timestamp) > now + 5 * 60_000
}

/** A time in an answer, always UTC. */
export function time(description: string, example = '2026-11-20T09:00:00.000Z') {
  return z.string().meta({ description, examples: [example], format: 'date-time' })
}

export function probability(description: string, example: number) {
  return field(z.number().min(0).max(1), description, example)
}

export function number(description: string, example: number) {
  return field(z.number(), description, example)
}

/** A count or a place. OpenAPI readers need not know how far JavaScript counts. */
export function count(description: string, example: number) {
  return field(z.number().int().min(0), description, example).meta({ maximum: undefined })
}

/** A number in a query, where everything is a string. */
export function queryNumber<T extends z.ZodType>(schema: T) {
  return z.preprocess(
    (sent) => (typeof sent === 'string' && /^-?\d+(\.\d+)?$/.test(sent) ? Number(sent) : sent),
    schema,
  )
}

export const pageLimit = field(
  queryNumber(z.number().int().min(1).max(200)).default(50),
  'How many at most; 50 where it is left out.',
  50,
)

const pageQuery = {
  limit: pageLimit,
  cursor: cursor(z.string().min(1).max(500)),
}

/** What a query may do without, and has no example: the page would send it along. */
export function unfilled<T extends z.ZodType>(schema: T, description: string) {
  return schema.optional().meta({ description })
}

/** A filter by a name. */
export function nameFilter(description: string) {
  return unfilled(anyName(), description)
}

function cursor<T extends z.ZodType>(schema: T) {
  return unfilled(schema, '`next` of the page before; leave it out for the first.')
}

/** The query of a list: its filters, and which page. */
export function listQuery<S extends z.ZodRawShape>(filters: S) {
  return z.strictObject({ ...pageQuery, ...filters })
}

/** A page of a list, under the name of what it holds. */
export function list<N extends string, T extends z.ZodType>(plural: N, item: T) {
  const items = { [plural]: z.array(item).meta({ description: 'In the order of the list.' }) } as Record<
    N,
    z.ZodArray<T>
  >
  return z.object({
    ...items,
    next: field(z.string().nullable(), 'Cursor of the next page; null: this is the last.', null),
  })
}

export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The cursor of a list in the order of its ids. */
export const idCursor = cursor(z.string().regex(UUID, { error: 'is not one of this list; start again without it' }))

/** The cursor of a list in the order of its names. */
export const nameCursor = cursor(anyName())

/**
 * An id out of a path. One that can't be an id is not there.
 * @throws Problem `not_found`
 */
export function knownId(id: string, of: string): string {
  if (UUID.test(id)) return id
  throw new Problem('not_found', `no ${of} \`${id}\``)
}

/** The path of one thing that we gave its id. */
export function idPath(of: string) {
  return z.strictObject({ id: name(`Id of the ${of}.`, '01980a2e-7c1f-7d4b-9a55-2f6a4a4d1c11') })
}

/** Free JSON that the caller decides on. */
export const anyJson = z.record(z.string(), z.unknown())
