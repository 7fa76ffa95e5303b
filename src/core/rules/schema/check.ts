import type { z } from 'zod'
import type { RuleProblem } from '../problem.ts'
import { didYouMean, didYouMeanOr, listWords } from '../suggest.ts'
import type { Path, YamlFile } from '../yaml.ts'

type Issue = z.core.$ZodIssue

/** The parts of a value that are fine, and a problem for each one that is not. */
export interface Checked<T> {
  /** Null where anything is wrong. */
  readonly value: T | null
  readonly problems: readonly RuleProblem[]
}

/** Checks a file, or the part of it at `path`, against a schema. */
export function checkSchema<S extends z.ZodType>(schema: S, yaml: YamlFile): Checked<z.output<S>> {
  const result = schema.safeParse(yaml.value, { reportInput: true })
  if (result.success) return { value: result.data, problems: [] }
  return { value: null, problems: result.error.issues.flatMap((issue) => problemsOf(issue, [], schema, yaml)) }
}

/** Parses a part by itself: what is wrong elsewhere in the file does not hide what is wrong in this one. */
export function partOf<S extends z.ZodType>(schema: S, value: unknown): z.output<S> | null {
  const result = schema.safeParse(value)
  return result.success ? result.data : null
}

/** The entries of a map, or none where it is no map. */
export function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return isMap(value) ? Object.entries(value) : []
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function problemsOf(issue: Issue, prefix: Path, schema: z.ZodType, yaml: YamlFile): readonly RuleProblem[] {
  const path = [...prefix, ...issue.path]
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(schema, path)
      return issue.keys.map((key) => yaml.atKey([...path, key], `unknown key \`${key}\`${didYouMeanOr(key, known)}`))
    }
    case 'invalid_key':
      return issue.issues.map(({ message }) => yaml.atKey(path, message))
    case 'invalid_union': {
      const inner = chosenOption(issue)
      if (inner !== null) return inner.flatMap((each) => problemsOf(each, path, schema, yaml))
      return [yaml.at(path, `${subject(path)} ${issue.message}, not ${found(issue.input)}`)]
    }
    case 'invalid_type':
      if (issue.input === undefined) return [yaml.at(path, `${subject(path)} is missing`)]
      return [
        yaml.at(path, `${subject(path)} must be ${noun(issue.expected)}, not ${found(issue.input)}${asList(issue)}`),
      ]
    case 'invalid_value': {
      if (issue.input === undefined) return [yaml.at(path, `${subject(path)} is missing`)]
      const values = issue.values.map(String)
      const meant = typeof issue.input === 'string' ? didYouMean(issue.input, values) : ''
      return [yaml.at(path, `${subject(path)} must be ${listWords(values, 'or')}, not ${found(issue.input)}${meant}`)]
    }
    case 'too_small':
      return [
        yaml.at(
          path,
          `${subject(path)} ${bound(issue.origin, issue.minimum, issue.inclusive, 'at least', 'more than')}`,
        ),
      ]
    case 'too_big':
      return [
        yaml.at(
          path,
          `${subject(path)} ${bound(issue.origin, issue.maximum, issue.inclusive, 'at most', 'less than')}`,
        ),
      ]
    default:
      return [yaml.at(path, issue.message)]
  }
}

function bound(origin: string, limit: number | bigint, inclusive = true, orEqual: string, strictly: string): string {
  if (origin === 'number' || origin === 'int') return `must be ${inclusive ? orEqual : strictly} ${limit}`
  if (limit === 1 && orEqual === 'at least') return 'must not be empty'
  return `must have ${orEqual} ${limit} ${origin === 'string' ? 'characters' : 'items'}`
}

/** Of a union, the option that the value was meant for: the only one whose outermost type it has. */
function chosenOption(issue: z.core.$ZodIssueInvalidUnion): readonly Issue[] | null {
  const fitting = issue.errors.filter((issues) => !issues.some(isOutermostType))
  return fitting.length === 1 ? (fitting[0] ?? null) : null
}

/** Of words, anything that is no word is of another type. */
function isOutermostType({ code, path, input }: Issue): boolean {
  return path.length === 0 && (code === 'invalid_type' || (code === 'invalid_value' && typeof input === 'object'))
}

function noun(expected: string): string {
  switch (expected) {
    case 'string':
      return 'text'
    case 'number':
      return 'a number'
    case 'int':
      return 'a whole number'
    case 'boolean':
      return 'true or false'
    case 'array':
    case 'tuple':
      return 'a list'
    default:
      return 'a map'
  }
}

/** How one word is written as a list. */
function asList({ code, expected, input }: Issue & { readonly code: 'invalid_type' }): string {
  return code === 'invalid_type' && expected === 'array' && typeof input === 'string' && input.length <= 40
    ? `; write \`[${input}]\``
    : ''
}

function found(input: unknown): string {
  if (input === null) return 'empty'
  if (Array.isArray(input)) return 'a list'
  if (typeof input === 'object') return 'a map'
  const text = String(input)
  return `\`${text.length > 40 ? `${text.slice(0, 40)}…` : text}\``
}

/** `prior`, or `item 2 of pointsAt`. */
function subject(path: Path): string {
  const last = path.at(-1)
  if (last === undefined) return 'the file'
  if (typeof last !== 'number') return `\`${String(last)}\``
  const list = path.at(-2)
  return typeof list === 'string' ? `item ${last + 1} of \`${list}\`` : `item ${last + 1}`
}

/** The keys that the schema knows at a path into it. */
function keysAt(schema: unknown, path: Path): readonly string[] {
  const def = (schema as { def?: Record<string, unknown> } | undefined)?.def
  if (def === undefined) return []
  const [key, ...rest] = path
  switch (def.type) {
    case 'object': {
      const shape = def.shape as Record<string, unknown>
      return key === undefined ? Object.keys(shape) : keysAt(shape[String(key)], rest)
    }
    case 'record':
      return key === undefined ? [] : keysAt(def.valueType, rest)
    case 'array':
      return key === undefined ? [] : keysAt(def.element, rest)
    case 'union':
      return (def.options as unknown[]).flatMap((option) => keysAt(option, path))
    case 'pipe':
      return keysAt(def.in, path)
    default:
      return keysAt(def.innerType, path)
  }
}
