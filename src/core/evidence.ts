import type { Agent, Claim } from './model.ts'
import { logit, sigmoid } from './probability.ts'

/** The logarithm of the likelihood ratio of a claim, and the probability or support it came from. */
export interface Evidence {
  readonly calibrated: number
  readonly llr: number
}

/**
 * What a statement adds, in log-odds, to what was believed before of the states that its claim points at.
 *
 * A stated probability counts for as much as it differs from the prior, so that an agent that repeats the prior adds
 * nothing. Support, or a bare claim, counts from ½, so that a bare claim never argues against itself. Kept within
 * ± `cap`: no single agent is certain. Until outcomes teach otherwise, an agent's probability is taken at its word.
 *
 * @param confidence as stated, or null for a bare claim.
 */
export function weighStatement(agent: Agent, claim: Claim, confidence: number | null, cap: number): Evidence {
  const calibrated = confidence ?? agent.defaultConfidence
  const reference = confidence === null ? 0 : neutral(agent, claim)
  const llr = Math.min(Math.max(logit(calibrated) - reference, -cap), cap)
  return { calibrated, llr }
}

/** The confidence that an agent must state for its claim to add `llr`; inverse of `weighStatement` within the cap. */
export function confidenceFor(agent: Agent, claim: Claim, llr: number): number {
  return sigmoid(llr + neutral(agent, claim))
}

/** The log-odds that say nothing new. */
function neutral(agent: Agent, claim: Claim): number {
  return agent.confidence === 'support' ? 0 : logit(claim.priorMass)
}
