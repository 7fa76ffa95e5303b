import type { ParseResult } from '@marcbachmann/cel-js'
import { TypeError as CelTypeError, EvaluationError, ParseError } from '@marcbachmann/cel-js'
import { type Expression, ExpressionError, type Scope } from '../expression.ts'
import { didYouMeanOr } from '../suggest.ts'
import { type ASTNode, asField, typeOf } from './ast.ts'
import { compileFast } from './fast.ts'
import { celTypeName } from './functions.ts'
import { useDoubles } from './numbers.ts'
import { checkReferences, type Fault } from './references.ts'
import { FIELDS, type Vocabulary } from './vocabulary.ts'

export interface Types {
  readonly boolean: boolean
  readonly number: number
}

export type Compiled<T> = { readonly expression: Expression<T> } | { readonly faults: readonly Fault[] }

const LONGEST = 4000

/**
 * Parses, checks and compiles a CEL expression that must yield a value of `type`.
 *
 * Returns either the expression or everything that is wrong with it, at offsets into `source`. What can't be known at
 * load, the type of an undeclared fact for one, is checked whenever the expression is evaluated.
 */
export function compileExpression<K extends keyof Types>(
  source: string,
  type: K,
  vocabulary: Vocabulary,
): Compiled<Types[K]> {
  if (source.length > LONGEST)
    return { faults: [{ offset: 0, message: `longer than ${LONGEST} characters; split it` }] }
  let parsed: ParseResult
  try {
    parsed = vocabulary.environment.parse(source)
  } catch (error) {
    return { faults: [parseFault(error, source)] }
  }
  const faults = checkReferences(parsed.ast, vocabulary, functionNames(vocabulary))
  if (faults.length > 0) return { faults }
  useDoubles(parsed.ast)
  const { error } = parsed.check()
  if (error !== undefined) return { faults: [typeFault(error)] }
  const found = celTypeName(typeOf(parsed.ast)?.name ?? 'any')
  if (found !== 'any' && found !== (type === 'boolean' ? 'bool' : 'number')) {
    return { faults: [{ offset: 0, message: `must be ${TYPE_WORDS[type]}, this is a ${found}` }] }
  }
  return { expression: expressionOf(parsed, type, vocabulary) }
}

/** A number that an operator wrote instead of an expression. */
export function constant(value: number): Expression<number> {
  return { source: String(value), evaluate: () => value }
}

const TYPE_WORDS = { boolean: 'true or false', number: 'a number' } as const

function expressionOf<K extends keyof Types>(
  parsed: ParseResult,
  type: K,
  vocabulary: Vocabulary,
): Expression<Types[K]> {
  const source = parsed.ast.input
  const slow = (scope: Scope): Types[K] => {
    let value: unknown
    try {
      value = parsed(vocabulary.context(scope))
    } catch (error) {
      throw new ExpressionError(failure(error))
    }
    if (typeof value === type) return value as Types[K]
    throw new ExpressionError(
      `must be ${TYPE_WORDS[type]}, came to ${typeof value === 'object' ? 'something else' : `a ${typeof value}`}`,
    )
  }
  const fast = compileFast(parsed.ast, vocabulary)
  if (fast === null) return { source, evaluate: slow }
  return {
    source,
    evaluate(scope) {
      try {
        const value = fast(scope)
        if (typeof value === type) return value as Types[K]
      } catch {
        // Whatever the fast path can't answer, cel-js answers or explains.
      }
      return slow(scope)
    },
  }
}

const names = new WeakMap<object, ReadonlySet<string>>()

function functionNames({ environment }: Vocabulary): ReadonlySet<string> {
  const known = names.get(environment)
  if (known !== undefined) return known
  const found = new Set([...environment.getDefinitions().functions.map(({ name }) => name), 'bind'])
  names.set(environment, found)
  return found
}

function parseFault(error: unknown, source: string): Fault {
  if (!(error instanceof ParseError)) throw error
  const offset = error.range?.start ?? 0
  if (offset >= source.trimEnd().length) return { offset, message: 'the expression ends too early' }
  return {
    offset,
    message: lowerCase(TOKENS.reduce((text, [token, word]) => text.replaceAll(token, word), error.summary)),
  }
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
  [/\bEOF\b/g, 'the end'],
]

function typeFault(error: unknown): Fault {
  if (!(error instanceof CelTypeError)) throw error
  const { code, node, summary } = error
  const offset = error.range?.start ?? 0
  if (code === 'no_such_key' && node?.op === '.') {
    const [object, field] = node.args as [ASTNode, string]
    const owner = typeOf(object)?.name ?? ''
    return {
      offset,
      message: `unknown field \`${field}\` of the ${owner.toLowerCase()}${didYouMeanOr(field, FIELDS[owner] ?? [])}`,
    }
  }
  if (code === 'invalid_index_type') return { offset, message: 'an index must be a whole number; write `int(…)`' }
  return { offset, message: lowerCase(celTypeName(summary).replaceAll("'", '`')) }
}

function failure(error: unknown): string {
  if (error instanceof ExpressionError) return error.message
  if (!(error instanceof EvaluationError)) throw error
  const { code, node, summary } = error
  const field = code === 'no_such_key' && node !== undefined ? asField(node as ASTNode) : null
  if (field?.variable === 'account') {
    return `the account has no fact \`${field.field}\`; give it one, a default, or guard with \`has(account.${field.field})\``
  }
  if (field?.variable === 'proposal') return 'there is no proposal; guard with `proposal != null &&`'
  return lowerCase(celTypeName(summary).replaceAll("'", '`'))
}

function lowerCase(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
