import type { FactDeclaration, Facts } from '../model.ts'
import { ExpressionError } from './expression.ts'
import { listWords } from './suggest.ts'
import { parseTime } from './time.ts'

/** A declared type. A list without an item type holds anything, a map always does. */
export type FactType =
  | { readonly kind: 'number' | 'string' | 'bool' | 'timestamp' | 'map' }
  | { readonly kind: 'list'; readonly of: FactType | null }

/** The value of one fact as expressions see it; undefined where it is missing. Throws `ExpressionError` on a type clash. */
export type FactReader = (facts: Facts) => unknown

const CEL_TYPES = {
  number: 'double',
  string: 'string',
  bool: 'bool',
  timestamp: 'google.protobuf.Timestamp',
  map: 'map<string, dyn>',
} as const

export const FACT_TYPES = listWords(['number', 'string', 'bool', 'timestamp', 'map', 'list<string>'], 'or')

/** Reads `number`, `list<string>`, `list<list<number>>` …; null where it is no type. */
export function parseFactType(text: string): FactType | null {
  switch (text) {
    case 'number':
    case 'string':
    case 'bool':
    case 'timestamp':
    case 'map':
      return { kind: text }
    case 'list':
      return { kind: 'list', of: null }
  }
  const item = /^list<(.+)>$/.exec(text)?.[1]
  const of = item === undefined ? null : parseFactType(item.trim())
  return of && { kind: 'list', of }
}

export function celType(type: FactType): string {
  if (type.kind !== 'list') return CEL_TYPES[type.kind]
  return type.of === null ? 'list<dyn>' : `list<${celType(type.of)}>`
}

/** Whether a JSON value is of a type; a timestamp is an RFC 3339 string. */
export function fits(type: FactType, value: unknown): boolean {
  switch (type.kind) {
    case 'number':
      return typeof value === 'number'
    case 'string':
      return typeof value === 'string'
    case 'bool':
      return typeof value === 'boolean'
    case 'timestamp':
      return typeof value === 'string' && parseTime(value) !== null
    case 'map':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'list': {
      const { of } = type
      return Array.isArray(value) && (of === null || value.every((item) => fits(of, item)))
    }
  }
}

/**
 * The reader of a declared fact: checks the type, turns timestamps into dates and fills in the default.
 * It works on the facts as they came, once per use: a wrong fact that nobody reads does no harm.
 */
export function factReader(name: string, declaration: FactDeclaration): FactReader {
  const type = parseFactType(declaration.type)
  if (type === null) throw new TypeError(`\`${declaration.type}\` is no type of a fact`)
  const fallback = declaration.default === undefined ? undefined : convert(type, declaration.default)
  const other = (value: unknown): unknown => {
    if (value === undefined || value === null) return fallback
    if (fits(type, value)) return convert(type, value)
    throw new ExpressionError(
      `fact \`account.${name}\` is a ${typeName(value)}, the rules declare a ${declaration.type}`,
    )
  }
  // A name is never one that Object.prototype has, so that what is found is the fact.
  switch (type.kind) {
    case 'number':
      return (facts) => (typeof facts[name] === 'number' ? facts[name] : other(facts[name]))
    case 'string':
      return (facts) => (typeof facts[name] === 'string' ? facts[name] : other(facts[name]))
    case 'bool':
      return (facts) => (typeof facts[name] === 'boolean' ? facts[name] : other(facts[name]))
    case 'list':
      if (type.of?.kind !== 'string') break
      return (facts) => (areStrings(facts[name]) ? facts[name] : other(facts[name]))
  }
  return (facts) => other(facts[name])
}

// Flags and their like: checked each time that a rule reads them, so the check is written out.
function areStrings(value: unknown): boolean {
  if (!Array.isArray(value)) return false
  for (let index = 0; index < value.length; index++) if (typeof value[index] !== 'string') return false
  return true
}

function convert(type: FactType, value: unknown): unknown {
  if (type.kind === 'timestamp') return new Date(parseTime(value as string) ?? Number.NaN)
  if (type.kind !== 'list' || type.of === null || !hasTimestamp(type.of)) return value
  const { of } = type
  return (value as unknown[]).map((item) => convert(of, item))
}

function hasTimestamp(type: FactType): boolean {
  return type.kind === 'timestamp' || (type.kind === 'list' && type.of !== null && hasTimestamp(type.of))
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'object') return 'map'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
