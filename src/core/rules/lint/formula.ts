import { type ASTNode, asComprehension } from '../cel/ast.ts'
import { constantOf, parseExpression, textOf, textOfEquality } from '../cel/text.ts'
import { isPossible } from './possible.ts'
import { isSignals, type Term, termOf } from './term.ts'

/** A condition as logic sees it. Where a part is beyond it, that part is a word that is true or false. */
export type Formula =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'compare'; readonly term: Term; readonly relation: Relation; readonly value: number }
  | { readonly kind: 'among'; readonly term: Term; readonly values: readonly (string | number | boolean)[] }
  | { readonly kind: 'not'; readonly of: Formula }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Formula[] }

export type Relation = '<' | '<=' | '>' | '>='

/**
 * Reads the source of a condition that has compiled.
 * @param now milliseconds since the epoch: it will not be earlier
 */
export function readCondition(source: string, now: number): Formula {
  return formulaOf(parseExpression(source), new Set(['signal']), now)
}

export function not(of: Formula): Formula {
  return { kind: 'not', of }
}

export function all(of: readonly Formula[]): Formula {
  return { kind: 'and', of }
}

export function any(of: readonly Formula[]): Formula {
  return { kind: 'or', of }
}

function formulaOf(node: ASTNode, signals: ReadonlySet<string>, now: number): Formula {
  const part = (operand: ASTNode) => formulaOf(operand, signals, now)
  const word: Formula = { kind: 'word', text: textOf(node) }
  const constant = constantOf(node)
  if (typeof constant === 'boolean') return { kind: 'constant', value: constant }
  switch (node.op) {
    case '!_':
      return not(part(node.args))
    case '&&':
      return all(node.args.map(part))
    case '||':
      return any(node.args.map(part))
    case '?:': {
      const [condition, yes, no] = node.args.map(part) as [Formula, Formula, Formula]
      return any([all([condition, yes]), all([not(condition), no])])
    }
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const [left, right] = node.args
      return compare(left, node.op, right) ?? compare(right, MIRRORED[node.op], left) ?? word
    }
    case '==':
      return equal(node.args[0], node.args[1]) ?? equal(node.args[1], node.args[0]) ?? word
    case '!=': {
      const [a, b] = node.args
      return not(equal(a, b) ?? equal(b, a) ?? { kind: 'word', text: textOfEquality(a, b) })
    }
    case 'in':
      return among(node.args[0], node.args[1]) ?? word
    default:
      return loopOf(node) ?? word
  }

  function compare(term: ASTNode, relation: Relation, other: ASTNode): Formula | null {
    const value = constantOf(other)
    if (typeof value !== 'number') return null
    const known = constantOf(term)
    if (typeof known === 'number') return { kind: 'constant', value: COMPARE[relation](known, value) }
    const read = termOf(term, signals, now)
    return read.sign === 1
      ? { kind: 'compare', term: read, relation, value }
      : { kind: 'compare', term: read, relation: MIRRORED[relation], value: -value }
  }

  function equal(term: ASTNode, other: ASTNode): Formula | null {
    const value = constantOf(other)
    if (value === undefined) return null
    const known = constantOf(term)
    if (known !== undefined) return { kind: 'constant', value: known === value }
    if (typeof value === 'boolean' && isCondition(term)) return value ? part(term) : not(part(term))
    return amongValues(term, [value])
  }

  function among(term: ASTNode, list: ASTNode): Formula | null {
    if (list.op !== 'list') return null
    const values = list.args.map(constantOf)
    if (!values.every((value) => value !== undefined)) return null
    const known = constantOf(term)
    return known === undefined ? amongValues(term, values) : { kind: 'constant', value: values.includes(known) }
  }

  function amongValues(term: ASTNode, values: readonly (string | number | boolean)[]): Formula {
    const read = termOf(term, signals, now)
    const turned = values.map((value) => (typeof value === 'number' ? value * read.sign : value))
    return { kind: 'among', term: read, values: turned }
  }

  /** What a loop comes to whatever the list holds, if its body is never or always true. */
  function loopOf(loop: ASTNode): Formula | null {
    const comprehension = asComprehension(loop)
    const body = comprehension?.body[0]
    if (comprehension === null || body === undefined) return null
    const { name, variable, range } = comprehension
    const within = new Set(signals)
    if (isSignals(range)) within.add(variable)
    else within.delete(variable)
    const holds = () => formulaOf(body, within, now)
    if ((name === 'exists' || name === 'exists_one') && !isPossible(holds())) return { kind: 'constant', value: false }
    if (name === 'all' && !isPossible(not(holds()))) return { kind: 'constant', value: true }
    return null
  }
}

/** Whether a part is true or false by its form, so that `x == true` is `x`. */
function isCondition({ op }: ASTNode): boolean {
  return CONDITIONS.includes(op)
}
const CONDITIONS: readonly string[] = ['!_', '&&', '||', '<', '<=', '>', '>=', '==', '!=', 'in']

const MIRRORED = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const
const COMPARE = {
  '<': (a: number, b: number) => a < b,
  '<=': (a: number, b: number) => a <= b,
  '>': (a: number, b: number) => a > b,
  '>=': (a: number, b: number) => a >= b,
}
