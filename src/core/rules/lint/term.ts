import { type ASTNode, asComprehension, asField } from '../cel/ast.ts'
import { asCall, textOf } from '../cel/text.ts'

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

/** Whether each item of a list is a signal, wherever the list comes from. */
export function isSignals(node: ASTNode): boolean {
  if (node.op === 'id') return node.args === 'signals'
  const loop = asComprehension(node)
  return loop?.name === 'filter' && isSignals(loop.range)
}
