import jsonata from 'jsonata'
import type { Fault } from './cel/references.ts'
import { didYouMean } from './suggest.ts'

/** Of an expression: longer ones are programs, and belong elsewhere. */
const LONGEST = 4_000

/** JSONata's own functions, but for those in `REFUSED`. */
const FUNCTIONS = (
  'sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad match ' +
  'contains replace split join formatNumber formatBase formatInteger parseInteger number floor ceil round abs sqrt ' +
  'power boolean not map zip filter single reduce sift keys lookup append exists spread merge reverse each error ' +
  'assert type sort distinct base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl ' +
  'toMillis fromMillis clone'
).split(' ')

/** What an expression may read besides the event: when it arrived, RFC 3339. */
const VARIABLES = ['receivedAt']

const REPLAY = 'an event that is sent or replayed again must become the same'
const REFUSED: Readonly<Record<string, string>> = {
  now: `${REPLAY}, so there is no \`$now\`; write \`$receivedAt\``,
  millis: `${REPLAY}, so there is no \`$millis\`; write \`$toMillis($receivedAt)\``,
  random: `${REPLAY}, so there is no \`$random\`; use an id of the event`,
  shuffle: `${REPLAY}, so there is no \`$shuffle\``,
  eval: 'what is sent is never run, so there is no `$eval`',
}

/** Everything that is wrong with an expression of JSONata before it has met an event. */
export function checkJsonata(source: string): readonly Fault[] {
  if (source.length > LONGEST)
    return [{ offset: 0, message: `the expression is longer than ${LONGEST} characters; split it` }]
  let tree: unknown
  try {
    tree = jsonata(source).ast()
  } catch (error) {
    return [syntaxFault(error as JsonataFault, source)]
  }
  const bound = new Set<string>([...FUNCTIONS, ...VARIABLES])
  const read: Variable[] = []
  collect(tree, bound, read)
  return read.flatMap(({ name, end }) => {
    const offset = Math.max(end - name.length - 1, 0)
    if (REFUSED[name] !== undefined) return [{ offset, message: REFUSED[name] }]
    if (name === '' || name === '$' || bound.has(name)) return []
    return [{ offset, message: `unknown \`$${name}\`${didYouMean(name, bound, '$')}` }]
  })
}

interface Variable {
  readonly name: string
  /** Characters up to its end. */
  readonly end: number
}

/** Notes what a tree binds anywhere, and which variables and functions it reads. */
function collect(node: unknown, bound: Set<string>, read: Variable[]): void {
  if (typeof node !== 'object' || node === null) return
  if (Array.isArray(node)) {
    for (const item of node) collect(item, bound, read)
    return
  }
  const { type, value, position, lhs, focus, index, arguments: parameters } = node as Record<string, any>
  if (type === 'variable') read.push({ name: String(value), end: Number(position) })
  if (type === 'bind') bound.add(lhs.value)
  if (type === 'lambda') for (const parameter of parameters) bound.add(parameter.value)
  for (const name of [focus, index]) if (typeof name === 'string') bound.add(name)
  for (const part of Object.values(node)) collect(part, bound, read)
}

interface JsonataFault {
  readonly code: string
  /** Characters up to the end of what is wrong. */
  readonly position?: number
  readonly token?: string
  readonly value?: string
  readonly message: string
}

function syntaxFault({ code, position = 0, token = '', value, message }: JsonataFault, source: string): Fault {
  const isEnd = token === '(end)' || token === ''
  const offset = isEnd ? position : Math.max(position - token.length, 0)
  switch (code) {
    case 'S0101':
      return { offset: source.indexOf('"') < 0 ? source.indexOf("'") : source.indexOf('"'), message: UNCLOSED }
    case 'S0203':
      return { offset, message: `the expression ends before its \`${token === '(end)' ? (value ?? token) : token}\`` }
    case 'S0207':
      return { offset, message: 'the expression ends too early' }
    case 'S0201':
    case 'S0211':
      return { offset, message: `unexpected \`${token}\`; nothing of the kind can stand here` }
    case 'S0202':
      return { offset, message: `unexpected \`${token}\`; there should be \`${value}\`` }
    default:
      return { offset, message: jsonataMessage(message) }
  }
}

const UNCLOSED = 'a text without the quotation mark that ends it'

/** What JSONata says, as we write: lower case, no full stop, what is quoted in backticks. */
export function jsonataMessage(message: string): string {
  const quoted = message.replaceAll(/"([^"`]*)"/g, '`$1`').replace(/\.$/, '')
  return quoted.charAt(0).toLowerCase() + quoted.slice(1)
}
