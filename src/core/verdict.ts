import type { Autonomy, Disposition, Verdict, VerdictReason } from './model.ts'

const VERDICT_OF: Readonly<Record<VerdictReason, Verdict>> = {
  vetoed: 'deny',
  off_limits: 'deny',
  out_of_scope: 'deny',
  loss_failed: 'ask',
  needs_person: 'ask',
  costlier: 'deny',
  copilot: 'ask',
  recommended: 'allow',
  within_tolerance: 'allow',
}

export interface Judgement {
  /** The proposed action. */
  readonly action: number
  /** Its autonomy, under the caps. */
  readonly autonomy: Autonomy
  readonly verdict: Verdict
  /** All that speak against the proposal, the deciding one first; where none does, why it is allowed. */
  readonly reasons: readonly [VerdictReason, ...VerdictReason[]]
}

/** A proposed action beside the recommendation. */
export interface Contest {
  readonly action: number
  readonly vetoed: boolean
  /** Under the caps. */
  readonly autonomy: Autonomy
  /** Null: it is not known, because the agent's scope failed; a person looks at that anyway. */
  readonly inScope: boolean | null
  readonly disposition: Disposition
  readonly recommended: boolean
  /** Expected losses; null: a loss of the proposed action failed, or no action is permitted. */
  readonly risk: number | null
  readonly leastRisk: number | null
  readonly tolerance: number
}

/** The answer to an agent that wants to take an action. */
export function judge(contest: Contest): Judgement {
  const { action, autonomy, disposition, risk, leastRisk, tolerance } = contest
  const reasons: VerdictReason[] = []
  if (contest.vetoed) reasons.push('vetoed')
  if (autonomy === 'off_limits') reasons.push('off_limits')
  if (contest.inScope === false) reasons.push('out_of_scope')
  if (risk === null) reasons.push('loss_failed')
  if (disposition === 'escalate' || disposition === 'suggest') reasons.push('needs_person')
  if (risk !== null && leastRisk !== null && risk - leastRisk > tolerance) reasons.push('costlier')
  if (autonomy === 'copilot') reasons.push('copilot')
  const [first = contest.recommended ? 'recommended' : 'within_tolerance', ...others] = reasons
  return { action, autonomy, verdict: VERDICT_OF[first], reasons: [first, ...others] }
}
