import { type Escalation, isWaiting, standingAt } from '../../core/escalation/escalation.ts'
import { queueOf } from '../../core/queues.ts'
import type { App } from '../app.ts'
import { type AdjudicationView, type EscalationView, escalationView } from '../view.ts'

/** An item as people see it; what a blind queue hides is null. */
export type ItemView = Omit<EscalationView, 'regret' | 'recommended' | 'reasons'> & {
  readonly regret: number | null
  readonly recommended: string | null
  readonly reasons: EscalationView['reasons'] | null
  /** Whether the recommendation is hidden until it is resolved. */
  readonly blind: boolean
}

/** The item as it stands now: a claim that has lapsed is none, whether or not its clock has been looked at. */
export function itemView(app: App, item: Escalation): ItemView {
  const view = escalationView(standingAt(item, app.now()))
  return isHidden(app, item)
    ? { ...view, regret: null, recommended: null, reasons: null, blind: true }
    : { ...view, blind: false }
}

/** Whether the reviewer must not know yet what is recommended, so that their answer is their own. */
export function isHidden(app: App, item: Escalation): boolean {
  return isWaiting(item) && item.rule === null && queueOf(app.rules.active.queues, item.queue).blind
}

export type HiddenAdjudication = ReturnType<typeof hideRecommendation>

/** An answer without what tells the recommendation: of the signals what agents said, of the rules what people wrote. */
export function hideRecommendation(view: AdjudicationView) {
  return {
    ...view,
    summary: null,
    recommendation: null,
    proposal: view.proposal && { ...view.proposal, verdict: null, reasons: null },
    beliefs: null,
    expectedLoss: null,
    regret: null,
    conflict: null,
    signals: view.signals.map(({ id, agent, claim, confidence, ageHours }) => ({
      id,
      agent,
      claim,
      confidence,
      ageHours,
    })),
    flips: null,
    ruling: null,
  }
}
