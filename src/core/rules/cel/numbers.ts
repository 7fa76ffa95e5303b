import { type ASTNode, asComprehension, internals, operands } from './ast.ts'

/**
 * Makes the numbers of an expression doubles, in place: literals, and what functions like `size` return.
 *
 * CEL keeps int and double apart, so that `account.arr * 2` or `1 / 2` would be an error or 0. Here only indexes and
 * arguments of functions stay ints, since that is what functions take. No bigint reaches an operator that an operator
 * of this service wrote, nor leaves an expression.
 */
export function useDoubles(node: ASTNode, asInt = false): void {
  switch (node.op) {
    case 'value': {
      const number = asNumber(node.args)
      if (number !== node.args && !(asInt && typeof node.args === 'bigint')) internals(node).args = number
      return
    }
    case '[]':
      useDoubles(node.args[0])
      useDoubles(node.args[1], true)
      return
    case 'map':
      for (const [key, value] of node.args) {
        useDoubles(key, true)
        useDoubles(value, asInt)
      }
      return
    case 'call':
    case 'rcall': {
      const { macro, alternate } = internals(node).meta
      if (macro !== undefined || alternate !== undefined || asComprehension(node) !== null) {
        for (const operand of operands(node)) useDoubles(operand)
        return
      }
      if (node.op === 'rcall') useDoubles(node.args[1])
      for (const argument of node.op === 'rcall' ? node.args[2] : node.args[1]) useDoubles(argument, true)
      if (!asInt) returnDouble(node)
      return
    }
    default:
      for (const operand of operands(node)) useDoubles(operand, asInt)
  }
}

function returnDouble(node: ASTNode): void {
  const { check, evaluate } = internals(node).meta
  internals(node).setMeta('check', (checker, self, context) => {
    const type = check(checker, self, context)
    return type === checker.intType ? checker.doubleType : type
  })
  internals(node).setMeta('evaluate', (evaluator, self, context) => asNumber(evaluate(evaluator, self, context)))
}

/** bigint and cel-js's box for unsigned ints as numbers, anything else as it is. */
function asNumber(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  const isUnsigned = typeof value === 'object' && value !== null && typeof value.valueOf() === 'bigint'
  return isUnsigned ? Number(value.valueOf()) : value
}
