/** As deep as no message of an agent is, so that what contains itself is found out. */
const DEPTH_AT_MOST = 100

/**
 * RFC 8785 (JSON Canonicalization Scheme): one text for a value, whatever the order of its keys. What JSON would change on the
 * way is refused; what is undefined is left out of objects, as it is by `JSON.stringify`.
 *
 * @throws TypeError where the value is no JSON, with the path of what is not
 */
export function canonicalJson(value: unknown): string {
  return write(value, [])
}

function write(value: unknown, path: readonly (string | number)[]): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value)
  if (typeof value === 'number') return Number.isFinite(value) ? JSON.stringify(value) : refuse(path, String(value))
  if (typeof value !== 'object') return refuse(path, typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`)
  if (path.length === DEPTH_AT_MOST) return refuse(path.slice(0, 3), 'nested without an end')
  if (Array.isArray(value)) return `[${Array.from(value, (item, i) => write(item, [...path, i])).join(',')}]`
  if (!isPlain(value)) return refuse(path, `a ${value.constructor?.name ?? 'class'}`)
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    // By UTF-16 code units.
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${write(member, [...path, key])}`)
  return `{${members.join(',')}}`
}

/** Whether nothing but `Object.prototype` is behind it, be it that of another realm, such as a test's. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function refuse(path: readonly (string | number)[], what: string): never {
  const where = path.length === 0 ? 'the payload' : `\`${path.join('.')}\` of the payload`
  throw new TypeError(`${where} is ${what}, which JSON does not have; pass plain objects, lists, texts and numbers`)
}
