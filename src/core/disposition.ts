import type { Autonomy, Disposition, Reason, Review } from './model.ts'

const DISPOSITION_OF: Readonly<Record<Reason, Disposition>> = {
  decided_by_person: 'act',
  no_permitted_action: 'escalate',
  rule_error: 'escalate',
  rule: 'escalate',
  people_only: 'escalate',
  uncertain: 'escalate',
  copilot: 'suggest',
  sampled: 'act_and_review',
  supervised: 'act',
  autonomous: 'act',
}

export interface Standing {
  /** Of the recommended action, under the caps; null: no action is permitted. */
  readonly autonomy: Autonomy | null
  /** Whether a person has chosen the action. */
  readonly ruled: boolean
  readonly failed: boolean
  readonly escalated: boolean
  readonly regret: number
}

export interface Disposal {
  readonly disposition: Disposition
  /** All that bring a person in, the deciding one first; where none does, how the action goes ahead. */
  readonly reasons: readonly [Reason, ...Reason[]]
}

/**
 * What may be done with the recommendation.
 *
 * A person is asked when the regret exceeds what asking costs (Chow 1970, *On Optimum Recognition Error and Reject
 * Tradeoff*), and whenever the rules say so; not again where one has decided. What is for people only stays so.
 *
 * @param draw uniform in [0, 1).
 */
export function dispose(
  { autonomy, ruled, failed, escalated, regret }: Standing,
  review: Review,
  draw: number,
): Disposal {
  if (ruled) return listed(autonomy === 'off_limits' ? ['people_only', 'decided_by_person'] : ['decided_by_person'])
  const reasons: Reason[] = []
  if (autonomy === null) reasons.push('no_permitted_action')
  if (failed) reasons.push('rule_error')
  if (escalated) reasons.push('rule')
  if (autonomy === 'off_limits') reasons.push('people_only')
  if (regret > review.cost) reasons.push('uncertain')
  if (autonomy === 'copilot') reasons.push('copilot')
  const [first = unasked(autonomy, review, draw), ...others] = reasons
  return listed([first, ...others])
}

function listed(reasons: Disposal['reasons']): Disposal {
  return { disposition: DISPOSITION_OF[reasons[0]], reasons }
}

function unasked(autonomy: Autonomy | null, review: Review, draw: number): Reason {
  if (autonomy !== 'supervised') return 'autonomous'
  return isSampled(review, draw) ? 'sampled' : 'supervised'
}

/** Whether a supervised action is reviewed afterwards. */
export function isSampled(review: Review, draw: number): boolean {
  return draw < review.sampleRate
}
