import type { Facts } from '../../model.ts'
import type { FactReader } from '../facts.ts'
import { isReserved } from '../name.ts'
import { DAY } from '../time.ts'
import { type ASTNode, asComprehension, asField, typeOf } from './ast.ts'
import {
  and,
  BINARY,
  type Cell,
  conditional,
  type Fast,
  giveUp,
  item,
  LOOPS,
  list,
  negative,
  not,
  or,
  ownField,
  STRING_TESTS,
  size,
} from './closures.ts'
import { factTest } from './fact-test.ts'
import { asTime } from './functions.ts'
import type { Vocabulary } from './vocabulary.ts'

/** Not every node has a fast form. */
class Unsupported extends Error {}

/**
 * An expression as nested closures, several times as fast as cel-js walks its syntax tree.
 *
 * It holds no semantics of its own: it answers where types are plain and nothing fails, and throws everywhere else, so
 * that the caller asks cel-js, whose answer or error counts. A property test holds the two together. Null: the
 * expression has a part that only cel-js can evaluate.
 */
export function compileFast(root: ASTNode, vocabulary: Vocabulary): Fast | null {
  try {
    return compile(root, new Map())
  } catch (error) {
    if (error instanceof Unsupported) return null
    throw error
  }

  function compile(node: ASTNode, cells: ReadonlyMap<string, Cell>): Fast {
    const part = (operand: ASTNode) => compile(operand, cells)
    switch (node.op) {
      case 'value': {
        const value = node.args
        return () => value
      }
      case 'id':
        return variable(node.args, cells)
      case '.':
      case '[]':
        return access(node, cells)
      case '!_':
        return not(part(node.args))
      case '-_':
        return negative(part(node.args))
      case '&&':
        return and(part(node.args[0]), part(node.args[1]))
      case '||':
        return or(part(node.args[0]), part(node.args[1]))
      case '?:':
        return conditional(part(node.args[0]), part(node.args[1]), part(node.args[2]))
      case '==':
      case '!=':
      case 'in':
      case '<':
      case '<=':
      case '>':
      case '>=':
        return literalTest(node) ?? BINARY[node.op](part(node.args[0]), part(node.args[1]))
      case '+':
      case '-':
      case '*':
      case '/':
      case '%':
        return BINARY[node.op](part(node.args[0]), part(node.args[1]))
      case 'list':
        return list(node.args.map(part))
      case 'call':
        return call(node.args[0], node.args[1], cells)
      case 'rcall': {
        const comprehension = asComprehension(node)
        if (comprehension === null) return method(node.args[0], node.args[1], node.args[2], cells)
        const { name, range, body } = comprehension
        const cell: Cell = { value: undefined }
        const [predicate] = body
        const loop = LOOPS[name as keyof typeof LOOPS]
        if (loop === undefined || predicate === undefined || body.length > 1) throw new Unsupported()
        return loop(part(range), cell, compile(predicate, new Map(cells).set(comprehension.variable, cell)))
      }
      default:
        throw new Unsupported()
    }
  }

  function variable(name: string, cells: ReadonlyMap<string, Cell>): Fast {
    const cell = cells.get(name)
    if (cell !== undefined) return () => cell.value
    switch (name) {
      case 'now':
        return (scope) => scope.now
      case 'signals':
        return (scope) => scope.signals
      case 'signal':
        return (scope) => scope.signal ?? giveUp()
      case 'proposal':
        return (scope) => scope.proposal
      default:
        throw new Unsupported()
    }
  }

  /** `account.arr > 250000` and its like, what most conditions are made of, as one closure. */
  function literalTest({ op, args: [left, right] }: ASTNode & { args: [ASTNode, ASTNode] }): Fast | null {
    const field = asField(op === 'in' ? right : left)
    const literal = op === 'in' ? left : right
    if (field?.variable !== 'account' || literal.op !== 'value') return null
    return factTest(op, field.field, literal.args, factOf(field.field))
  }

  function access(node: ASTNode & { op: '.' | '[]' }, cells: ReadonlyMap<string, Cell>): Fast {
    const field = asField(node)
    if (field?.variable === 'account') {
      const read = factOf(field.field)
      return (scope) => read(scope.account) ?? giveUp()
    }
    const [object, key] = node.args
    const of = compile(object, cells)
    if (typeof key !== 'string') {
      if (key.op === 'value' && typeof key.args === 'bigint') return item(of, Number(key.args))
      throw new Unsupported()
    }
    if (isReserved(key)) throw new Unsupported()
    // Signals and agents are records of ours: what is there is its own.
    const isOurs = typeOf(object)?.kind === 'message'
    return isOurs ? (scope) => (of(scope) as Facts)[key] ?? giveUp() : (scope) => ownField(of(scope), key)
  }

  function factOf(name: string): FactReader {
    const read = vocabulary.facts?.get(name)
    return read ?? ((facts) => (Object.hasOwn(facts, name) ? facts[name] : undefined))
  }

  function call(name: string, args: readonly ASTNode[], cells: ReadonlyMap<string, Cell>): Fast {
    const [argument] = args
    if (argument === undefined || args.length > 1) throw new Unsupported()
    if (name === 'has') {
      const field = asField(argument)
      if (field?.variable !== 'account') throw new Unsupported()
      const read = factOf(field.field)
      return (scope) => read(scope.account) !== undefined
    }
    const of = compile(argument, cells)
    if (name === 'size') return size(of)
    if (name === 'daysSince') return (scope) => (scope.now.getTime() - (asTime(of(scope)) ?? giveUp())) / DAY
    if (name === 'daysUntil') return (scope) => (-1 * (scope.now.getTime() - (asTime(of(scope)) ?? giveUp()))) / DAY
    throw new Unsupported()
  }

  function method(name: string, receiver: ASTNode, args: readonly ASTNode[], cells: ReadonlyMap<string, Cell>): Fast {
    const of = compile(receiver, cells)
    const [argument] = args
    if (name === 'size' && argument === undefined) return size(of)
    const test = STRING_TESTS[name as keyof typeof STRING_TESTS]
    if (test === undefined || argument === undefined || args.length > 1) throw new Unsupported()
    const word = compile(argument, cells)
    return (scope) => {
      const text = of(scope)
      const part = word(scope)
      return typeof text === 'string' && typeof part === 'string' ? test(text, part) : giveUp()
    }
  }
}
