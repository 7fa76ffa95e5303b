import type { Scope } from '../expression.ts'
import type { FactReader } from '../facts.ts'
import { type Fast, giveUp } from './closures.ts'

/**
 * A fact against a literal as one closure instead of three: three times as many such conditions a second. Facts of
 * the expected type are read where they lie, all others by their reader. Null: the pair has no such form.
 */
export function factTest(operator: string, fact: string, literal: unknown, read: FactReader): Fast | null {
  if (operator === 'in') return isPlain(literal) ? contains(literal, read) : null
  if (typeof literal === 'number') return NUMBER_TESTS[operator]?.(fact, literal, read) ?? null
  if (typeof literal === 'string') return STRING_TESTS[operator]?.(fact, literal, read) ?? null
  return null
}

type Make<T> = (fact: string, literal: T, read: FactReader) => Fast

// Each closure is written out: V8 inlines a comparison, not a call of one.
const NUMBER_TESTS: Readonly<Record<string, Make<number>>> = {
  '==': (fact, literal, read) => (scope) => {
    const value = scope.account[fact]
    return (typeof value === 'number' ? value : numberOf(read, scope)) === literal
  },
  '!=': (fact, literal, read) => (scope) => {
    const value = scope.account[fact]
    return (typeof value === 'number' ? value : numberOf(read, scope)) !== literal
  },
  '<': (fact, literal, read) => (scope) => {
    const value = scope.account[fact]
    return (typeof value === 'number' ? value : numberOf(read, scope)) < literal
  },
  '<=': (fact, literal, read) => (scope) => {
    const value = scope.account[fact]
    return (typeof value === 'number' ? value : numberOf(read, scope)) <= literal
  },
  '>': (fact, literal, read) => (scope) => {
    const value = scope.account[fact]
    return (typeof value === 'number' ? value : numberOf(read, scope)) > literal
  },
  '>=': (fact, literal, read) => (scope) => {
    const value = scope.account[fact]
    return (typeof value === 'number' ? value : numberOf(read, scope)) >= literal
  },
}

const STRING_TESTS: Readonly<Record<string, Make<string>>> = {
  '==': (fact, literal, read) => (scope) => {
    const value = scope.account[fact]
    return (typeof value === 'string' ? value : stringOf(read, scope)) === literal
  },
  '!=': (fact, literal, read) => (scope) => {
    const value = scope.account[fact]
    return (typeof value === 'string' ? value : stringOf(read, scope)) !== literal
  },
}

function contains(literal: unknown, read: FactReader): Fast {
  return (scope) => {
    const items = read(scope.account)
    return Array.isArray(items) ? items.indexOf(literal) !== -1 : giveUp()
  }
}

function numberOf(read: FactReader, scope: Scope): number {
  const value = read(scope.account)
  return typeof value === 'number' ? value : giveUp()
}

function stringOf(read: FactReader, scope: Scope): string {
  const value = read(scope.account)
  return typeof value === 'string' ? value : giveUp()
}

function isPlain(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean'
}
