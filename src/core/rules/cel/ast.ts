import type { ASTNode } from '@marcbachmann/cel-js'

export type { ASTNode }

/** What the type checker finds out about a node, `double`, `list<string>` …, or `dyn` where it can't tell. */
export interface CelType {
  readonly name: string
  readonly kind: string
}

/** What cel-js keeps in a node beside its published shape. `package-lock.json` pins the version for it. */
interface Internals {
  args: unknown
  readonly checkedType?: CelType
  readonly meta: {
    readonly check: Check
    readonly evaluate: Evaluate
    readonly macro?: unknown
    readonly alternate?: unknown
  }
  setMeta(key: 'check', value: Check): unknown
  setMeta(key: 'evaluate', value: Evaluate): unknown
}
export type Check = (
  checker: { readonly intType: CelType; readonly doubleType: CelType },
  node: ASTNode,
  context: unknown,
) => CelType
type Evaluate = (evaluator: unknown, node: ASTNode, context: unknown) => unknown

export function internals(node: ASTNode): Internals {
  return node as unknown as Internals
}

export function typeOf(node: ASTNode): CelType | undefined {
  return internals(node).checkedType
}

/** `list.exists(x, …)` and its like: a macro that binds a variable for the arguments after the first. */
export interface Comprehension {
  readonly name: string
  readonly range: ASTNode
  readonly variable: string
  readonly body: readonly ASTNode[]
}

const COMPREHENSIONS: Readonly<Record<string, readonly number[]>> = {
  all: [2],
  exists: [2],
  exists_one: [2],
  map: [2, 3],
  filter: [2],
}

/** The node as a comprehension, `cel.bind(x, value, …)` among them; null where it is something else. */
export function asComprehension(node: ASTNode): Comprehension | null {
  if (node.op !== 'rcall') return null
  const [name, receiver, args] = node.args
  const [variable, ...rest] = args
  if (variable?.op !== 'id') return null
  if (name === 'bind' && receiver.op === 'id' && receiver.args === 'cel' && rest.length === 2) {
    const [value, body] = rest as [ASTNode, ASTNode]
    return { name, range: value, variable: variable.args, body: [body] }
  }
  if (!COMPREHENSIONS[name]?.includes(args.length)) return null
  return { name, range: receiver, variable: variable.args, body: rest }
}

/** The operands of a node, in source order, of whatever kind it is. */
export function operands(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return []
    case '.':
    case '.?':
      return [node.args[0]]
    case 'call':
      return node.args[1]
    case 'rcall':
      return [node.args[1], ...node.args[2]]
    case 'map':
      return node.args.flat()
    case '!_':
    case '-_':
      return [node.args]
    default:
      return node.args
  }
}

/** `account.arr` or `account["arr"]`: the name of the field and the variable it is read from; null for anything else. */
export function asField(node: ASTNode): { readonly variable: string; readonly field: string } | null {
  if (node.op !== '.' && node.op !== '[]') return null
  const [object, key] = node.args
  if (object.op !== 'id') return null
  if (typeof key === 'string') return { variable: object.args, field: key }
  return key.op === 'value' && typeof key.args === 'string' ? { variable: object.args, field: key.args } : null
}
