import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  type Scalar,
  visit,
  type YAMLError,
  type YAMLMap,
} from 'yaml'
import type { RuleProblem } from './problem.ts'
import { QUOTE_HINT, syntaxMessage } from './yaml-words.ts'

/** A file as its reader found it. */
export interface RuleFile {
  readonly path: string
  readonly text: string
}

export type Path = readonly PropertyKey[]

/** A YAML file with its value and the way back from any part of that to line and column. */
export interface YamlFile {
  readonly path: string
  readonly value: unknown
  /** A problem at the value at `path`, or at the nearest thing around it that is there. */
  at(path: Path, message: string): RuleProblem
  /** A problem at the key of `path`. */
  atKey(path: Path, message: string): RuleProblem
  /** A problem at an offset into the text at `path`, such as a name in an expression. */
  within(path: Path, offset: number, message: string): RuleProblem
}

/** Characters of a file; bytes, where it is read from a disk. Larger ones could take seconds to parse. */
export const LARGEST_FILE = 256 * 1024
/** Characters of a file as JSON, aliases written out. */
const LARGEST_VALUE = 1024 * 1024
/** In one file: each is looked for from the start of the file. */
const MAX_ALIASES = 100
const MAX_DEPTH = 50
export const TOO_LARGE = `the file is larger than ${LARGEST_FILE / 1024} KiB; split it`
const TOO_MANY_ALIASES = 'aliases that multiply; write the values out'
const TOO_DEEP = `nested deeper than ${MAX_DEPTH} levels; flatten it`

/** Parses one YAML 1.2 document (core schema). A file that is not one comes back as its problems. */
export function parseYaml(file: RuleFile): {
  readonly yaml: YamlFile | null
  readonly problems: readonly RuleProblem[]
} {
  const lines = new LineCounter()
  const problem = (offset: number, message: string): RuleProblem => {
    const { line, col } = lines.linePos(Math.max(offset, 0))
    return { file: file.path, line: Math.max(line, 1), column: Math.max(col, 1), severity: 'error', message }
  }
  const failed = (problems: readonly RuleProblem[]) => ({ yaml: null, problems })
  if (file.text.length > LARGEST_FILE) return failed([problem(0, TOO_LARGE)])

  const documents = parseAllDocuments(file.text, {
    version: '1.2',
    schema: 'core',
    prettyErrors: false,
    // Its own check compares each key with all before it; see `repeatedKeys`.
    uniqueKeys: false,
    lineCounter: lines,
    logLevel: 'error',
  })
  const [document, second] = Array.isArray(documents) ? documents : []
  if (document === undefined || document.contents === null)
    return failed([problem(0, 'the file is empty; write something into it, or remove it')])
  const faults = telling([...document.errors, ...document.warnings]).map((fault) =>
    fault.code === 'RESOURCE_EXHAUSTION' ? problem(0, TOO_DEEP) : problem(fault.pos[0], syntaxMessage(fault)),
  )
  if (second !== undefined) {
    faults.push(problem(second.range?.[0] ?? 0, 'a second document; a rule file holds one, remove all from `---` on'))
  }
  if (faults.length > 0) return failed(firstOfEachLine(faults))
  faults.push(...structureFaults(document, problem))
  if (faults.length > 0) return failed(faults)

  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES })
  } catch (error) {
    if (error instanceof ReferenceError) return failed([problem(0, TOO_MANY_ALIASES)])
    throw error
  }
  if (JSON.stringify(value).length > LARGEST_VALUE) return failed([problem(0, TOO_MANY_ALIASES)])
  return { yaml: locate(file, value, document, problem), problems: [] }
}

/** A value that was parsed before: it stands on line 1. */
export function parsedYaml(path: string, value: unknown): YamlFile {
  const at = (_: Path, message: string): RuleProblem => ({ file: path, line: 1, column: 1, severity: 'error', message })
  return { path, value, at, atKey: at, within: (where, _, message) => at(where, message) }
}

/** A tab makes everything after it look wrong. */
function telling(faults: readonly YAMLError[]): readonly YAMLError[] {
  const tabs = faults.filter(({ code }) => code === 'TAB_AS_INDENT')
  return tabs.length > 0 ? tabs : faults
}

/** One slip of the pen makes the parser stumble several times on. */
function firstOfEachLine(problems: readonly RuleProblem[]): readonly RuleProblem[] {
  const first = new Map<number, RuleProblem>()
  for (const problem of problems) if (!first.has(problem.line)) first.set(problem.line, problem)
  return [...first.values()]
}

/**
 * What YAML allows and a rule file can't mean: keys that are no text or are there already, aliases to nothing, to
 * themselves or too many of them, great depth.
 */
function structureFaults(document: Document, problem: (offset: number, message: string) => RuleProblem): RuleProblem[] {
  const faults: RuleProblem[] = []
  let aliases = 0
  visit(document, {
    Map(_, map, path) {
      const repeated = repeatedKeys(map)
      const [first] = repeated
      // Where the `-` of an item is missing all of its keys are there already: said once.
      const isItem = isSeq(path.at(-1)) && map.flow !== true
      for (const key of isItem && first !== undefined ? [first] : repeated) {
        const instead = isItem ? ', or begin another item with `-` here' : ''
        faults.push(problem(key.range?.[0] ?? 0, `the key \`${key.value}\` is given twice; remove one${instead}`))
      }
      for (const { whole, digits } of decimalCommas(map)) {
        const [written, meant] = [`${whole.source},${digits.source}`, `${whole.source}.${digits.source}`]
        faults.push(
          problem(whole.range?.[0] ?? 0, `\`${written}\` is a value and a key; write \`${meant}\` if that is meant`),
        )
      }
    },
    Node(key, node, path) {
      const offset = node.range?.[0] ?? 0
      if (path.length > MAX_DEPTH && path.filter(isCollection).length > MAX_DEPTH) {
        faults.push(problem(offset, TOO_DEEP))
        return visit.BREAK
      }
      if (key === 'key' && !(isScalar(node) && node.value !== null)) {
        faults.push(problem(offset, `a key must be a word; ${QUOTE_HINT}`))
      }
      // Schemas and objects pass this key over in silence.
      if (key === 'key' && isScalar(node) && node.value === '__proto__') {
        faults.push(problem(offset, '`__proto__` is a reserved word; choose another name'))
      }
      // JSON, in which a ruleset is stored, has no word for it.
      if (isScalar(node) && typeof node.value === 'number' && !Number.isFinite(node.value)) {
        faults.push(problem(offset, `\`${node.source}\` is no number to reckon with; write digits`))
      }
      if (!isAlias(node)) return undefined
      aliases += 1
      if (aliases > MAX_ALIASES) {
        faults.push(problem(offset, `more than ${MAX_ALIASES} aliases; write the values out`))
        return visit.BREAK
      }
      const target = node.resolve(document)
      if (target === undefined) faults.push(problem(offset, `no anchor \`&${node.source}\` before this alias`))
      else if (path.some((ancestor) => ancestor === target)) {
        faults.push(problem(offset, `the alias \`*${node.source}\` contains itself; write the value out`))
      }
      return undefined
    },
  })
  return faults
}

function repeatedKeys({ items }: YAMLMap): readonly Scalar[] {
  const seen = new Set<unknown>()
  return items.flatMap(({ key }) => {
    if (!isScalar(key)) return []
    const isRepeated = seen.has(key.value)
    seen.add(key.value)
    return isRepeated ? key : []
  })
}

/** `{ a: 1,5 }`, in which the 5 is a key without a value. */
function decimalCommas({ items }: YAMLMap): readonly { readonly whole: Scalar; readonly digits: Scalar }[] {
  return items.flatMap(({ key: digits, value }, i) => {
    const whole = items[i - 1]?.value
    if (value !== null || !isScalar(whole) || typeof whole.value !== 'number') return []
    if (!isScalar(digits) || !/^\d+$/.test(digits.source ?? '')) return []
    return digits.range?.[0] === (whole.range?.[1] ?? 0) + 1 ? { whole, digits } : []
  })
}

function locate(
  { path: file, text }: RuleFile,
  value: unknown,
  document: Document,
  problem: (offset: number, message: string) => RuleProblem,
): YamlFile {
  const pairs = new Map<YAMLMap, ReadonlyMap<string, Pair>>()
  function pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
    const known = pairs.get(map)
    if (known !== undefined) return known
    const found = new Map(map.items.map((pair) => [isScalar(pair.key) ? String(pair.key.value) : '', pair]))
    pairs.set(map, found)
    return found
  }

  /** The deepest node on the way to `path`, the pair that holds it, and whether that is the whole way. */
  function find(path: Path): { node: Node | null; pair: Pair | null; whole: boolean } {
    let node = document.contents as Node | null
    let pair: Pair | null = null
    for (const key of path) {
      const collection = isAlias(node) ? node.resolve(document) : node
      if (isMap(collection)) {
        const next = pairsOf(collection).get(String(key))
        if (next === undefined) return { node, pair, whole: false }
        pair = next
        node = next.value as Node | null
      } else if (isSeq(collection)) {
        const next = collection.items[Number(key)]
        if (next === undefined || isPair(next)) return { node, pair, whole: false }
        pair = null
        node = next as Node
      } else return { node, pair, whole: false }
    }
    return { node, pair, whole: true }
  }

  function keyOffset(path: Path): number {
    const { node, pair } = find(path)
    return ((pair?.key ?? node) as Node | null)?.range?.[0] ?? 0
  }

  return {
    path: file,
    value,
    at(path, message) {
      const { node, whole } = find(path)
      const isEmpty = node === null || (isScalar(node) && node.value === null)
      return problem(whole && !isEmpty ? (node.range?.[0] ?? 0) : keyOffset(path), message)
    },
    atKey: (path, message) => problem(keyOffset(path), message),
    within(path, offset, message) {
      const { node } = find(path)
      const scalar = isAlias(node) ? node.resolve(document) : node
      return problem(isScalar(scalar) ? sourceOffset(scalar, text, offset) : keyOffset(path), message)
    },
  }
}

const ESCAPED_SPACE = /^\\(?:[ntr \n]|\r\n)/
const ESCAPE_LENGTHS: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 }

/**
 * Where in the file a character of a scalar's value stands. White space may have been folded, so that the characters
 * between are what is counted; quotes and escapes take more room in the file than in the value.
 */
function sourceOffset(scalar: Scalar, text: string, offset: number): number {
  const value = String(scalar.value)
  const [start, end] = scalar.range ?? [0, 0]
  const type = scalar.type
  const isQuoted = type === 'QUOTE_SINGLE' || type === 'QUOTE_DOUBLE'
  let position = start
  if (isQuoted) position++
  else if (type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED') position = text.indexOf('\n', start) + 1
  const skipSpace = () => {
    for (;;) {
      if (position < end && /\s/.test(text.charAt(position))) position++
      else if (type === 'QUOTE_DOUBLE' && ESCAPED_SPACE.test(text.slice(position, position + 3))) position += 2
      else return
    }
  }
  skipSpace()
  for (let index = 0; index < offset && index < value.length && position < end; index++) {
    if (/\s/.test(value.charAt(index))) continue
    skipSpace()
    if (type === 'QUOTE_SINGLE' && text.startsWith("''", position)) position += 2
    else if (type === 'QUOTE_DOUBLE' && text[position] === '\\')
      position += ESCAPE_LENGTHS[text[position + 1] ?? ''] ?? 2
    else position++
  }
  if (offset < value.length && !/\s/.test(value.charAt(offset))) skipSpace()
  return position
}
