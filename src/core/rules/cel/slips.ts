import type { Fault } from './references.ts'

/** What people write who come from other languages, at the operator; null where it is something else. */
export function operatorSlip(source: string, offset: number): Fault | null {
  if (source.slice(offset - 1, offset + 1) === '<>') return { offset: offset - 1, message: OPERATORS['<>'] }
  const start = wordStart(source, offset)
  const written = /^(?:(?:and|or|not|is|if)\b|[=&])/i.exec(source.slice(start))?.[0].toLowerCase()
  return written === undefined ? null : { offset: start, message: OPERATORS[written as keyof typeof OPERATORS] }
}

const OPERATORS = {
  and: '`and` is no operator; write `&&`',
  or: '`or` is no operator; write `||`',
  not: '`not` is no operator; write `!`',
  is: '`is` is no operator; write `==`',
  if: 'there is no `if`; write `condition ? this : that`',
  '=': '`=` is no operator; write `==`',
  '<>': '`<>` is no operator; write `!=`',
  '&': '`&` is no operator; write `&&`',
} as const

/** Where the word begins that an offset is in, or the `not` that is before it. */
function wordStart(source: string, offset: number): number {
  return offset - (/(?:\bnot\s+|\w*)$/i.exec(source.slice(0, offset))?.[0].length ?? 0)
}

/** What is meant, going by what is there and what is before it. */
export function insteadOf(source: string, offset: number): string {
  const [, , words] =
    SLIPS.find(([before, here]) => before.test(source.slice(0, offset)) && here.test(source.slice(offset))) ?? []
  return words ?? 'look for an operator, a bracket or a quotation mark that is missing before it'
}

/** How people write numbers and quotation marks elsewhere: what is before the slip, what it begins with, what to write. */
const SLIPS: readonly (readonly [before: RegExp, here: RegExp, words: string])[] = [
  [/\d$/, /^[,_'’ ]\d/, 'write a number without separators, as in `250000`'],
  [/\d$/, /^[a-z]/i, 'write all digits of a number, as in `250000`'],
  [/\d\s*%\s*$/, /^/, 'write a percentage as a share, as in `0.05`'],
  [/(?:^|\D)$/, /^\.\d/, 'begin a number with a digit, as in `0.5`'],
  [/^/, /^[$€£¥]/, 'leave the currency out'],
  [/^/, /^[“”„‘’«»]/, 'write straight quotation marks, `"`'],
]

/** What to write instead of a function that other languages have; null where that is not known. */
export function functionSlip(name: string): string | null {
  return FUNCTIONS_ELSEWHERE.get(name.toLowerCase()) ?? null
}

const SIZE = 'write `size(…)`'
const FUNCTIONS_ELSEWHERE = new Map([
  ['len', SIZE],
  ['length', SIZE],
  ['count', SIZE],
  ['any', 'write `exists(…)`'],
  ['some', 'write `exists(…)`'],
  ['every', 'write `all(…)`'],
  ['max', 'write `a > b ? a : b`'],
  ['min', 'write `a < b ? a : b`'],
  ['today', 'write `now`'],
  ['if', 'write `condition ? this : that`'],
])

/** What to write instead of a comparison of two types, to be added to what is wrong; empty where that is not known. */
export function comparisonSlip(operator: string, left: string, right: string): string {
  const types = [left, right]
  if (types.includes('null')) return '; ask `has(…)` for what may be missing'
  if (operator === 'in') return right === 'string' ? '; write a list, as in `["a", "b"]`' : ''
  if (types.includes('agent')) return '; compare its `name` or its `kind`'
  if (types.includes('duration') && types.includes('number')) return '; write `daysSince(…)` for days'
  if (types.includes('timestamp')) return '; write a time as `timestamp("2026-12-24")`'
  return left === 'bool' && /[<>]/.test(operator) ? '; compare two at a time and join them by `&&`' : ''
}
