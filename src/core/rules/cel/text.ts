import { parseTime } from '../time.ts'
import { type ASTNode, asField, operands } from './ast.ts'
import { createVocabulary, VARIABLES } from './vocabulary.ts'

const PARSER = createVocabulary(null, VARIABLES).environment

/** The syntax tree of an expression that has compiled. */
export function parseExpression(source: string): ASTNode {
  return PARSER.parse(source).ast
}

/**
 * An expression in one way of writing it: the same for the same meaning, however it is spaced, bracketed or ordered and
 * its numbers are written, as far as that shows in its form.
 */
export function textOf(node: ASTNode): string {
  const field = asField(node)
  if (field !== null) return fieldText(field)
  const sized = asCall(node, 'size')
  if (sized !== null) return `size(${textOf(sized)})`
  const constant = constantOf(node)
  if (constant !== undefined) return JSON.stringify(constant)
  const parts = operandsOf(node).map(textOf)
  if (COMMUTATIVE.includes(node.op)) parts.sort()
  switch (node.op) {
    case 'id':
      return node.args
    case 'value':
      return String(node.args)
    case '.':
    case '.?':
      return `${parts[0]}${node.op}${node.args[1]}`
    case 'call':
    case 'rcall':
      return `${node.args[0]}(${parts.join(', ')})`
    default:
      return `${node.op}(${parts.join(', ')})`
  }
}

/** `a || b` is `b || a`: an operand that fails does not matter where the other decides. Text is joined in order, by `+`. */
const COMMUTATIVE: readonly string[] = ['&&', '||', '==', '!=', '*']

/** Those of `a && b && c` are three, whichever two were put in brackets. */
function operandsOf(node: ASTNode): readonly ASTNode[] {
  if (node.op !== '&&' && node.op !== '||') return operands(node)
  return operands(node).flatMap((operand) => (operand.op === node.op ? operandsOf(operand) : operand))
}

/** `account["a.b"]` is another place than `account.a.b`. */
function fieldText({ variable, field }: { readonly variable: string; readonly field: string }): string {
  return /^\w+$/.test(field) ? `${variable}.${field}` : `${variable}[${JSON.stringify(field)}]`
}

/** `a != b` as the `a == b` that it denies. */
export function textOfEquality(a: ASTNode, b: ASTNode): string {
  return `==(${[textOf(a), textOf(b)].sort().join(', ')})`
}

/** The one argument of a function, be it `size(x)` or `x.size()`; null for anything else. */
export function asCall(node: ASTNode, name: string): ASTNode | null {
  if (node.op === 'call' && node.args[0] === name && node.args[1].length === 1) return node.args[1][0] ?? null
  if (node.op === 'rcall' && node.args[0] === name && node.args[2].length === 0) return node.args[1]
  return null
}

/** The value of a part that is written out, times as milliseconds since the epoch; undefined where it is not. */
export function constantOf(node: ASTNode): number | string | boolean | undefined {
  switch (node.op) {
    case 'value': {
      const value: unknown = node.args
      if (typeof value === 'bigint') return Number(value)
      return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' ? value : undefined
    }
    case '-_': {
      const value = constantOf(node.args)
      return typeof value === 'number' ? -value : undefined
    }
    case '+':
    case '-':
    case '*':
    case '/': {
      const [a, b] = node.args.map(constantOf)
      if (typeof a !== 'number' || typeof b !== 'number') return undefined
      const value = ARITHMETIC[node.op](a, b)
      return Number.isFinite(value) ? value : undefined
    }
    case 'call': {
      const [name, [argument]] = node.args
      const text = argument && name === 'timestamp' ? constantOf(argument) : undefined
      return typeof text === 'string' ? (parseTime(text) ?? undefined) : undefined
    }
    default:
      return undefined
  }
}

const ARITHMETIC = {
  '+': (a: number, b: number) => a + b,
  '-': (a: number, b: number) => a - b,
  '*': (a: number, b: number) => a * b,
  '/': (a: number, b: number) => a / b,
}
