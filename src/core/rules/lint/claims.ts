import type { Decision } from '../../model.ts'
import type { RuleProblem } from '../problem.ts'
import { didYouMean } from '../suggest.ts'
import { type Check, type ExaminedDecision, warnAtKey } from './examined.ts'

/**
 * States that agents can't speak for, and states that nothing they say tells apart.
 *
 * Keeps silent about a state where a claim points at all the others: whoever says that it is unlikely speaks for it.
 */
export const checkStates: Check = ({ decisions }) =>
  decisions.flatMap((examined) => {
    const { decision, yaml } = examined
    if (decision.claims.size === 0) {
      const message =
        'no claims, so nothing that agents say changes the answer; add what they say, and what it points at'
      return [warnAtKey(yaml, ['claims'], message)]
    }
    return decision.states.flatMap((_, state) => stateProblem(examined, state) ?? [])
  })

function stateProblem({ decision, yaml }: ExaminedDecision, state: number): RuleProblem | null {
  const { states } = decision
  const name = states[state]?.name ?? ''
  const twin = states.findIndex((_, other) => other < state && isToldAlike(decision, other, state))
  if (twin >= 0) {
    const message = `no claim tells \`${name}\` from \`${states[twin]?.name}\`; let one point at only one of them, or make them one state`
    return warnAtKey(yaml, ['states', name], message)
  }
  const claims = [...decision.claims.values()]
  const isSpokenFor = claims.some(({ pointsAt }) => pointsAt.includes(state) || pointsAt.length === states.length - 1)
  if (isSpokenFor || states.some((_, other) => other !== state && isToldAlike(decision, other, state))) return null
  const message = `no claim points at \`${name}\`, so agents speak for it only by denying the others; add a claim that does`
  return warnAtKey(yaml, ['states', name], message)
}

function isToldAlike({ claims }: Decision, a: number, b: number): boolean {
  return [...claims.values()].every(({ pointsAt }) => pointsAt.includes(a) === pointsAt.includes(b))
}

/**
 * Claims that nobody sends, going by all signals of the database and of the cases.
 *
 * Keeps silent without a database: agents do not declare what they say.
 */
export const checkClaims: Check = ({ decisions }, { claims, cases }) => {
  if (claims === null) return []
  const sent = new Set([...claims, ...cases.flatMap(({ signals }) => signals.map(({ claim }) => claim))])
  return decisions.flatMap(({ decision, yaml }) =>
    [...decision.claims.keys()].flatMap((claim) => {
      if (sent.has(claim)) return []
      const message = `no agent has ever sent \`${claim}\`${didYouMean(claim, sent) || '; remove it, or ask whether its agent is connected'}`
      return [warnAtKey(yaml, ['claims', claim], message)]
    }),
  )
}
