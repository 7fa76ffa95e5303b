import { isUtf8 } from 'node:buffer'
import { type FieldError, Problem } from '../app/problem.ts'

const DEPTH_AT_MOST = 32

/**
 * A body as JSON (RFC 8259) that is safe to keep. Undefined for an empty one: whether one is needed is for others to say.
 * @throws Problem `invalid_json`, `invalid_request`
 */
export function parseJson(body: Buffer): unknown {
  const value = readJson(body)
  // In valid UTF-8 and valid JSON, NUL and lone surrogates can only be written as escapes.
  const fault = faultIn(value, body.includes('\\u'))
  if (fault === null) return value
  throw new Problem('invalid_request', faultInWords(fault, 'the body'), { errors: [fault] })
}

/**
 * A body as JSON, whatever is in it; undefined for an empty one.
 * @throws Problem `invalid_json`; `invalid_request` for `null`
 */
export function readJson(body: Buffer): unknown {
  if (body.length === 0) return undefined
  if (!isUtf8(body)) throw new Problem('invalid_json', 'the body is not valid UTF-8')
  const text = body.toString('utf8')
  if (text.startsWith('\uFEFF')) {
    throw new Problem('invalid_json', 'the body begins with a byte order mark (U+FEFF); send it without')
  }
  const value = parsed(text)
  if (value === null) throw new Problem('invalid_request', 'the body must not be `null`')
  return value
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const { message } = error as Error
    const reason = message.charAt(0).toLowerCase() + message.slice(1)
    throw new Problem('invalid_json', `the body is not valid JSON: ${reason}`)
  }
}

/**
 * What JSON allows and PostgreSQL, JavaScript or the reader of a log would trip over: NUL and lone surrogates, keys that
 * mean something to JavaScript, numbers beyond the range of a double, deep nesting. Null: nothing.
 *
 * @param hasEscapes whether there may be NUL or lone surrogates
 */
export function faultIn(value: unknown, hasEscapes = true): FieldError | null {
  return inspect(value, hasEscapes, [])
}

/** @param subject what it is in */
export function faultInWords({ path, message }: FieldError, subject: string): string {
  return path === '' ? `${subject} ${message}` : `\`${path}\` ${message}`
}

function inspect(value: unknown, hasEscapes: boolean, path: (string | number)[]): FieldError | null {
  if (typeof value === 'string') {
    if (!hasEscapes || !UNSTORABLE.test(value)) return null
    return fault(path, value === BEYOND_RANGE ? BEYOND : 'has a NUL or half a surrogate pair in it')
  }
  if (typeof value === 'number') return Number.isFinite(value) ? null : fault(path, BEYOND)
  if (typeof value !== 'object' || value === null) return null
  if (path.length === DEPTH_AT_MOST) return fault(path.slice(0, 3), `is nested deeper than ${DEPTH_AT_MOST} levels`)
  return Array.isArray(value) ? inspectItems(value, hasEscapes, path) : inspectFields(value, hasEscapes, path)
}

function inspectItems(items: readonly unknown[], hasEscapes: boolean, path: (string | number)[]): FieldError | null {
  for (let i = 0; i < items.length; i++) {
    path.push(i)
    const found = inspect(items[i], hasEscapes, path)
    if (found !== null) return found
    path.pop()
  }
  return null
}

function inspectFields(fields: object, hasEscapes: boolean, path: (string | number)[]): FieldError | null {
  for (const key of Object.keys(fields)) {
    if (hasEscapes && UNSTORABLE.test(key)) return fault(path, 'has a key with a NUL or half a surrogate pair')
    path.push(key)
    if (RESERVED.has(key)) return fault(path, 'is a key that is not allowed anywhere')
    const found = inspect((fields as Record<string, unknown>)[key], hasEscapes, path)
    if (found !== null) return found
    path.pop()
  }
  return null
}

/**
 * Stands for a number that was beyond the range of a double where JSON has to be written again, which has none. It is
 * found at fault as the number is.
 */
export const BEYOND_RANGE = '\uD800 a number beyond the range of a double'
const BEYOND = 'is beyond the range of a number'

/** With the flag `u` a pair is one character, so that only halves are surrogates. */
const UNSTORABLE = /[\0\p{Surrogate}]/u
const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'constructor'])

function fault(path: readonly (string | number)[], message: string): FieldError {
  return { path: path.join('.').slice(0, 200), message }
}
