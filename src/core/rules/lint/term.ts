import { type ASTNode, asComprehension, asField, operands } from '../cel/ast.ts'
import { parseTime } from '../time.ts'

/** A part of an expression that has one value, whatever that is: `account.arr`, `daysSince(account.onboardedAt)`. */
export interface Term {
  /** The same for the same part, however it is spaced or written. */
  readonly text: string
  /** −1: the part is minus the term, as `daysUntil(t)` is of `daysSince(t)`. */
  readonly sign: 1 | -1
  /** What is known of the term's value. */
  readonly least: number
  readonly most: number
  /** Whether it may be NaN, which is neither below nor above anything. */
  readonly mayBeNaN: boolean
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

/**
 * @param signals names of variables that stand for a signal
 * @param now milliseconds since the epoch: it will not be earlier
 */
export function termOf(node: ASTNode, signals: ReadonlySet<string>, now: number): Term {
  const days = asCall(node, 'daysUntil')
  if (days !== null) return { ...PLAIN, text: `daysSince(${textOf(days)})`, sign: -1 }
  const text = textOf(node)
  if (text.startsWith('daysSince(')) return { ...PLAIN, text }
  if (node.op === 'id' && node.args === 'now') return { ...PLAIN, text, least: now }
  if (text.startsWith('size(')) return { ...PLAIN, text, least: 0 }
  const field = asField(node)
  if (field !== null && signals.has(field.variable)) return { ...PLAIN, text, ...SIGNAL_RANGES[field.field] }
  if (field?.variable === 'account') return { ...PLAIN, text }
  return { ...UNKNOWN, text, ...trustOf(node, signals) }
}

const PLAIN = { sign: 1, least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY, mayBeNaN: false } as const
const UNKNOWN = { ...PLAIN, mayBeNaN: true } as const
const PROBABILITY = { least: 0, most: 1 }
const SIGNAL_RANGES: Readonly<Record<string, { readonly least: number; readonly most?: number }>> = {
  confidence: PROBABILITY,
  ageHours: { least: 0 },
}

/** `signal.agent.trust` is a probability, too. */
function trustOf(node: ASTNode, signals: ReadonlySet<string>): Partial<Term> {
  if (node.op !== '.' || node.args[1] !== 'trust') return {}
  const agent = asField(node.args[0])
  return agent?.field === 'agent' && signals.has(agent.variable) ? { ...PROBABILITY, mayBeNaN: false } : {}
}

/** An expression in one way of writing it. */
export function textOf(node: ASTNode): string {
  const field = asField(node)
  if (field !== null) return fieldText(field)
  const sized = asCall(node, 'size')
  if (sized !== null) return `size(${textOf(sized)})`
  const constant = constantOf(node)
  if (constant !== undefined) return JSON.stringify(constant)
  const parts = operands(node).map(textOf)
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

/** `account["a.b"]` is another place than `account.a.b`. */
function fieldText({ variable, field }: { readonly variable: string; readonly field: string }): string {
  return /^\w+$/.test(field) ? `${variable}.${field}` : `${variable}[${JSON.stringify(field)}]`
}

/** `a != b` as the `a == b` that it denies. */
export function textOfEquality(a: ASTNode, b: ASTNode): string {
  return `==(${textOf(a)}, ${textOf(b)})`
}

/** The one argument of a function, be it `size(x)` or `x.size()`; null for anything else. */
function asCall(node: ASTNode, name: string): ASTNode | null {
  if (node.op === 'call' && node.args[0] === name && node.args[1].length === 1) return node.args[1][0] ?? null
  if (node.op === 'rcall' && node.args[0] === name && node.args[2].length === 0) return node.args[1]
  return null
}

/** Whether each item of a list is a signal, wherever the list comes from. */
export function isSignals(node: ASTNode): boolean {
  if (node.op === 'id') return node.args === 'signals'
  const loop = asComprehension(node)
  return loop?.name === 'filter' && isSignals(loop.range)
}
