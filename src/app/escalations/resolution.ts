import {
  type Escalation,
  type EscalationStatus,
  holderOf,
  isWaiting,
  type Resolution,
} from '../../core/escalation/escalation.ts'
import { findEscalation } from '../../storage/escalations.ts'
import type { App } from '../app.ts'
import { getRecord } from '../history.ts'
import { Problem } from '../problem.ts'

/** What became of a question, for whoever asked it. */
export interface ResolutionView {
  readonly adjudication: string
  /** The item that the question became, or joined; null: nobody was asked. */
  readonly escalation: string | null
  readonly status: 'none' | EscalationStatus
  readonly resolution: Pick<Resolution, 'resolution' | 'action' | 'reason' | 'state' | 'by' | 'at'> | null
}

/**
 * Waits until a person has decided, or the item has ended otherwise, but no longer than `limit` milliseconds; then
 * tells how things stand. Comments are by people for people, so they are not told: who asks is mostly an agent.
 *
 * @throws Problem `not_found`; `redacted` where the adjudication has been erased
 */
export async function getResolution(app: App, id: string, limit: number, signal: AbortSignal): Promise<ResolutionView> {
  const record = await getRecord(app, id)
  if (record.escalation === undefined) return { adjudication: id, escalation: null, status: 'none', resolution: null }
  const until = app.now() + limit
  for (let { escalation } = record; ; ) {
    const left = until - app.now()
    const closed: Escalation | null = left > 0 ? await app.waits.untilClosed(escalation, left, signal) : null
    const item: Escalation | undefined = closed ?? (await findEscalation(app.db, escalation))
    if (!item) throw new Problem('damaged', `escalation \`${escalation}\` of adjudication \`${id}\` is not there`)
    // Where accounts have joined, the question goes on in another item.
    const into: string | undefined = item.resolution?.into
    if (into === undefined) {
      return { adjudication: id, escalation, status: statusOf(item, app.now()), resolution: told(item) }
    }
    escalation = into
  }
}

function statusOf(item: Escalation, now: number): EscalationStatus {
  return isWaiting(item) && holderOf(item, now) === null ? 'open' : item.status
}

function told({ resolution }: Escalation): ResolutionView['resolution'] {
  return (
    resolution && {
      resolution: resolution.resolution,
      action: resolution.action,
      reason: resolution.reason,
      state: resolution.state,
      by: resolution.by,
      at: resolution.at,
    }
  )
}
