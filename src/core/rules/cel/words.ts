import { TypeError as CelTypeError, EvaluationError, ParseError } from '@marcbachmann/cel-js'
import { ExpressionError } from '../expression.ts'
import { didYouMeanOr } from '../suggest.ts'
import { type ASTNode, asField, operands, typeOf } from './ast.ts'
import type { Fault } from './references.ts'
import { comparisonSlip, functionSlip, insteadOf, operatorSlip } from './slips.ts'
import { celTypeName, FIELDS, TEXT_TAKEN } from './types.ts'

/** What cel-js says of an expression that it can't parse, in operators' words. */
export function parseFault(error: unknown, source: string): Fault {
  if (!(error instanceof ParseError)) throw error
  const offset = error.range?.start ?? 0
  if (offset >= source.trimEnd().length) return { offset, message: 'the expression ends too early' }
  const operator = operatorSlip(source, offset)
  if (operator !== null) return operator
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
    const instead =
      field === 'size' ? 'write `size(…)`' : (functionSlip(field) ?? 'ask its items, as in `list.exists(item, …)`')
    return { offset, message: `a list has no field \`${field}\`; ${instead}` }
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
    const [, left = '', operator = '', right = ''] = binary
    const types = [celTypeName(left), celTypeName(right)] as const
    return `\`${operator}\` does not work between ${types.join(' and ')}${comparisonSlip(operator, ...types)}`
  }
  const unary = UNARY.exec(summary)
  if (unary !== null) return `\`${unary[1]}\` does not work on ${celTypeName(unary[2] ?? '')}`
  const call = CALL.exec(summary)
  if (call !== null) {
    const [, receiver, name = '', args = ''] = call
    const owner = receiver === undefined ? '' : ` of ${celTypeName(receiver)}`
    const isList = name === 'contains' && owner.startsWith(' of list')
    const needsInt = TAKES_INT.includes(name) && args.includes('double')
    const hint = isList ? '; write `"x" in …`' : needsInt ? '; write `int(…)` for a whole number' : ''
    return `\`${name}\`${owner} does not take (${celTypeName(args)})${hint}`
  }
  return lowerCase(celTypeName(summary).replaceAll("'", '`'))
}

function lowerCase(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
