import type { Facts } from '../../model.ts'
import type { Scope } from '../expression.ts'

/** A part of an expression as a function. Throws where it can't tell; see `compileFast`. */
export type Fast = (scope: Scope) => unknown

/** Carries no stack: it is thrown for control, and cel-js says what is wrong. */
const GIVE_UP: unknown = Object.freeze({ giveUp: true })

/** Where a comprehension keeps its current item. Evaluation is synchronous, so one cell per place is enough. */
export interface Cell {
  value: unknown
}

export function giveUp(): never {
  throw GIVE_UP
}

export function not(of: Fast): Fast {
  return (scope) => {
    const value = of(scope)
    return typeof value === 'boolean' ? !value : giveUp()
  }
}

export function negative(of: Fast): Fast {
  return (scope) => {
    const value = of(scope)
    return typeof value === 'number' ? -value : giveUp()
  }
}

export function and(left: Fast, right: Fast): Fast {
  return (scope) => {
    const first = left(scope)
    if (first === false) return false
    const second = first === true ? right(scope) : giveUp()
    return typeof second === 'boolean' ? second : giveUp()
  }
}

export function or(left: Fast, right: Fast): Fast {
  return (scope) => {
    const first = left(scope)
    if (first === true) return true
    const second = first === false ? right(scope) : giveUp()
    return typeof second === 'boolean' ? second : giveUp()
  }
}

export function conditional(condition: Fast, yes: Fast, no: Fast): Fast {
  return (scope) => {
    const value = condition(scope)
    return value === true ? yes(scope) : value === false ? no(scope) : giveUp()
  }
}

export function list(items: readonly Fast[]): Fast {
  return (scope) => items.map((item) => item(scope))
}

export function item(of: Fast, index: number): Fast {
  return (scope) => {
    const items = of(scope)
    return Array.isArray(items) ? (items[index] ?? giveUp()) : giveUp()
  }
}

export function ownField(object: unknown, key: string): unknown {
  if (typeof object !== 'object' || object === null || Array.isArray(object) || !Object.hasOwn(object, key)) giveUp()
  return (object as Facts)[key] ?? giveUp()
}

export function size(of: Fast): Fast {
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

export const BINARY = {
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

export const STRING_TESTS = {
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

export const LOOPS = {
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
