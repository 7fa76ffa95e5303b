import type { NoticeEvent } from '../../core/queues.ts'
import { hideRecommendation, type ItemView } from '../escalations/item-view.ts'
import type { AdjudicationView } from '../view.ts'

/** What people and their tools are told: that something happened to an escalation, and how it stands. */
export interface Notice {
  readonly event: NoticeEvent
  /** When it happened, milliseconds since the epoch. */
  readonly at: number
  /** Where it is `blind`, nobody is told what is recommended. */
  readonly item: ItemView
  /** Null where it has been erased or is damaged. */
  readonly answer: AdjudicationView | null
  /** The decision in the operator's words. */
  readonly question: string
  readonly url: string
}

/** The body of a webhook, in the form of Standard Webhooks. What a blind queue hides is null. */
export function webhookBody({ event, at, item, answer, url }: Notice): string {
  return JSON.stringify({
    type: event,
    timestamp: new Date(at).toISOString(),
    data: { escalation: item, adjudication: answer && adviceOf(item.blind ? hideRecommendation(answer) : answer), url },
  })
}

function adviceOf(answer: AdjudicationView | ReturnType<typeof hideRecommendation>) {
  const { id, summary, recommendation, proposal, regret, beliefs, expectedLoss } = answer
  return { id, summary, recommendation, proposal, regret, beliefs, expectedLoss }
}
