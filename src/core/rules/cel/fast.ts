import type { Facts } from '../../model.ts'
import type { Scope } from '../expression.ts'
import { isReserved } from '../name.ts'
import { DAY } from '../time.ts'
import { type ASTNode, asComprehension, asField, typeOf } from './ast.ts'
import { asTime } from './functions.ts'
import type { Vocabulary } from './vocabulary.ts'

/** A part of an expression as a function. Throws where it can't tell. */
type Fast = (scope: Scope) => unknown

/** Carries no stack: it is thrown for control, and cel-js says what is wrong. */
const GIVE_UP: unknown = Object.freeze({ giveUp: true })

/** Not every node has a fast form. */
class Unsupported extends Error {}

/**
 * An expression as nested closures, an order of magnitude faster than cel-js walks its syntax tree (`npm run bench`).
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

  function access(node: ASTNode & { op: '.' | '[]' }, cells: ReadonlyMap<string, Cell>): Fast {
    const field = asField(node)
    if (field?.variable === 'account') {
      const read = factOf(field.field)
      return (scope) => read(scope.account) ?? giveUp()
    }
    const [object, key] = node.args
    const of = compile(object, cells)
    if (typeof key !== 'string') return item(of, key)
    if (isReserved(key)) throw new Unsupported()
    // Signals and agents are records of ours: what is there is its own.
    const isOurs = typeOf(object)?.kind === 'message'
    return isOurs ? (scope) => (of(scope) as Facts)[key] ?? giveUp() : (scope) => ownField(of(scope), key)
  }

  function factOf(name: string): (facts: Facts) => unknown {
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

/** Where a comprehension keeps its current item. Evaluation is synchronous, so one cell per place is enough. */
interface Cell {
  value: unknown
}

function giveUp(): never {
  throw GIVE_UP
}

function not(of: Fast): Fast {
  return (scope) => {
    const value = of(scope)
    return typeof value === 'boolean' ? !value : giveUp()
  }
}

function negative(of: Fast): Fast {
  return (scope) => {
    const value = of(scope)
    return typeof value === 'number' ? -value : giveUp()
  }
}

function and(left: Fast, right: Fast): Fast {
  return (scope) => {
    const first = left(scope)
    if (first === false) return false
    const second = first === true ? right(scope) : giveUp()
    return typeof second === 'boolean' ? second : giveUp()
  }
}

function or(left: Fast, right: Fast): Fast {
  return (scope) => {
    const first = left(scope)
    if (first === true) return true
    const second = first === false ? right(scope) : giveUp()
    return typeof second === 'boolean' ? second : giveUp()
  }
}

function conditional(condition: Fast, yes: Fast, no: Fast): Fast {
  return (scope) => {
    const value = condition(scope)
    return value === true ? yes(scope) : value === false ? no(scope) : giveUp()
  }
}

function list(items: readonly Fast[]): Fast {
  return (scope) => items.map((item) => item(scope))
}

function item(of: Fast, key: ASTNode): Fast {
  if (key.op !== 'value' || typeof key.args !== 'bigint') throw new Unsupported()
  const index = Number(key.args)
  return (scope) => {
    const items = of(scope)
    return Array.isArray(items) ? (items[index] ?? giveUp()) : giveUp()
  }
}

function ownField(object: unknown, key: string): unknown {
  if (typeof object !== 'object' || object === null || Array.isArray(object) || !Object.hasOwn(object, key)) giveUp()
  return (object as Facts)[key] ?? giveUp()
}

function size(of: Fast): Fast {
  return (scope) => {
    const items = of(scope)
    return Array.isArray(items) ? items.length : giveUp()
  }
}

function areEqual(a: unknown, b: unknown): boolean {
  if (typeof a === typeof b && typeof a !== 'object') return a === b
  return a === null || b === null ? a === b : giveUp()
}

/** Numbers with numbers, strings with strings, dates with dates. */
function compare(left: Fast, right: Fast, test: (a: number, b: number) => boolean): Fast {
  return (scope) => {
    const a = left(scope)
    const b = right(scope)
    if (typeof a === 'number' && typeof b === 'number') return test(a, b)
    const areAlike = (typeof a === 'string' && typeof b === 'string') || (a instanceof Date && b instanceof Date)
    return areAlike ? test(a as unknown as number, b as unknown as number) : giveUp()
  }
}

function compute(left: Fast, right: Fast, operate: (a: number, b: number) => number): Fast {
  return (scope) => {
    const a = left(scope)
    const b = right(scope)
    return typeof a === 'number' && typeof b === 'number' ? operate(a, b) : giveUp()
  }
}

const BINARY = {
  '==':
    (left: Fast, right: Fast): Fast =>
    (scope) =>
      areEqual(left(scope), right(scope)),
  '!=':
    (left: Fast, right: Fast): Fast =>
    (scope) =>
      !areEqual(left(scope), right(scope)),
  in:
    (left: Fast, right: Fast): Fast =>
    (scope) => {
      const value = left(scope)
      const items = right(scope)
      return typeof value !== 'object' && Array.isArray(items) ? items.indexOf(value) !== -1 : giveUp()
    },
  '<': (left: Fast, right: Fast) => compare(left, right, (a, b) => a < b),
  '<=': (left: Fast, right: Fast) => compare(left, right, (a, b) => a <= b),
  '>': (left: Fast, right: Fast) => compare(left, right, (a, b) => a > b),
  '>=': (left: Fast, right: Fast) => compare(left, right, (a, b) => a >= b),
  '+':
    (left: Fast, right: Fast): Fast =>
    (scope) => {
      const a = left(scope)
      const b = right(scope)
      if (typeof a === 'number' && typeof b === 'number') return a + b
      return typeof a === 'string' && typeof b === 'string' ? a + b : giveUp()
    },
  '-': (left: Fast, right: Fast) => compute(left, right, (a, b) => a - b),
  '*': (left: Fast, right: Fast) => compute(left, right, (a, b) => a * b),
  '/': (left: Fast, right: Fast) => compute(left, right, (a, b) => a / b),
  '%': (left: Fast, right: Fast) => compute(left, right, (a, b) => a % b),
}

const STRING_TESTS = {
  startsWith: (text: string, part: string) => text.startsWith(part),
  endsWith: (text: string, part: string) => text.endsWith(part),
  contains: (text: string, part: string) => text.includes(part),
}

function items(range: Fast, scope: Scope): readonly unknown[] {
  const list = range(scope)
  return Array.isArray(list) ? list : giveUp()
}

function holds(predicate: Fast, scope: Scope): boolean {
  const value = predicate(scope)
  return typeof value === 'boolean' ? value : giveUp()
}

const LOOPS = {
  exists:
    (range: Fast, cell: Cell, predicate: Fast): Fast =>
    (scope) => {
      for (const item of items(range, scope)) {
        cell.value = item
        if (holds(predicate, scope)) return true
      }
      return false
    },
  all:
    (range: Fast, cell: Cell, predicate: Fast): Fast =>
    (scope) => {
      for (const item of items(range, scope)) {
        cell.value = item
        if (!holds(predicate, scope)) return false
      }
      return true
    },
  exists_one:
    (range: Fast, cell: Cell, predicate: Fast): Fast =>
    (scope) => {
      let count = 0
      for (const item of items(range, scope)) {
        cell.value = item
        if (holds(predicate, scope)) count++
      }
      return count === 1
    },
  filter:
    (range: Fast, cell: Cell, predicate: Fast): Fast =>
    (scope) => {
      return items(range, scope).filter((item) => {
        cell.value = item
        return holds(predicate, scope)
      })
    },
  map:
    (range: Fast, cell: Cell, transform: Fast): Fast =>
    (scope) => {
      return items(range, scope).map((item) => {
        cell.value = item
        return transform(scope)
      })
    },
}
