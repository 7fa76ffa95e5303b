import type { ParseResult } from '@marcbachmann/cel-js'
import { type Expression, ExpressionError, type Scope } from '../expression.ts'
import { typeOf } from './ast.ts'
import { compileFast } from './fast.ts'
import { useRfc3339 } from './functions.ts'
import { mostSteps, tooDeep, tooSlow } from './limits.ts'
import { useDoubles } from './numbers.ts'
import { factsRead } from './reads.ts'
import { checkReferences, type Fault } from './references.ts'
import { celTypeName } from './types.ts'
import type { Vocabulary } from './vocabulary.ts'
import { failureOf, parseFault, typeFault } from './words.ts'

export interface Types {
  readonly boolean: boolean
  readonly number: number
  readonly string: string
}

export type Compiled<T> = { readonly expression: Expression<T> } | { readonly faults: readonly Fault[] }

const LONGEST = 4000
/** How much longer a step takes in what only cel-js can evaluate: 40 ns for 4. */
const SLOWER = 10

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
  const deep = tooDeep(parsed.ast)
  if (deep !== null) return { faults: [deep] }
  const faults = checkReferences(parsed.ast, vocabulary)
  if (faults.length > 0) return { faults }
  useDoubles(parsed.ast)
  useRfc3339(parsed.ast)
  const { error } = parsed.check()
  if (error !== undefined) return { faults: [typeFault(error)] }
  const found = celTypeName(typeOf(parsed.ast)?.name ?? 'any')
  if (found !== 'any' && found !== TYPE_NAMES[type]) {
    return { faults: [{ offset: 0, message: `must be ${TYPE_WORDS[type]}; it is a ${found}` }] }
  }
  const steps = mostSteps(parsed.ast, vocabulary.variables.includes('signal'))
  const slow = tooSlow(parsed.ast, steps)
  if (slow !== null) return { faults: [slow] }
  return { expression: expressionOf(parsed, type, vocabulary, steps) }
}

/** A number that an operator wrote instead of an expression. */
export function constant(value: number): Expression<number> {
  return { source: String(value), evaluate: () => value }
}

const TYPE_NAMES = { boolean: 'bool', number: 'number', string: 'string' } as const
const TYPE_WORDS = { boolean: 'true or false', number: 'a number', string: 'text' } as const

function expressionOf<K extends keyof Types>(
  parsed: ParseResult,
  type: K,
  vocabulary: Vocabulary,
  steps: number,
): Expression<Types[K]> {
  const source = parsed.ast.input
  const reads = factsRead(parsed.ast)
  const slow = (scope: Scope): Types[K] => {
    let value: unknown
    try {
      value = parsed(vocabulary.context(scope))
    } catch (error) {
      throw new ExpressionError(failureOf(error))
    }
    if (typeof value === type) return value as Types[K]
    throw new ExpressionError(
      `must be ${TYPE_WORDS[type]}, came to ${typeof value === 'object' ? 'something else' : `a ${typeof value}`}`,
    )
  }
  const fast = compileFast(parsed.ast, vocabulary)
  if (fast === null) return { source, reads, steps: steps * SLOWER, evaluate: slow }
  return {
    source,
    reads,
    steps,
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
