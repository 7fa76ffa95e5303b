import type { Action, Decision } from '../../model.ts'
import type { RuleProblem } from '../problem.ts'
import { listWords } from '../suggest.ts'
import { type Amount, isNeverNegative, NUMBER, readAmount } from './amount.ts'
import { type Check, type ExaminedDecision, warnAtKey } from './examined.ts'
import { EPSILON, maximise } from './simplex.ts'

/** More numbers than this are not compared: it would take too long. */
const MOST_NUMBERS = 20_000

/**
 * Actions that are never the cheapest, whatever is believed: since in each state some mixture of others costs no more,
 * one of those costs less (Luce & Raiffa 1957, *Games and Decisions*). For losses that are numbers this finds all of
 * them, for others those where it shows in the factors of the same facts.
 *
 * Keeps silent about actions that are off limits, since those may be there to be refused, and compares only with
 * actions that are permitted whatever holds: that no rule vetoes or makes dearer, and no loss of which may be negative.
 */
export const checkDominated: Check = ({ decisions }) =>
  decisions.flatMap((examined) => {
    const { decision } = examined
    const losses = decision.actions.map(({ loss }) => loss.map(({ source }) => readAmount(source)))
    const standing = [...decision.actions.keys()].filter(
      (action) => !isTouched(decision, action) && !mayBeNegative(losses[action] as readonly Amount[]),
    )
    return decision.actions
      .flatMap((action, index) => {
        if (action.autonomy === 'off_limits' || mayBecomeCheaper(decision, index)) return []
        const others = standing.filter((other) => other !== index)
        return dominatedBy(losses, index, others, decision.actions) ?? []
      })
      .map((found) => problemOf(examined, found))
  })

interface Dominated {
  readonly action: Action
  readonly by: readonly Action[]
}

function dominatedBy(
  losses: readonly (readonly Amount[])[],
  index: number,
  others: readonly number[],
  actions: readonly Action[],
): Dominated | null {
  const own = losses[index] as readonly Amount[]
  const compared = [own, ...others.map((other) => losses[other] as readonly Amount[])]
  const parts = [...new Set(compared.flat().flatMap((amount) => [...amount.keys()]))]
  const rowCount = own.length * parts.length + 1
  if (others.length === 0 || rowCount * (rowCount + others.length) > MOST_NUMBERS) return null

  // The shares of the others in the mixture, then what it costs less in each state and part.
  const coordinates = own.flatMap((_, state) => parts.map((part) => ({ state, part })))
  const slack = coordinates.map(({ part }) => isNeverNegative(part, compared))
  const rows = coordinates.map(({ state, part }, i) => {
    const factors = others.map((other) => losses[other]?.[state]?.get(part) ?? 0)
    const right = own[state]?.get(part) ?? 0
    const size = Math.max(Math.abs(right), ...factors.map(Math.abs)) || 1
    const less = coordinates.map((_, j) => (i === j && slack[i] ? 1 : 0))
    return { row: [...factors.map((factor) => factor / size), ...less], right: right / size }
  })
  const shares = [...others.map(() => 1), ...coordinates.map(() => 0)]
  const saved = [...others.map(() => 0), ...coordinates.map(() => 1)]
  const best = maximise(saved, [...rows.map(({ row }) => row), shares], [...rows.map(({ right }) => right), 1])
  if (best === null) return null
  const mixture = others.filter((_, i) => (best.x[i] as number) > EPSILON)
  // Of actions that cost the same in each state, the first is taken.
  const isSame = best.value <= EPSILON * 10
  if (isSame && (mixture.length > 1 || (mixture[0] as number) > index)) return null
  return { action: actions[index] as Action, by: mixture.map((other) => actions[other] as Action) }
}

function problemOf({ yaml }: ExaminedDecision, { action, by }: Dominated): RuleProblem {
  const names = by.map(({ name }) => name)
  const others = listWords(names, 'or')
  const message =
    names.length === 1
      ? `\`${action.name}\` is never the cheapest: ${others} costs no more in any state; mend a loss, or remove the action`
      : `\`${action.name}\` is never the cheapest: whatever is believed, ${others} costs less; mend a loss, or remove the action`
  return warnAtKey(yaml, ['actions', action.name, 'loss'], message)
}

/** An action is not permitted where one of its losses is below 0. */
function mayBeNegative(loss: readonly Amount[]): boolean {
  return loss.some((amount) => [...amount.values()].some((factor) => factor < 0))
}

/** Whether a rule vetoes it or makes it dearer. */
function isTouched({ rules }: Decision, action: number): boolean {
  return rules.some(({ effects }) =>
    effects.some((effect) => {
      if (effect.kind === 'veto') return effect.actions.includes(action)
      return effect.kind === 'addLoss' && effect.terms.some((term) => term.action === action)
    }),
  )
}

/** Whether a rule adds to its losses what may be less than nothing. */
function mayBecomeCheaper({ rules }: Decision, action: number): boolean {
  const terms = rules.flatMap(({ effects }) =>
    effects.flatMap((effect) => (effect.kind === 'addLoss' ? effect.terms : [])),
  )
  return terms.some(
    (term) =>
      term.action === action &&
      [...readAmount(term.amount.source)].some(([part, factor]) => part !== NUMBER || factor < 0),
  )
}
