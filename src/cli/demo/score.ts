import { assessStakes, type Losses, leastCostly } from '../../core/cost.ts'
import type { Claim, Decision } from '../../core/model.ts'
import type { Customer, CustomerSignal } from './customers.ts'
import type { Answer } from './replay.ts'

/**
 * How a belief becomes an action: the best one were the likelier state certain (`half`, in two states a cut at ½), the
 * one with the least expected loss (`least`), or that, but a person, who is then right, where regret exceeds what
 * asking costs (`review`).
 */
export const POLICIES = ['half', 'least', 'review'] as const
export type Policy = (typeof POLICIES)[number]

type Spent = Readonly<Record<Policy, number>>

/** What a way to resolve disagreement came to. */
export interface Score {
  readonly name: string
  /** Mean cost per customer. */
  readonly cost: Spent
  /** What it costs more, under `review`, than Umpire on the same customers: mean and its standard error. */
  readonly extra: { readonly mean: number; readonly error: number }
  /** Of the best single agent, which one that is under each policy. */
  readonly who?: Readonly<Record<Policy, string>>
}

/** Umpire first, then what it is measured against. All by the losses of the decision file and what really happened. */
export function score(
  decision: Decision,
  customers: readonly Customer[],
  answers: readonly Answer[],
): readonly Score[] {
  const umpire = customers.map((customer, i) => spentByUmpire(decision, customer, answers[i] as Answer))
  const going = (believe: (customer: Customer) => readonly number[]) =>
    customers.map((customer) => spentOn(decision, customer, believe(customer)))

  const agents = [...new Set(customers.flatMap(({ signals }) => signals.map(({ agent }) => agent)))]
  const alone = agents.map((agent) => ({
    agent,
    spent: going(({ signals }) =>
      mean(
        decision,
        signals.filter((signal) => signal.agent === agent),
        asStated,
      ),
    ),
  }))
  return [
    scored('Umpire', umpire, umpire),
    scored(
      'majority vote',
      going(({ signals }) => mean(decision, signals, asVote)),
      umpire,
    ),
    scored(
      'average probability',
      going(({ signals }) => mean(decision, signals, asStated)),
      umpire,
    ),
    ...(alone.length > 0 ? [bestAlone(alone, umpire)] : []),
  ]
}

function scored(name: string, spent: readonly Spent[], umpire: readonly Spent[]): Score {
  const differences = spent.map(({ review }, i) => review - (umpire[i] as Spent).review)
  const extra = average(differences)
  const variance = average(differences.map((difference) => (difference - extra) ** 2))
  const cost = { half: 0, least: 0, review: 0 }
  for (const policy of POLICIES) cost[policy] = average(spent.map((each) => each[policy]))
  return { name, cost, extra: { mean: extra, error: Math.sqrt(variance / Math.max(spent.length - 1, 1)) } }
}

/** The best of all under each policy, chosen with hindsight: no one could have known, so this is the hardest yardstick. */
function bestAlone(
  alone: readonly { readonly agent: string; readonly spent: readonly Spent[] }[],
  umpire: readonly Spent[],
): Score {
  const scores = alone.map(({ agent, spent }) => scored(agent, spent, umpire))
  const best = (policy: Policy) =>
    scores.reduce((least, other) => (other.cost[policy] < least.cost[policy] ? other : least))
  const [half, least, review] = POLICIES.map(best) as [Score, Score, Score]
  return {
    name: 'best single agent',
    cost: { half: half.cost.half, least: least.cost.least, review: review.cost.review },
    extra: review.extra,
    who: { half: half.name, least: least.name, review: review.name },
  }
}

function spentByUmpire(decision: Decision, customer: Customer, answer: Answer): Spent {
  const { action, disposition } = answer.recommendation
  const beliefs = decision.states.map(({ name }) => answer.beliefs[name] ?? 0)
  const taken = decision.actions.findIndex(({ name }) => name === action)
  const asked = disposition === 'escalate' || disposition === 'suggest'
  // Where nothing is permitted there is nothing to do but ask.
  const least = taken === -1 ? answer.reviewCost : costOf(lossesOf(decision, customer), taken, decision, customer)
  const { half } = spentOn(decision, customer, beliefs)
  return { half, least, review: asked ? answer.reviewCost : least }
}

function spentOn(decision: Decision, customer: Customer, beliefs: readonly number[]): Spent {
  const losses = lossesOf(decision, customer)
  const likelier = beliefs.indexOf(Math.max(...beliefs))
  const certain = beliefs.map((_, s) => (s === likelier ? 1 : 0))
  const best = leastCostly(losses, beliefs) as number
  const least = costOf(losses, best, decision, customer)
  const { regret } = assessStakes(losses, beliefs, best)
  return {
    half: costOf(losses, leastCostly(losses, certain) as number, decision, customer),
    least,
    review: regret > decision.review.cost ? decision.review.cost : least,
  }
}

function lossesOf({ actions }: Decision, { facts }: Customer): Losses {
  const scope = { account: facts, signals: [], proposal: null, now: new Date(0) }
  const loss = actions.map((action) => action.loss.map((expression) => expression.evaluate(scope)))
  return { loss, permitted: actions.map((_, a) => a), failures: [] }
}

function costOf({ loss }: Losses, action: number, { states }: Decision, { state }: Customer): number {
  return loss[action]?.[states.findIndex(({ name }) => name === state)] ?? Number.NaN
}

/** The mean of what signals say about the states; the priors where none says anything. */
function mean(
  decision: Decision,
  signals: readonly CustomerSignal[],
  read: (confidence: number) => number,
): readonly number[] {
  const said = signals.flatMap(({ claim, confidence }) => {
    const mapped = decision.claims.get(claim)
    return mapped === undefined ? [] : [spread(decision, mapped, read(confidence))]
  })
  if (said.length === 0) return decision.states.map(({ prior }) => prior)
  return decision.states.map((_, s) => average(said.map((beliefs) => beliefs[s] as number)))
}

const asStated = (confidence: number) => confidence
const asVote = (confidence: number) => (confidence > 0.5 ? 1 : 0)

/** The probability of a claim over the states that it points at and over the others, in the proportions of the priors. */
function spread({ states }: Decision, { pointsAt, priorMass }: Claim, p: number): readonly number[] {
  return states.map(({ prior }, s) =>
    pointsAt.includes(s) ? (p * prior) / priorMass : ((1 - p) * prior) / (1 - priorMass),
  )
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
