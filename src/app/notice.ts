import type { Escalation } from '../core/escalation.ts'
import type { NoticeEvent } from '../core/model.ts'
import type { AdjudicationView } from './view.ts'
import { escalationView } from './view.ts'

/** What people and their tools are told: that something happened to an escalation, and how it stands. */
export interface Notice {
  readonly event: NoticeEvent
  /** When it happened, milliseconds since the epoch. */
  readonly at: number
  readonly item: Escalation
  /** Null where it has been erased or is damaged. */
  readonly answer: AdjudicationView | null
  /** The decision in the operator's words. */
  readonly question: string
  readonly url: string
  /** Whether those who are told must not learn what is recommended, since they are to judge for themselves. */
  readonly blind: boolean
}

/** The body of a webhook, in the form of Standard Webhooks. */
export function webhookBody({ event, at, item, answer, url, blind }: Notice): string {
  return JSON.stringify({
    type: event,
    timestamp: new Date(at).toISOString(),
    data: {
      escalation: blind ? withoutAdvice(item) : escalationView(item),
      adjudication: answer && (blind ? { id: answer.id } : adviceOf(answer)),
      url,
    },
  })
}

function adviceOf({ id, summary, recommendation, proposal, regret, beliefs, expectedLoss }: AdjudicationView) {
  return { id, summary, recommendation, proposal, regret, beliefs, expectedLoss }
}

/** The item without what tells the recommendation: the reasons name its autonomy, the regret how sure it is. */
function withoutAdvice(item: Escalation) {
  const { recommended: _, reasons: __, regret: ___, ...rest } = escalationView(item)
  return rest
}
