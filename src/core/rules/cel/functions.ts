import type { ASTNode, Environment } from '@marcbachmann/cel-js'
import { EvaluationError } from '@marcbachmann/cel-js'
import { DAY, parseTime } from '../time.ts'
import { type CelType, internals, operands } from './ast.ts'
import { celTypeName, TEXT_TAKEN } from './types.ts'

/** Lets int meet double, as in `int(account.seats) + 0.5`; cel-js itself only compares them. */
export function registerNumbers(environment: Environment): void {
  const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
    '%': (a, b) => a % b,
  }
  for (const [operator, compute] of Object.entries(arithmetic)) {
    const handler = (a: number | bigint, b: number | bigint) => compute(Number(a), Number(b))
    environment.registerOperator(`int ${operator} double: double`, handler)
    environment.registerOperator(`double ${operator} int: double`, handler)
  }
  environment.registerOperator('double % double: double', (a: number, b: number) => a % b)
  environment.registerOperator('int == double', (a: bigint, b: number) => Number(a) === b)
}

/** `daysSince(t)` and `daysUntil(t)`: days between a timestamp and the scope's `now`, with fractions. */
export function registerFunctions(environment: Environment): void {
  environment.registerFunction('daysSince(ast): double', days('daysSince', 1))
  environment.registerFunction('daysUntil(ast): double', days('daysUntil', -1))
}

interface Macro {
  readonly time: ASTNode
}
interface Checker {
  check(node: ASTNode, context: unknown): CelType
  getType(name: string): CelType
  createError(code: string, message: string, node: ASTNode): Error
}
interface Evaluator {
  run(node: ASTNode, context: unknown): unknown
}

// A macro, since only macros see the scope, where `now` is.
function days(name: string, sign: 1 | -1) {
  return ({ args }: { args: readonly [ASTNode] }) => ({
    time: args[0],
    async: false,
    typeCheck(checker: Checker, { time }: Macro, context: unknown) {
      const type = checker.check(time, context)
      if (type.name === 'google.protobuf.Timestamp' || type.kind === 'dyn') return checker.getType('double')
      throw checker.createError('argument', `\`${name}\` takes a timestamp, not a ${celTypeName(type.name)}`, time)
    },
    evaluate(evaluator: Evaluator, { time }: Macro, context: { getValue(name: string): Date }) {
      const then = asTime(evaluator.run(time, context))
      if (then === null)
        throw new EvaluationError(`\`${name}\` takes an RFC 3339 time, such as \`2026-11-20T09:00:00Z\``, time)
      return (sign * (context.getValue('now').getTime() - then)) / DAY
    },
  })
}

/**
 * Makes `timestamp(text)` read what a fact may be, an RFC 3339 time or a date, in place. cel-js reads whatever
 * JavaScript reads, some of it in the zone of the machine, so that two machines would not agree.
 */
export function useRfc3339(node: ASTNode): void {
  if (node.op === 'call' && node.args[0] === 'timestamp') {
    const [argument] = node.args[1]
    const { evaluate } = internals(node).meta
    internals(node).setMeta('evaluate', (evaluator, self, context) => {
      const text = argument && (evaluator as Evaluator).run(argument, context)
      if (typeof text !== 'string') return evaluate(evaluator, self, context)
      const time = parseTime(text)
      if (time === null) throw new EvaluationError(`\`timestamp\` takes ${TEXT_TAKEN.timestamp}`, node)
      return new Date(time)
    })
  }
  for (const operand of operands(node)) useRfc3339(operand)
}

/** Milliseconds since the epoch of a timestamp or, where facts are dynamic, of the string it arrived as. */
export function asTime(value: unknown): number | null {
  if (value instanceof Date) return value.getTime()
  return typeof value === 'string' ? parseTime(value) : null
}
