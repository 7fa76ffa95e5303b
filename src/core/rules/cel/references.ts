import { didYouMean, didYouMeanOr } from '../suggest.ts'
import { parseTime } from '../time.ts'
import { type ASTNode, asComprehension, asField, operands } from './ast.ts'
import { functionSlip } from './slips.ts'
import { FIELDS, TEXT_TAKEN } from './types.ts'
import { FUNCTIONS, VARIABLES, type Vocabulary } from './vocabulary.ts'

/** Something wrong in an expression, at an offset into its source. */
export interface Fault {
  readonly offset: number
  readonly message: string
}

const DEEPEST = 2
/** Names of types, as in `type(x) == string`, and namespaces. */
const BUILT_IN = ['int', 'double', 'bool', 'string', 'bytes', 'list', 'map', 'null_type', 'type', 'google', 'cel']

const REFUSED: Readonly<Record<string, string>> = {
  matches: 'regular expressions can take forever; use `contains`, `startsWith` or `endsWith`',
  uint: 'numbers are doubles here; leave out `uint`',
}

/** Finds every name that does not exist or may not be used, and what the limits of expressions refuse. */
export function checkReferences(root: ASTNode, vocabulary: Vocabulary): readonly Fault[] {
  const faults: Fault[] = []
  visit(root, [], 0)
  return faults

  function visit(node: ASTNode, bound: readonly string[], depth: number): void {
    const comprehension = asComprehension(node)
    if (comprehension !== null) {
      const { name, range, variable, body } = comprehension
      if (depth === DEEPEST) report(node.pos, `\`${name}\` is nested deeper than ${DEEPEST}; split the rule`)
      if (bound.includes(variable) || VARIABLES.some((known) => known === variable)) {
        report(node.pos, `\`${variable}\` in \`${name}\` is taken already; choose another name`)
      }
      visit(range, bound, depth)
      for (const part of body) visit(part, [...bound, variable], depth + 1)
      return
    }
    if (node.op === 'call' || node.op === 'rcall') checkFunction(node.args[0], nameOffset(node))
    if (node.op === 'call') checkText(node.args[0], node.args[1])
    const field = asField(node)
    if (field !== null && !bound.includes(field.variable) && checkField(field, node)) return
    if (node.op === 'id' && !bound.includes(node.args)) checkVariable(node.args, node.pos, bound)
    const named = [...bound, ...boundElsewhere(node)]
    for (const operand of operands(node)) visit(operand, named, depth)
  }

  /** True: the variable needs no look of its own. */
  function checkField({ variable, field }: { variable: string; field: string }, node: ASTNode): boolean {
    if (variable === 'account' && vocabulary.facts !== null) {
      if (!vocabulary.facts.has(field)) {
        const meant = didYouMean(field, vocabulary.facts.keys(), 'account.')
        report(node.pos, `unknown fact \`account.${field}\`${meant || '; declare it under `facts`'}`)
      }
      return true
    }
    const { knownFacts } = vocabulary
    if (variable === 'account' && knownFacts && !knownFacts.has(field)) {
      const meant = didYouMean(field, knownFacts, 'account.')
      if (meant !== '') report(node.pos, `unknown fact \`account.${field}\`${meant}`)
    }
    if (variable === 'proposal' && vocabulary.variables.includes('proposal')) {
      const known = FIELDS.proposal ?? []
      if (!known.includes(field)) {
        report(node.pos, `unknown field \`${field}\` of the proposal${didYouMeanOr(field, known)}`)
      }
      return true
    }
    return false
  }

  function checkVariable(name: string, offset: number, bound: readonly string[]): void {
    const problem = variableProblem(name, bound)
    if (problem !== null) report(offset, problem)
  }

  function variableProblem(name: string, bound: readonly string[]): string | null {
    const { facts, variables } = vocabulary
    if (name === 'account' && facts !== null) return '`account` stands for all facts; name one, as in `account.arr`'
    const known: readonly string[] = variables
    if (known.includes(name) || BUILT_IN.includes(name)) return null
    if (name === 'signal' && known.includes('signals')) {
      return '`signal` is there only under `forEach: signal`; add that to the rule or use `signals`'
    }
    if (VARIABLES.some((variable) => variable === name)) {
      return `\`${name}\` can't be used here, only ${known.map((word) => `\`${word}\``).join(' and ')}`
    }
    if (facts?.has(name)) return `unknown name \`${name}\`; did you mean \`account.${name}\`?`
    const meant = didYouMean(name, [...variables, ...bound])
    return `unknown name \`${name}\`${meant || `${didYouMeanOr(name, [...variables, ...bound])}; text stands in quotes, \`"${name}"\``}`
  }

  function checkFunction(name: string, offset: number): void {
    const refused = Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined
    if (refused !== undefined) report(offset, `\`${name}\` is not allowed: ${refused}`)
    else if (!FUNCTIONS.has(name)) {
      const instead = functionSlip(name)
      report(offset, `unknown function \`${name}\`${instead === null ? didYouMean(name, FUNCTIONS) : `; ${instead}`}`)
    }
  }

  /** A time or duration that is written out would fail in each answer. */
  function checkText(name: string, [argument, ...others]: readonly ASTNode[]): void {
    const taken = Object.hasOwn(TEXT_TAKEN, name) ? TEXT_TAKEN[name] : undefined
    if (taken === undefined || argument?.op !== 'value' || typeof argument.args !== 'string') return
    if (others.length > 0 || isReadable(name, argument.args)) return
    report(argument.pos, `\`${name}\` takes ${taken}, not \`${argument.args}\``)
  }

  function isReadable(name: string, text: string): boolean {
    if (name === 'timestamp') return parseTime(text) !== null
    try {
      vocabulary.environment.evaluate(`${name}(${JSON.stringify(text)})`)
      return true
    } catch {
      return false
    }
  }

  /** Of a method, where its name stands: the node begins with what it is asked of. */
  function nameOffset(node: ASTNode & { op: 'call' | 'rcall' }): number {
    if (node.op === 'call') return node.pos
    const dot = root.input.indexOf(`.${node.args[0]}`, lastOffset(node.args[1]))
    return dot < 0 ? node.pos : dot + 1
  }

  function report(offset: number, message: string): void {
    faults.push({ offset, message })
  }
}

/** The variable of a loop that there is in other languages: that there is no such loop is said already. */
function boundElsewhere(node: ASTNode): readonly string[] {
  if (node.op !== 'rcall' || FUNCTIONS.has(node.args[0])) return []
  const [variable, body] = node.args[2]
  return variable?.op === 'id' && body !== undefined ? [variable.args] : []
}

function lastOffset(node: ASTNode): number {
  return Math.max(node.pos, ...operands(node).map(lastOffset))
}
