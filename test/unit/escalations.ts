import type { Item } from '../../src/cli/escalations/item.ts'
import type { Resolution } from '../../src/core/escalation/escalation.ts'

export const NOW = Date.parse('2026-11-23T09:00:00Z')

/** RFC 3339, so many hours from `NOW`. */
export const later = (hours: number) => new Date(NOW + hours * 3_600_000).toISOString()

/** An escalation as the API gives it. */
export function item(changes: Partial<Item> = {}): Item {
  return {
    id: '019ab000-0000-7000-8000-00005b0af9a1',
    adjudication: '019ab000-0000-7000-8000-000000000001',
    account: 'acme',
    decision: 'expansion-outreach',
    rule: null,
    queue: 'csm',
    kind: 'decision',
    status: 'open',
    priority: 0,
    regret: 59.1,
    dueAt: later(8),
    overdueAt: null,
    recommended: 'send_expansion_email',
    reasons: ['uncertain'],
    proposal: null,
    assignee: null,
    claimedBy: null,
    claimedUntil: null,
    probability: null,
    changes: 0,
    resolution: null,
    openedBy: '019ab000-0000-7000-8000-000000000001',
    createdAt: later(0),
    closedAt: null,
    blind: false,
    ...changes,
  }
}

export function ended(how: Resolution['resolution'], action: string | null, reason: string, by: string): Resolution {
  return {
    resolution: how,
    action,
    recommended: 'send_expansion_email',
    state: null,
    wrongSignals: [],
    reason,
    comment: null,
    by,
    at: later(0),
  }
}
