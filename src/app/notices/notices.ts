import type { Escalation } from '../../core/escalation/escalation.ts'
import type { NoticeEvent, Target } from '../../core/queues.ts'
import { findEscalation } from '../../storage/escalations.ts'
import { findNotice, replaceNotice, takeNotice } from '../../storage/notices.ts'
import type { App } from '../app.ts'
import { itemView } from '../escalations/item-view.ts'
import { getAdjudication } from '../history.ts'
import { Problem } from '../problem.ts'
import type { AdjudicationView } from '../view.ts'
import { type Notice, webhookBody } from './notice.ts'
import { GIVE_UP_AFTER } from './schedule.ts'
import { slackBody } from './slack.ts'
import { listeners } from './targets.ts'

/**
 * Makes what is to be sent to all who listen to something that happened, once, however often it is called.
 * @returns ids of the deliveries, to be attempted; none where it was handled before, or nobody listens
 */
export async function handleNotice(app: App, outboxId: number): Promise<readonly string[]> {
  const { db } = app
  const notice = await findNotice(db, outboxId)
  if (!notice) return []
  const item = await findEscalation(db, notice.escalation)
  const told = item ? whoIsTold(app, notice.event, item) : []
  if (!item || told.length === 0) {
    await takeNotice(db, outboxId)
    return []
  }
  const answer = await answerOf(app, item)
  const now = app.now()
  const deliveries = told.map(({ event, target }) => ({
    id: app.newId(),
    account: item.account,
    escalation: item.id,
    subscription: null,
    target: target.id,
    event,
    body: bodyFor(target, noticeOf(app, { event, at: notice.at, item, answer })),
    createdAt: now,
    nextAt: now,
    giveUpAt: now + GIVE_UP_AFTER,
  }))
  return (await replaceNotice(db, outboxId, deliveries)) ? deliveries.map(({ id }) => id) : []
}

interface Telling {
  readonly event: NoticeEvent
  readonly target: Target
}

function whoIsTold({ rules }: App, event: NoticeEvent, item: Escalation): readonly Telling[] {
  return eventsOf(event, item).flatMap((event) =>
    listeners(rules.active.queues, item.queue, event).map((target) => ({ event, target })),
  )
}

/** What has been decided about an escalation answers the adjudication, too. */
function eventsOf(event: NoticeEvent, { resolution }: Escalation): readonly NoticeEvent[] {
  const decided = event === 'escalation.resolved' && resolution !== null && resolution.action !== null
  return decided ? [event, 'adjudication.resolved'] : [event]
}

/** Null where it can't be shown: those who are told can still look at the item. */
async function answerOf(app: App, { adjudication }: Escalation): Promise<AdjudicationView | null> {
  try {
    return await getAdjudication(app, adjudication)
  } catch (error) {
    if (error instanceof Problem && UNREADABLE.has(error.code)) return null
    throw error
  }
}
const UNREADABLE: ReadonlySet<string> = new Set(['not_found', 'redacted', 'damaged'])

function noticeOf(
  app: App,
  { event, at, item, answer }: Pick<Notice, 'event' | 'at' | 'answer'> & { readonly item: Escalation },
): Notice {
  return {
    event,
    at,
    item: itemView(app, item),
    answer,
    question: app.rules.active.decisions.get(item.decision)?.description ?? item.decision,
    url: `${app.publicUrl}/v1/escalations/${item.id}`,
  }
}

function bodyFor({ kind }: Target, notice: Notice): string {
  return kind === 'slack' ? slackBody(notice) : webhookBody(notice)
}
