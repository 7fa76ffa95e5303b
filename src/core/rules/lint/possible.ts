import type { Formula, Relation } from './formula.ts'
import type { Term } from './term.ts'

/** More ways than this to make a formula true are not followed. */
const MOST_WAYS = 500

type Atom = Exclude<Formula, { kind: 'constant' | 'not' | 'and' | 'or' }>

/** An atom that must be true, or must be false. */
interface Literal {
  readonly atom: Atom
  readonly holds: boolean
}

/**
 * Whether a formula can be true. Where that can't be told, it can: words mean nothing here but themselves, and no two
 * terms have to do with each other.
 *
 * An expression that fails is neither true nor false, so that `!f` is true only where `f` is false, as in CEL.
 */
export function isPossible(formula: Formula): boolean {
  const ways = waysToBe(formula, true)
  return ways === null || ways.length > 0
}

/** The formula as alternatives of literals that don't contradict one another; null where there are too many. */
function waysToBe(formula: Formula, holds: boolean): readonly (readonly Literal[])[] | null {
  switch (formula.kind) {
    case 'constant':
      return formula.value === holds ? [[]] : []
    case 'not':
      return waysToBe(formula.of, !holds)
    case 'and':
    case 'or': {
      const isJoint = (formula.kind === 'and') === holds
      return isJoint ? jointly(formula.of, holds) : eitherWay(formula.of, holds)
    }
    default:
      return [[{ atom: formula, holds }]].filter(isConsistent)
  }
}

function eitherWay(parts: readonly Formula[], holds: boolean): readonly (readonly Literal[])[] | null {
  const ways: (readonly Literal[])[] = []
  for (const part of parts) {
    const more = waysToBe(part, holds)
    if (more === null) return null
    ways.push(...more)
  }
  return ways.length > MOST_WAYS ? null : ways
}

function jointly(parts: readonly Formula[], holds: boolean): readonly (readonly Literal[])[] | null {
  const all = parts.map((part) => waysToBe(part, holds))
  // What can't be told of one part leaves the others: together they may be impossible without it.
  const known = all.filter((ways) => ways !== null).sort((a, b) => a.length - b.length)
  let ways: readonly (readonly Literal[])[] = [[]]
  for (const more of known) {
    if (ways.length * more.length > MOST_WAYS * 10) return null
    ways = ways.flatMap((way) => more.map((other) => [...way, ...other])).filter(isConsistent)
    if (ways.length === 0) return []
  }
  return known.length < all.length || ways.length > MOST_WAYS ? null : ways
}

function isConsistent(literals: readonly Literal[]): boolean {
  const words = new Map<string, boolean>()
  const terms = new Map<string, Values>()
  for (const { atom, holds } of literals) {
    if (atom.kind === 'word') {
      if (words.get(atom.text) === !holds) return false
      words.set(atom.text, holds)
      continue
    }
    const before = terms.get(atom.term.text) ?? anyValue(atom.term)
    const after =
      atom.kind === 'compare' ? compared(before, atom.relation, atom.value, holds) : chosen(before, atom.values, holds)
    terms.set(atom.term.text, after)
  }
  return [...terms.values()].every(hasValue)
}

/** The values that a term may have. */
interface Values {
  readonly least: Bound
  readonly most: Bound
  /** Null: any. */
  readonly among: readonly (string | number | boolean)[] | null
  readonly except: readonly (string | number | boolean)[]
  /** Whether it may be NaN, of which every comparison is false. */
  readonly mayBeNaN: boolean
  /** Whether a comparison says that it is a number. */
  readonly isNumber: boolean
}

interface Bound {
  readonly value: number
  readonly included: boolean
}

function anyValue({ least, most, mayBeNaN }: Term): Values {
  return {
    least: { value: least, included: true },
    most: { value: most, included: true },
    among: null,
    except: [],
    mayBeNaN,
    isNumber: false,
  }
}

function compared(values: Values, relation: Relation, value: number, holds: boolean): Values {
  const meant = holds ? relation : NEGATED[relation]
  const bound = { value, included: meant === '<=' || meant === '>=' }
  const isAbove = meant === '>' || meant === '>='
  return {
    ...values,
    isNumber: true,
    mayBeNaN: values.mayBeNaN && !holds,
    least: isAbove ? tighter(values.least, bound, 1) : values.least,
    most: isAbove ? values.most : tighter(values.most, bound, -1),
  }
}

const NEGATED = { '<': '>=', '<=': '>', '>': '<=', '>=': '<' } as const

function tighter(a: Bound, b: Bound, sign: 1 | -1): Bound {
  if (a.value === b.value) return a.included ? b : a
  return a.value * sign > b.value * sign ? a : b
}

function chosen(values: Values, among: readonly (string | number | boolean)[], holds: boolean): Values {
  if (!holds) return { ...values, except: [...values.except, ...among] }
  const both = values.among === null ? among : values.among.filter((value) => among.includes(value))
  return { ...values, among: both, mayBeNaN: false }
}

function hasValue({ least, most, among, except, mayBeNaN, isNumber }: Values): boolean {
  const isWithin = (value: number) =>
    (least.included ? value >= least.value : value > least.value) &&
    (most.included ? value <= most.value : value < most.value)
  if (among !== null) {
    return among.some((value) => !except.includes(value) && (typeof value === 'number' ? isWithin(value) : !isNumber))
  }
  if (mayBeNaN || least.value < most.value) return true
  return isWithin(least.value) && !except.includes(least.value)
}
