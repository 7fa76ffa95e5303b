import { type Disposal, isSampled } from './disposition.ts'
import type { Effects } from './effects.ts'
import type { Handoff, Question, Review } from './model.ts'
import type { Judgement } from './verdict.ts'

/** Where failed expressions go: to those who can mend them. */
const ERROR_QUEUE = 'ops'

/**
 * The case that a person gets, if any: a decision where the recommendation or the proposal waits for one, a sample
 * where one looks at what was done.
 *
 * A proposal can wait though the recommendation need not: an agent that is told to ask finds somebody to answer. Of
 * several rules that escalate, the first that names a queue, the highest priority and the earliest due time count;
 * what none names is the review's. Of an allowed supervised proposal a sample is reviewed, whatever is recommended.
 */
export function handOff(
  { disposition, reasons }: Disposal,
  { escalations }: Effects,
  judgement: Judgement | null,
  review: Review,
  { now, draw }: Question,
): Handoff | null {
  const waits = disposition === 'escalate' || disposition === 'suggest' || judgement?.verdict === 'ask'
  const sampled = disposition === 'act_and_review' || (isAllowedUnderSupervision(judgement) && isSampled(review, draw))
  if (!waits && !sampled) return null
  let queue: string | null = reasons.includes('rule_error') ? ERROR_QUEUE : null
  let priority: number | null = null
  let due: number | null = null
  for (const { effect } of escalations) {
    queue ??= effect.queue
    if (effect.priority !== null) priority = Math.max(priority ?? effect.priority, effect.priority)
    if (effect.due !== null) due = Math.min(due ?? effect.due, effect.due)
  }
  const kind = waits ? 'decision' : 'sample'
  return { kind, queue: queue ?? review.queue, priority: priority ?? 0, dueAt: now + (due ?? review.due) }
}

function isAllowedUnderSupervision(judgement: Judgement | null): boolean {
  return judgement?.verdict === 'allow' && judgement.autonomy === 'supervised'
}
