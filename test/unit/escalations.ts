import type { Item } from '../../src/cli/escalations/item.ts'

export const NOW = Date.parse('2026-11-23T09:00:00Z')

/** RFC 3339, so many hours from `NOW`. */
export const later = (hours: number) => new Date(NOW + hours * 3_600_000).toISOString()

/** An escalation as the API gives it. */
export function item(changes: Partial<Item> = {}): Item {
  return {
    id: '019ab000-0000-7000-8000-00005b0af9a1',
    account: 'acme',
    decision: 'expansion-outreach',
    rule: null,
    kind: 'decision',
    queue: 'csm',
    status: 'open',
    priority: 0,
    regret: 59.1,
    dueAt: later(8),
    overdueAt: null,
    assignee: null,
    claimedBy: null,
    claimedUntil: null,
    changes: 0,
    recommended: 'send_expansion_email',
    blind: false,
    resolution: null,
    createdAt: later(0),
    ...changes,
  }
}
