import type { ASTNode } from '../cel/ast.ts'
import { constantOf, parseExpression, textOf } from '../cel/text.ts'

/** An amount as a sum: for each part that is no number, by what it is multiplied; `''` is the part that is. */
export type Amount = ReadonlyMap<string, number>

export const NUMBER = ''

/** Reads the source of an amount that has compiled. What it can't take apart is a part of its own. */
export function readAmount(source: string): Amount {
  return withoutZeros(amountOf(parseExpression(source)))
}

/** The number that an amount is; null where it depends on anything. */
export function numberOf(amount: Amount): number | null {
  if (amount.size === 0) return 0
  return amount.size === 1 ? (amount.get(NUMBER) ?? null) : null
}

/**
 * Whether a part is at least 0: a number is 1 times itself, and what is a loss by itself is one, or the action could not
 * be taken.
 */
export function isNeverNegative(part: string, losses: readonly (readonly Amount[])[]): boolean {
  if (part === NUMBER) return true
  return losses.flat().some((amount) => amount.size === 1 && (amount.get(part) ?? 0) > 0)
}

function amountOf(node: ASTNode): Amount {
  const constant = constantOf(node)
  if (typeof constant === 'number') return new Map([[NUMBER, constant]])
  switch (node.op) {
    case '+':
      return sum(amountOf(node.args[0]), amountOf(node.args[1]))
    case '-':
      return sum(amountOf(node.args[0]), scaled(amountOf(node.args[1]), -1))
    case '-_':
      return scaled(amountOf(node.args), -1)
    case '*': {
      const [a, b] = [amountOf(node.args[0]), amountOf(node.args[1])]
      const [byA, byB] = [numberOf(a), numberOf(b)]
      if (byA !== null) return scaled(b, byA)
      if (byB !== null) return scaled(a, byB)
      break
    }
    case '/': {
      const by = numberOf(amountOf(node.args[1]))
      if (by !== null && by !== 0) return scaled(amountOf(node.args[0]), 1 / by)
    }
  }
  return new Map([[textOf(node), 1]])
}

function sum(a: Amount, b: Amount): Amount {
  const total = new Map(a)
  for (const [part, factor] of b) total.set(part, (total.get(part) ?? 0) + factor)
  return total
}

function scaled(amount: Amount, by: number): Amount {
  return new Map([...amount].map(([part, factor]) => [part, factor * by]))
}

function withoutZeros(amount: Amount): Amount {
  return new Map([...amount].filter(([, factor]) => factor !== 0))
}
