import type { Agent, Claim } from './model.ts'
import { logit, sigmoid } from './probability.ts'

export interface Evidence {
  /** The probability, or the support, that counts. */
  readonly calibrated: number
  /** The log-odds that say nothing new. */
  readonly neutral: number
  /** The logarithm of the likelihood ratio of the claim. */
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
  const neutral = confidence === null || agent.confidence === 'support' ? 0 : logit(claim.priorMass)
  return { calibrated, neutral, llr: llrOf(calibrated, neutral, cap) }
}

export function llrOf(calibrated: number, neutral: number, cap: number): number {
  return Math.min(Math.max(logit(calibrated) - neutral, -cap), cap)
}

/** The confidence that an agent must state for its claim to add `llr`; inverse of `llrOf` within the cap. */
export function confidenceFor(llr: number, neutral: number): number {
  return sigmoid(llr + neutral)
}
