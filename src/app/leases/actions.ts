import type { App } from '../app.ts'
import { demand, type Principal, speaksFor } from '../principal.ts'
import { Problem } from '../problem.ts'
import { knownAction } from '../question.ts'
import { ownLease } from './redeem.ts'

/** An agent says what it did. */
export interface ActionReport {
  readonly account: string
  readonly decision: string
  readonly action: string
  readonly agent: string
  /** RFC 3339; now where it is left out. */
  readonly at?: string | undefined
  /** Token of the lease on it, where there was one. */
  readonly lease?: string | undefined
}

export interface ReportedAction extends Omit<ActionReport, 'at' | 'lease'> {
  readonly id: string
  readonly at: string
  /** Id of the lease. */
  readonly lease: string | null
  /** Whether it was redeemed before: false counts as acted without leave. */
  readonly followed: boolean
}

/**
 * Takes note of what an agent did, with a lease or without: the figure that says who follows the referee.
 * @throws Problem `unknown_decision`, `unknown_action`, `agent_not_allowed`; `not_found` and `forbidden` of the lease,
 *   `invalid_request` where that is on something else
 */
export async function reportAction(app: App, principal: Principal, report: ActionReport): Promise<ReportedAction> {
  demand(principal, 'adjudications:write')
  const { account, decision, action, agent } = report
  if (!speaksFor(principal, agent)) {
    throw new Problem('agent_not_allowed', `key \`${principal.name}\` does not speak for agent \`${agent}\``)
  }
  knownAction(app.rules.decision(decision), action)
  const lease = report.lease === undefined ? null : await ownLease(app, principal, report.lease)
  if (lease && (lease.decision !== decision || lease.action !== action || lease.agent !== agent)) {
    const on = `\`${lease.action}\` under \`${lease.decision}\` by \`${lease.agent}\``
    throw new Problem('invalid_request', `lease \`${lease.id}\` is on ${on}; report that, or leave \`lease\` out`)
  }
  const reported = await app.desk.submit<ReportedAction>({
    trails: lease ? [account, lease.account] : [account],
    leases: lease ? [lease.id] : [],
    serve(book) {
      const page = book.account(account)
      // By the account that it was on a moment ago: that is an alias since, if it has joined another.
      if (lease && book.account(lease.account) !== page) {
        const on = `lease \`${lease.id}\` is on account \`${lease.account}\``
        throw new Problem('invalid_request', `${on}, not on \`${account}\``)
      }
      const held = lease && (book.lease(lease.id) ?? lease)
      const id = app.newId()
      const at = report.at === undefined ? book.at : new Date(report.at).toISOString()
      const followed = held?.status === 'redeemed'
      const body = { action, agent, at, by: principal.name, decision, followed, id, lease: held?.id ?? null }
      const { sequence } = page.append('action.reported', body)
      const row = {
        id,
        account_id: page.account,
        decision,
        action,
        agent,
        at,
        lease_id: held?.id ?? null,
        followed,
        sequence,
      }
      book.writes.insert('agent_actions', row)
      return { id, account: page.account, decision, action, agent, at, lease: held?.id ?? null, followed }
    },
  })
  app.metrics.acted(decision, reported.followed)
  if (!reported.followed) app.actedWithoutLeave(reported)
  return reported
}
