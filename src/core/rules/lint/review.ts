import type { Decision } from '../../model.ts'
import type { Scope } from '../expression.ts'
import type { RuleProblem } from '../problem.ts'
import { numberOf, readAmount } from './amount.ts'
import { type Check, type ExaminedDecision, type LintContext, warnAt } from './examined.ts'
import { leastRegret, mostRegret } from './regret.ts'

/** One table of losses, `[action][state]`. */
type Losses = readonly (readonly number[])[]

/** So many cases with different losses, or they show nothing. */
const FEWEST_CASES = 3
/** Actions that rules may veto, all combinations of which are looked at. */
const MOST_VETOABLE = 5

/**
 * A review cost that sends every answer to people, or none for doubt: against the least and the most that a mistake can
 * cost on average, whatever agents say. Where losses depend on facts, for the facts of the cases.
 *
 * Keeps silent where rules add losses, and where losses depend on facts and there are few cases.
 */
export const checkReview: Check = ({ decisions }, context) =>
  decisions.flatMap((examined) => {
    const { decision } = examined
    const addsLoss = decision.rules.some(({ effects }) => effects.some(({ kind }) => kind === 'addLoss'))
    const vetoable = vetoableActions(decision)
    if (addsLoss || vetoable.length > MOST_VETOABLE) return []
    const constant = constantLosses(decision)
    const tables = constant === null ? lossesOfCases(decision, context) : [constant]
    if (constant === null && tables.length < FEWEST_CASES) return []
    return problemOf(examined, tables, vetoable, constant !== null) ?? []
  })

function problemOf(
  { decision, yaml }: ExaminedDecision,
  tables: readonly Losses[],
  vetoable: readonly number[],
  isConstant: boolean,
): RuleProblem | null {
  const { cost } = decision.review
  const permitted = tables.flatMap((losses) => permittedTables(losses, vetoable))
  const most = Math.max(...permitted.map(mostRegret))
  const where = isConstant ? '' : `, in each of the ${tables.length} cases of its tests`
  if (most <= cost) {
    const message = `no doubt ever reaches a person: a mistake costs ${shown(most)} on average at most${where}, and asking costs ${shown(cost)}; lower the cost if that is not meant`
    return warnAt(yaml, ['review', 'cost'], message)
  }
  const least = Math.min(...permitted.map((losses) => leastRegret(losses, decision)))
  if (least > cost) {
    const message = `every answer goes to a person: a mistake costs ${shown(least)} on average at least, whatever agents say${where}, and asking costs ${shown(cost)}; raise the cost if that is not meant`
    return warnAt(yaml, ['review', 'cost'], message)
  }
  return null
}

/** The rows that vetoes may leave, as far as there is still a choice. */
function permittedTables(losses: Losses, vetoable: readonly number[]): readonly Losses[] {
  const combinations = Array.from({ length: 1 << vetoable.length }, (_, bits) =>
    vetoable.filter((_, i) => (bits >> i) % 2 === 1),
  )
  const tables = combinations.map((vetoed) => losses.filter((_, action) => !vetoed.includes(action)))
  const choices = tables.filter((table) => table.length > 1)
  return choices.length > 0 ? choices : [losses]
}

function vetoableActions({ rules }: Decision): readonly number[] {
  const vetoed = rules.flatMap(({ effects }) =>
    effects.flatMap((effect) => (effect.kind === 'veto' ? effect.actions : [])),
  )
  return [...new Set(vetoed)]
}

function constantLosses({ actions }: Decision): Losses | null {
  const losses = actions.map(({ loss }) => loss.map(({ source }) => numberOf(readAmount(source)) ?? Number.NaN))
  return losses.flat().some(Number.isNaN) ? null : losses
}

/** What the actions cost in the cases of a decision, each table once; a case that lacks a fact has none. */
function lossesOfCases(decision: Decision, { cases, now }: LintContext): readonly Losses[] {
  const tables = new Map<string, Losses>()
  for (const one of cases) {
    if (one.decision.name !== decision.name) continue
    const scope: Scope = { account: one.facts, signals: [], proposal: null, now: new Date(now) }
    try {
      const losses = decision.actions.map(({ loss }) => loss.map((expression) => expression.evaluate(scope)))
      if (losses.flat().every((loss) => loss >= 0 && Number.isFinite(loss))) tables.set(JSON.stringify(losses), losses)
    } catch {
      // The case is about a fact that is missing.
    }
  }
  return [...tables.values()]
}

function shown(amount: number): string {
  return Number(amount.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 20 })
}
