import { type ASTNode, asComprehension, asField, operands } from '../cel/ast.ts'
import { parseExpression } from '../cel/text.ts'
import { didYouMean } from '../suggest.ts'
import { type Check, type ExaminedDecision, type LintContext, rulesWithDecisions, warnWithin } from './examined.ts'
import { isSignals } from './term.ts'

/** What conditions compare with words: whose names those are. */
type Kind = 'claim' | 'agent' | 'kind' | 'action'

/** A word in a condition, at an offset into its source. */
interface Compared {
  readonly kind: Kind
  readonly word: string
  readonly offset: number
}

/**
 * Words that a condition compares with a claim, an agent, its kind or a proposed action, and that are nearly the name of
 * one: such a condition is never true, or never false.
 *
 * Keeps silent about other words: agents may say what no file lists.
 */
export const checkNames: Check = (examined, context) => {
  const agents = [...examined.ruleset.agents.declared]
  const known = {
    claim: new Set([
      ...examined.decisions.flatMap(({ decision }) => [...decision.claims.keys()]),
      ...claimsSent(context),
    ]),
    agent: new Set([...agents.map(([name]) => name), ...context.cases.flatMap(agentsIn)]),
    kind: new Set(agents.flatMap(([, { kind }]) => kind ?? [])),
  }
  return rulesWithDecisions(examined).flatMap(([{ rule, yaml, path }, decisions]) => {
    const all = { ...known, action: new Set(decisions.flatMap(actionsOf)) }
    return comparedIn(parseExpression(rule.when.source), new Set(['signal'])).flatMap(({ kind, word, offset }) => {
      const meant = all[kind].has(word) ? '' : didYouMean(word, all[kind])
      return meant === '' ? [] : [warnWithin(yaml, [...path, 'when'], offset, `${MISSING[kind](word)}${meant}`)]
    })
  })
}

const MISSING: Readonly<Record<Kind, (word: string) => string>> = {
  claim: (word) => `no decision lists a claim \`${word}\` and no case sends one`,
  agent: (word) => `no agent \`${word}\` is in \`agents.yaml\` or in a case`,
  kind: (word) => `no agent in \`agents.yaml\` is of kind \`${word}\``,
  action: (word) => `there is no action \`${word}\` here`,
}

function claimsSent({ claims, cases }: LintContext): readonly string[] {
  return [...(claims ?? []), ...cases.flatMap(({ signals }) => signals.map(({ claim }) => claim))]
}

function agentsIn({ signals }: LintContext['cases'][number]): readonly string[] {
  return signals.map(({ agent }) => agent)
}

function actionsOf({ decision }: ExaminedDecision): readonly string[] {
  return decision.actions.map(({ name }) => name)
}

function comparedIn(node: ASTNode, signals: ReadonlySet<string>): readonly Compared[] {
  const loop = asComprehension(node)
  if (loop !== null) {
    const within = new Set(signals)
    if (isSignals(loop.range)) within.add(loop.variable)
    return [...comparedIn(loop.range, signals), ...loop.body.flatMap((part) => comparedIn(part, within))]
  }
  const inside = operands(node).flatMap((operand) => comparedIn(operand, signals))
  if (node.op !== '==' && node.op !== '!=' && node.op !== 'in') return inside
  const [left, right] = node.args
  const kind = kindOf(left, signals) ?? (node.op === 'in' ? null : kindOf(right, signals))
  if (kind === null) return inside
  const words = [left, ...(right.op === 'list' ? right.args : [right])].flatMap((part) =>
    part.op === 'value' && typeof part.args === 'string' ? { kind, word: part.args, offset: part.pos } : [],
  )
  return [...words, ...inside]
}

/** Of what a part of an expression is the name. */
function kindOf(node: ASTNode, signals: ReadonlySet<string>): Kind | null {
  const field = asField(node)
  if (field?.variable === 'proposal') return field.field === 'agent' || field.field === 'action' ? field.field : null
  if (field !== null) return signals.has(field.variable) && field.field === 'claim' ? 'claim' : null
  if (node.op !== '.') return null
  const agent = asField(node.args[0])
  if (agent?.field !== 'agent' || !signals.has(agent.variable)) return null
  return node.args[1] === 'name' ? 'agent' : node.args[1] === 'kind' ? 'kind' : null
}
