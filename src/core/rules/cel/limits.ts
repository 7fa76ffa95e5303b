import { type ASTNode, asComprehension, operands, typeOf } from './ast.ts'
import type { Fault } from './references.ts'

/** Operands within operands: everything that reads an expression calls itself once for each. */
const DEEPEST = 250
/**
 * Parts that are looked at in the worst case, with lists as long as they may be: some tenths of a second. One loop
 * over the items of a fact within another passes, with a dozen parts in the inner one.
 */
const MOST_STEPS = 20_000_000

/** Items of a fact at most, and so of what nobody can tell the length of. */
const LONGEST_LIST = 1000
/** Signals of an account that are used at most. */
const MOST_SIGNALS = 200

/** What would exhaust the stack, asked before anything else walks the tree; null where nothing would. */
export function tooDeep(root: ASTNode): Fault | null {
  // Level by level, since it is the stack that is at stake.
  let level: readonly ASTNode[] = [root]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return { offset: root.pos, message: `nested deeper than ${DEEPEST} levels; split it` }
    level = level.flatMap(operands)
  }
  return null
}

/**
 * The steps that an expression takes in the worst case. Asked of a tree that has been type-checked.
 * @param perSignal whether the expression is asked once for each signal
 */
export function mostSteps(root: ASTNode, perSignal: boolean): number {
  return stepsOf(root, new Map()) * (perSignal ? MOST_SIGNALS : 1)
}

/** What could take too long, although it is valid; null where nothing could. @param steps of it, in the worst case */
export function tooSlow(root: ASTNode, steps: number): Fault | null {
  if (steps <= MOST_STEPS) return null
  const message = `loops over long lists could take ${millions(steps)} million steps, at most ${millions(MOST_STEPS)} are allowed; split the rule, or loop over less`
  return { offset: root.pos, message }
}

/** Of steps, in words. */
export function millions(steps: number): string {
  return Math.round(steps / 1e6).toLocaleString('en-US')
}

/** In the time of which an item is searched, compared or copied: 15 ns against 4. */
const STEPS_AN_ITEM = 4

type Lengths = ReadonlyMap<string, number>

/** The parts of an expression that are looked at: those in a loop once for each item. */
function stepsOf(node: ASTNode, lengths: Lengths): number {
  const loop = asComprehension(node)
  if (loop === null)
    return operands(node).reduce((sum, operand) => sum + stepsOf(operand, lengths), 1 + copied(node, lengths))
  const { name, range, variable, body } = loop
  const items = lengthOf(range, lengths)
  // `cel.bind` evaluates its body once, for all that the variable stands for.
  const inner = new Map(lengths).set(variable, name === 'bind' ? items : LONGEST_LIST)
  const once = body.reduce((sum, part) => sum + stepsOf(part, inner), 1)
  return 1 + stepsOf(range, lengths) + (name === 'bind' ? 1 : items) * once
}

/** What it takes to search, compare or join lists, in steps of a loop. */
function copied(node: ASTNode, lengths: Lengths): number {
  if (!LIST_OPERATORS.includes(node.op)) return 0
  const lists = operands(node).filter((operand) => typeOf(operand)?.kind === 'list')
  return lists.reduce((sum, list) => sum + lengthOf(list, lengths) * STEPS_AN_ITEM, 0)
}
const LIST_OPERATORS: readonly string[] = ['in', '+', '==', '!=']

/** The most items that a list can have. */
function lengthOf(node: ASTNode, lengths: Lengths): number {
  switch (node.op) {
    case 'list':
      return node.args.length
    case 'id':
      return lengths.get(node.args) ?? (node.args === 'signals' ? MOST_SIGNALS : LONGEST_LIST)
    case '+':
      return lengthOf(node.args[0], lengths) + lengthOf(node.args[1], lengths)
    case '?:':
      return Math.max(lengthOf(node.args[1], lengths), lengthOf(node.args[2], lengths))
  }
  const loop = asComprehension(node)
  if (loop === null) return LONGEST_LIST
  if (loop.name === 'map' || loop.name === 'filter') return lengthOf(loop.range, lengths)
  const [body] = loop.body
  if (loop.name !== 'bind' || body === undefined) return LONGEST_LIST
  return lengthOf(body, new Map(lengths).set(loop.variable, lengthOf(loop.range, lengths)))
}
