import type { Decision, Facts, Rule } from '../../model.ts'
import { type ASTNode, operands } from '../cel/ast.ts'
import { parseExpression } from '../cel/text.ts'
import { evaluateAmount } from '../evaluate.ts'
import type { Expression, Scope } from '../expression.ts'
import type { RuleProblem } from '../problem.ts'
import { numberOf, readAmount } from './amount.ts'
import { type Check, type ExaminedDecision, type LintContext, warnAt } from './examined.ts'
import { leastRegret, leavesDoubt, mostRegret } from './regret.ts'

/** One table of losses, `[action][state]`, of the actions that are permitted. */
type Losses = readonly (readonly number[])[]

/** So many cases with different losses, or they show nothing. */
const FEWEST_CASES = 3
/** Actions that rules may veto and rules that add losses, all combinations of which are looked at. */
const MOST_CHOICES = 6

/**
 * A review cost that sends every answer to people, or none for doubt: against the least and the most that a mistake can
 * cost on average, whatever agents say and whichever rules hold. Where losses depend on facts, for the facts of the
 * cases.
 *
 * Keeps silent where what rules add depends on what agents say, and where losses depend on facts and there are few
 * cases.
 */
export const checkReview: Check = ({ decisions }, context) =>
  decisions.flatMap((examined) => {
    const { decision } = examined
    const adding = decision.rules.filter(({ effects }) => effects.some(({ kind }) => kind === 'addLoss'))
    const vetoable = vetoableActions(decision)
    if (adding.some(hearsAgents) || vetoable.length + adding.length > MOST_CHOICES) return []
    const isConstant = amountsOf(decision).every(({ source }) => numberOf(readAmount(source)) !== null)
    const scopes = isConstant ? [scopeOf({}, context)] : scopesOfCases(decision, context)
    const costs = distinct(scopes.map((scope) => costsIn(scope, decision, adding)))
    const shown = costs.filter(({ losses }) => losses.every(isCost)).length
    if (!isConstant && shown < FEWEST_CASES) return []
    const where = isConstant ? '' : `, in each of the ${shown} cases of its tests`
    return problemOf(examined, costs, vetoable, where) ?? []
  })

function problemOf(
  { decision, yaml }: ExaminedDecision,
  costs: readonly Costs[],
  vetoable: readonly number[],
  where: string,
): RuleProblem | null {
  const { cost } = decision.review
  let [most, least] = [0, Number.POSITIVE_INFINITY]
  let isEach = true
  for (const { losses, isWhole } of tablesOf(costs, vetoable)) {
    if (!leavesDoubt(losses)) {
      isEach = false
      continue
    }
    if (most <= cost) most = Math.max(most, mostRegret(losses))
    // Where a loss fails a person is asked anyway.
    if (isWhole && least > cost) least = Math.min(least, leastRegret(losses, decision))
    if (most > cost && least <= cost) return null
  }
  if (most === 0) return null
  if (most <= cost) {
    const message = `no doubt ever reaches a person: a mistake costs ${shown(most)} on average at most${where}, and asking costs ${shown(cost)}; lower the cost if that is not meant`
    return warnAt(yaml, ['review', 'cost'], message)
  }
  if (least === Number.POSITIVE_INFINITY) return null
  const what = isEach ? 'every answer goes to a person' : 'every doubt goes to a person, however small'
  const message = `${what}: a mistake costs ${shown(least)} on average at least, whatever agents say${where}, and asking costs ${shown(cost)}; raise the cost if that is not meant`
  return warnAt(yaml, ['review', 'cost'], message)
}

/** What an account costs by action and state, NaN where that fails, and what each rule that adds losses adds to it. */
interface Costs {
  readonly losses: Losses
  readonly added: readonly Losses[]
}

function costsIn(scope: Scope, { actions, states }: Decision, adding: readonly Rule[]): Costs {
  const amountIn = (expression: Expression<number>): number => {
    const amount = evaluateAmount(expression, scope)
    return typeof amount === 'number' ? amount : Number.NaN
  }
  const added = adding.map(({ effects }) => {
    const table = actions.map(() => states.map(() => 0))
    for (const effect of effects) {
      for (const { action, state, amount } of effect.kind === 'addLoss' ? effect.terms : []) {
        const row = table[action] as number[]
        row[state] = (row[state] as number) + amountIn(amount)
      }
    }
    return table
  })
  return { losses: actions.map(({ loss }) => loss.map(amountIn)), added }
}

interface Table {
  readonly losses: Losses
  /** No loss fails. */
  readonly isWhole: boolean
}

/** What vetoes and rules that add losses may leave, first what there is without them. */
function* tablesOf(costs: readonly Costs[], vetoable: readonly number[]): Generator<Table> {
  const [{ added: first } = { added: [] }] = costs
  for (let bits = 0; bits < 1 << (vetoable.length + first.length); bits++) {
    const isChosen = (_: unknown, i: number) => (bits >> i) % 2 === 1
    const vetoed = vetoable.filter(isChosen)
    for (const { losses, added } of costs) {
      const extra = added.filter((_, i) => isChosen(_, vetoable.length + i))
      const raised = losses.map((row, action) =>
        row.map((loss, state) => extra.reduce((sum, table) => sum + (table[action]?.[state] as number), loss)),
      )
      const permitted = raised.filter((row, action) => !vetoed.includes(action) && isCost(row))
      yield { losses: permitted, isWhole: raised.every(isCost) }
    }
  }
}

/** Whether an action can be taken at what it costs, state by state. */
function isCost(row: readonly number[]): boolean {
  return row.every((loss) => loss >= 0 && Number.isFinite(loss))
}

function vetoableActions({ rules }: Decision): readonly number[] {
  const vetoed = rules.flatMap(({ effects }) =>
    effects.flatMap((effect) => (effect.kind === 'veto' ? effect.actions : [])),
  )
  return [...new Set(vetoed)]
}

/** Whether what a rule adds depends on signals or on a proposal, which no case shows all of. */
function hearsAgents({ forEachSignal, effects }: Rule): boolean {
  return forEachSignal || addedBy(effects).some(({ source }) => names(parseExpression(source), AGENTS_WORDS))
}
const AGENTS_WORDS: readonly string[] = ['signals', 'proposal']

function names(node: ASTNode, words: readonly string[]): boolean {
  if (node.op === 'id') return words.includes(node.args)
  return operands(node).some((operand) => names(operand, words))
}

function amountsOf({ actions, rules }: Decision): readonly Expression<number>[] {
  return [...actions.flatMap(({ loss }) => loss), ...rules.flatMap(({ effects }) => addedBy(effects))]
}

function addedBy(effects: Rule['effects']): readonly Expression<number>[] {
  return effects.flatMap((effect) => (effect.kind === 'addLoss' ? effect.terms.map(({ amount }) => amount) : []))
}

function scopesOfCases({ name }: Decision, context: LintContext): readonly Scope[] {
  return context.cases.flatMap(({ decision, facts }) => (decision.name === name ? scopeOf(facts, context) : []))
}

function scopeOf(account: Facts, { now }: LintContext): Scope {
  return { account, signals: [], proposal: null, now: new Date(now) }
}

function distinct<T>(values: readonly T[]): readonly T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()]
}

function shown(amount: number): string {
  return Number(amount.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 20 })
}
