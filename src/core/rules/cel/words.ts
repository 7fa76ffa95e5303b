import { TypeError as CelTypeError, EvaluationError, ParseError } from '@marcbachmann/cel-js'
import { ExpressionError } from '../expression.ts'
import { didYouMeanOr } from '../suggest.ts'
import { type ASTNode, asField, operands, typeOf } from './ast.ts'
import type { Fault } from './references.ts'
import { celTypeName, FIELDS, TEXT_TAKEN } from './types.ts'

/** What cel-js says of an expression that it can't parse, in operators' words. */
export function parseFault(error: unknown, source: string): Fault {
  if (!(error instanceof ParseError)) throw error
  const offset = error.range?.start ?? 0
  if (offset >= source.trimEnd().length) return { offset, message: 'the expression ends too early' }
  const start = wordStart(source, offset)
  const meant = OPERATORS[/^(?:(?:and|or|not)\b|=)/i.exec(source.slice(start))?.[0].toLowerCase() ?? '']
  if (meant !== undefined) return { offset: start, message: meant }
  if (error.code === 'unexpected_character' || error.code === 'unexpected_token') {
    return { offset, message: `unexpected \`${source.slice(offset, error.range?.end)}\`; ${insteadOf(source, offset)}` }
  }
  const [, limit = '', most = ''] = /^Exceeded max(\w+) \((\d+)\)/i.exec(error.summary) ?? []
  if (limit === 'Depth') return { offset, message: `nested deeper than ${most} levels; split it` }
  if (limit !== '') return { offset, message: `more than ${most} parts in one place; split it` }
  const message = TOKENS.reduce((text, [token, word]) => text.replaceAll(token, word), error.summary)
  return { offset, message: lowerCase(message).replaceAll("'", '`') }
}

/** What cel-js says of an expression whose types clash. */
export function typeFault(error: unknown): Fault {
  if (!(error instanceof CelTypeError)) throw error
  const { code, node, summary } = error
  const offset = error.range?.start ?? 0
  if (code === 'no_such_key' && node?.op === '.') {
    const [object, field] = node.args as [ASTNode, string]
    const owner = typeOf(object)?.name ?? ''
    const known = FIELDS[owner] ?? []
    return { offset, message: `unknown field \`${field}\` of the ${owner.toLowerCase()}${didYouMeanOr(field, known)}` }
  }
  if (code === 'invalid_index_type' && node?.op === '.') {
    const field = node.args[1] as string
    return { offset, message: `a list has no field \`${field}\`${field === 'size' ? '; write `size(…)`' : ''}` }
  }
  if (code === 'invalid_index_type') return { offset, message: 'an index must be a whole number; write `int(…)`' }
  return { offset, message: reword(summary) + declarations(node as ASTNode | undefined) }
}

/** As what the facts beside an operator are declared: what is wrong may be the declaration. */
function declarations(node: ASTNode | undefined): string {
  if (node === undefined || node.op === 'call' || node.op === 'rcall') return ''
  const declared = new Map<string, string>()
  for (const operand of operands(node)) {
    const field = asField(operand)
    const type = typeOf(operand)?.name ?? 'dyn'
    if (field?.variable === 'account' && type !== 'dyn') declared.set(field.field, celTypeName(type))
  }
  return [...declared].map(([fact, type]) => `; \`account.${fact}\` is declared as \`${type}\``).join('')
}

/** Why an expression failed while it was evaluated. Names facts, never their values. */
export function failureOf(error: unknown): string {
  if (error instanceof ExpressionError) return error.message
  if (!(error instanceof EvaluationError)) {
    const isZone = error instanceof RangeError && /time zone/i.test(error.message)
    return isZone
      ? 'there is no such time zone; write one as in `Europe/Berlin`'
      : 'the facts have values that it can not take'
  }
  const { code, node, summary } = error
  const field = code === 'no_such_key' && node !== undefined ? asField(node as ASTNode) : null
  if (field?.variable === 'account') {
    const { field: fact } = field
    return `the account has no fact \`${fact}\`; send it, declare a default, or guard with \`has(account.${fact})\``
  }
  if (field?.variable === 'proposal') return 'there is no proposal; guard with `proposal != null &&`'
  if (code === 'index_out_of_bounds') return 'the list has no item at this index; ask for its `size` first'
  if (code === 'no_such_key' && node?.op === '.')
    return `the map has no \`${String((node as ASTNode & { op: '.' }).args[1])}\`; guard with \`has(…)\``
  return FAILURES[code] ?? reword(summary)
}

/** Where cel-js would show the value that it could not use. */
const FAILURES: Readonly<Record<string, string>> = {
  no_such_key: 'the map has no such key; ask with `in` first',
  bool_conversion_error: '`bool` takes `true` or `false`',
  invalid_duration: `\`duration\` takes ${TEXT_TAKEN.duration}`,
}

/** What people write who come from other languages. */
const OPERATORS: Readonly<Record<string, string>> = {
  and: '`and` is no operator; write `&&`',
  or: '`or` is no operator; write `||`',
  not: '`not` is no operator; write `!`',
  '=': '`=` is no operator; write `==`',
}

/** What is meant, going by what is there and what is before it. */
function insteadOf(source: string, offset: number): string {
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

/** Where the word begins that an offset is in, or the `not` that is before it. */
function wordStart(source: string, offset: number): number {
  return offset - (/(?:\bnot\s+|\w*)$/i.exec(source.slice(0, offset))?.[0].length ?? 0)
}

/** The parser's names of tokens. */
const TOKENS: readonly (readonly [RegExp, string])[] = [
  [/\bIDENTIFIER\b/g, 'a name'],
  [/\bNUMBER\b/g, 'a number'],
  [/\bSTRING\b/g, 'a string'],
  [/\bRPAREN\b/g, '`)`'],
  [/\bLPAREN\b/g, '`(`'],
  [/\bRBRACKET\b/g, '`]`'],
  [/\bLBRACKET\b/g, '`[`'],
  [/\bRBRACE\b/g, '`}`'],
  [/\bLBRACE\b/g, '`{`'],
  [/\bCOLON\b/g, '`:`'],
  [/\bCOMMA\b/g, '`,`'],
  [/\bDOT\b/g, '`.`'],
  [/\bQUESTION\b/g, '`?`'],
  [/\bEOF\b/g, 'the end'],
]

const BINARY = /^no such overload: (.+) (==|!=|<=|>=|<|>|\+|-|\*|\/|%|in) (.+)$/
const UNARY = /^no such overload: ([!-])(.+)$/
const CALL = /^found no matching overload for '(?:(.+)\.)?(\w+)\((.*)\)'$/
const TAKES_INT = ['substring', 'indexOf', 'lastIndexOf', 'split']

function reword(summary: string): string {
  if (summary.startsWith('has() invalid argument')) return '`has` asks for a field, as in `has(account.arr)`'
  const binary = BINARY.exec(summary)
  if (binary !== null) {
    const [, left = '', operator, right = ''] = binary
    return `\`${operator}\` does not work between ${celTypeName(left)} and ${celTypeName(right)}`
  }
  const unary = UNARY.exec(summary)
  if (unary !== null) return `\`${unary[1]}\` does not work on ${celTypeName(unary[2] ?? '')}`
  const call = CALL.exec(summary)
  if (call !== null) {
    const [, receiver, name = '', args = ''] = call
    const owner = receiver === undefined ? '' : ` of ${celTypeName(receiver)}`
    const hint = TAKES_INT.includes(name) && args.includes('double') ? '; write `int(…)` for a whole number' : ''
    return `\`${name}\`${owner} does not take (${celTypeName(args)})${hint}`
  }
  return lowerCase(celTypeName(summary).replaceAll("'", '`'))
}

function lowerCase(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
