import type { Decision } from '../../model.ts'
import { maximise } from './simplex.ts'

type Losses = readonly (readonly number[])[]

/** More states than this have too many extreme beliefs to look at each. */
const MOST_STATES = 12
/** What rules may lift a signal's weight to. */
const MOST_WEIGHT = 3

/** Whether no action is the best in each state. */
export function leavesDoubt(losses: Losses): boolean {
  return losses.length > 1 && excessOf(losses).every((row) => row.some((loss) => loss > 0))
}

/** The largest expected cost of error of all beliefs, by linear programming: it is concave in them. */
export function mostRegret(losses: Losses): number {
  const excess = excessOf(losses)
  const size = Math.max(...excess.flat())
  if (!(size > 0)) return 0
  const states = excess[0] as readonly number[]
  // The regret, the beliefs, and for each action what it costs beyond the regret.
  const objective = [1, ...states.map(() => 0), ...excess.map(() => 0)]
  const rows = excess.map((row, action) => [
    -1,
    ...row.map((loss) => loss / size),
    ...excess.map((_, other) => (other === action ? -1 : 0)),
  ])
  const sum = [0, ...states.map(() => 1), ...excess.map(() => 0)]
  const best = maximise(objective, [...rows, sum], [...excess.map(() => 0), 1])
  return (best?.value ?? 0) * size
}

/**
 * The least expected cost of error of all beliefs that agents can bring about, or less; 0 where that can't be told.
 *
 * Together they move the odds of two states by at most cap · weight ÷ ρ in logarithms, since n of them weigh
 * n / (1 + (n − 1)ρ) < 1/ρ. The beliefs within that are a polytope and the regret is concave in them, so that it is
 * least in a corner.
 */
export function leastRegret(losses: Losses, { states, dependence, evidenceCap, rules }: Decision): number {
  if (states.length > MOST_STATES) return 0
  const isLifted = rules.some(({ effects }) => effects.some((effect) => effect.kind === 'weight' && effect.factor > 1))
  const reach = Math.exp((evidenceCap * (isLifted ? MOST_WEIGHT : 1)) / dependence)
  const excess = excessOf(losses)
  let least = Number.POSITIVE_INFINITY
  for (let corner = 0; corner < 1 << states.length; corner++) {
    const masses = states.map(({ prior }, state) => prior * ((corner >> state) % 2 === 1 ? reach : 1))
    const total = masses.reduce((sum, mass) => sum + mass, 0)
    if (!Number.isFinite(total)) return 0
    const risks = excess.map((row) =>
      row.reduce((risk, loss, state) => risk + loss * ((masses[state] as number) / total), 0),
    )
    least = Math.min(least, ...risks)
  }
  return least
}

/** What each action costs more than the best one, state by state. */
function excessOf(losses: Losses): Losses {
  const best = (losses[0] ?? []).map((_, state) => Math.min(...losses.map((row) => row[state] as number)))
  return losses.map((row) => row.map((loss, state) => loss - (best[state] as number)))
}
