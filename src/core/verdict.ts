import type { Conclusion } from './conclude.ts'
import type { Disposal } from './disposition.ts'
import type { Hearing } from './hear.ts'
import type { Autonomy, Decision, Disposition, Proposal, Verdict, VerdictReason } from './model.ts'

/** What speaks against a proposal, and what then becomes of it. */
const OBJECTIONS = {
  vetoed: 'deny',
  off_limits: 'deny',
  out_of_scope: 'deny',
  decided_by_person: 'deny',
  loss_failed: 'ask',
  needs_person: 'ask',
  costlier: 'deny',
  copilot: 'ask',
} as const satisfies Partial<Record<VerdictReason, Verdict>>
type Objection = keyof typeof OBJECTIONS

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
  /** Whether the recommendation is a person's. */
  readonly ruled: boolean
  readonly disposition: Disposition
  readonly recommended: boolean
  /** Expected losses; null: a loss of the proposed action failed, or no action is permitted. */
  readonly risk: number | null
  readonly leastRisk: number | null
  readonly tolerance: number
}

/** The answer to a proposal; null: there is none, or none of an action that the decision has. */
export function judgeProposal(
  { actions, tolerance }: Decision,
  proposal: Proposal | null,
  { live, effects }: Hearing,
  { risks, best }: Conclusion,
  { disposition, reasons }: Disposal,
): Judgement | null {
  const action = proposal === null ? -1 : actions.findIndex(({ name }) => name === proposal.action)
  if (action === -1) return null
  return judge({
    action,
    vetoed: effects.vetoedBy[action] !== null,
    autonomy: effects.autonomy[action] as Autonomy,
    inScope: live.proposerInScope,
    ruled: reasons.includes('decided_by_person'),
    disposition,
    recommended: action === best,
    risk: risks[action] as number | null,
    leastRisk: best === null ? null : (risks[best] as number),
    tolerance,
  })
}

/** The answer to an agent that wants to take an action. Where a person has decided, that action and no other. */
export function judge(contest: Contest): Judgement {
  const { action, autonomy, ruled, recommended } = contest
  const [first, ...others] = [...bars(contest), ...(ruled ? dissent(contest) : doubts(contest))]
  if (first !== undefined) return { action, autonomy, verdict: OBJECTIONS[first], reasons: [first, ...others] }
  const reason = ruled ? 'decided_by_person' : recommended ? 'recommended' : 'within_tolerance'
  return { action, autonomy, verdict: 'allow', reasons: [reason] }
}

/** What no person's answer moves out of the way. */
function bars({ vetoed, autonomy, inScope }: Contest): readonly Objection[] {
  const bars: Objection[] = []
  if (vetoed) bars.push('vetoed')
  if (autonomy === 'off_limits') bars.push('off_limits')
  if (inScope === false) bars.push('out_of_scope')
  return bars
}

function dissent({ recommended, inScope }: Contest): readonly Objection[] {
  if (!recommended) return ['decided_by_person']
  return inScope === null ? ['needs_person'] : []
}

function doubts({ autonomy, disposition, risk, leastRisk, tolerance }: Contest): readonly Objection[] {
  const doubts: Objection[] = []
  if (risk === null) doubts.push('loss_failed')
  if (disposition === 'escalate' || disposition === 'suggest') doubts.push('needs_person')
  if (risk !== null && leastRisk !== null && risk - leastRisk > tolerance) doubts.push('costlier')
  if (autonomy === 'copilot') doubts.push('copilot')
  return doubts
}
