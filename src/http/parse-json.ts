import { isUtf8 } from 'node:buffer'
import { Problem } from '../app/problem.ts'

const DEPTH_AT_MOST = 32

/**
 * A body as JSON (RFC 8259). Undefined for an empty one: whether one is needed is for others to say.
 *
 * What JSON allows and PostgreSQL, JavaScript or the reader of a log would trip over is refused: NUL and lone
 * surrogates, keys that mean something to JavaScript, numbers beyond the range of a double, deep nesting.
 *
 * @throws Problem `invalid_json`, `invalid_request`
 */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined
  if (!isUtf8(body)) throw new Problem('invalid_json', 'the body is not valid UTF-8')
  const text = body.toString('utf8')
  if (text.startsWith('\uFEFF')) {
    throw new Problem('invalid_json', 'the body begins with a byte order mark (U+FEFF); send it without')
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const { message } = error as Error
    const reason = message.charAt(0).toLowerCase() + message.slice(1)
    throw new Problem('invalid_json', `the body is not valid JSON: ${reason}`)
  }
  if (value === null) throw new Problem('invalid_request', 'the body must not be `null`')
  // In valid UTF-8 and valid JSON, NUL and lone surrogates can only be written as escapes.
  inspect(value, text.includes('\\u'), [])
  return value
}

function inspect(value: unknown, hasEscapes: boolean, path: (string | number)[]): void {
  if (typeof value === 'string') {
    if (hasEscapes && UNSTORABLE.test(value)) refuse(path, 'has a NUL or half a surrogate pair in it')
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) refuse(path, 'is beyond the range of a number')
  } else if (typeof value === 'object' && value !== null) {
    if (path.length === DEPTH_AT_MOST) refuse(path.slice(0, 3), `is nested deeper than ${DEPTH_AT_MOST} levels`)
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) {
        path.push(i)
        inspect(value[i], hasEscapes, path)
        path.pop()
      }
    } else {
      for (const key of Object.keys(value)) {
        path.push(key)
        if (RESERVED.has(key)) refuse(path, 'is a key that is not allowed anywhere')
        if (hasEscapes && UNSTORABLE.test(key))
          refuse(path.slice(0, -1), 'has a key with a NUL or half a surrogate pair')
        inspect((value as Record<string, unknown>)[key], hasEscapes, path)
        path.pop()
      }
    }
  }
}

/** With the flag `u` a pair is one character, so that only halves are surrogates. */
const UNSTORABLE = /[\0\p{Surrogate}]/u
const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'constructor'])

function refuse(path: readonly (string | number)[], message: string): never {
  const where = path.join('.').slice(0, 200)
  throw new Problem('invalid_request', where === '' ? `the body ${message}` : `\`${where}\` ${message}`, {
    errors: [{ path: where, message }],
  })
}
