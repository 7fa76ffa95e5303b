import type { EscalationStatus } from '../../core/escalation.ts'
import { spoken } from '../../core/phrases.ts'
import type { Client } from '../client.ts'

/** What the commands need of an escalation, named as over HTTP. */
export interface Item {
  readonly id: string
  readonly account: string
  readonly decision: string
  /** What could not be evaluated, of an item about that. */
  readonly rule: string | null
  readonly kind: 'decision' | 'sample'
  readonly queue: string
  readonly status: EscalationStatus
  readonly priority: number
  readonly regret: number
  readonly dueAt: string
  readonly overdueAt: string | null
  readonly assignee: string | null
  readonly claimedBy: string | null
  readonly claimedUntil: string | null
  /** How often what is asked has changed. */
  readonly changes: number
  /** What is recommended; null: nothing is permitted, or the queue is blind. */
  readonly recommended: string | null
  readonly blind: boolean
  readonly resolution: Resolution | null
  readonly createdAt: string
}

export interface Resolution {
  readonly resolution: 'uphold' | 'override' | 'dismiss' | 'fallback' | 'withdrawn'
  readonly action: string | null
  readonly reason: string
  readonly by: string
}

export interface Filter {
  readonly status?: EscalationStatus | undefined
  readonly queue?: string | undefined
  readonly kind?: 'decision' | 'sample' | undefined
  readonly account?: string | undefined
  readonly claimedBy?: string | undefined
  readonly assignee?: string | undefined
}

/** As many as the API gives at once. */
const PAGE = 200

/** Escalations in the order in which people should take them; pages are read as they are asked for. */
export async function* readItems(client: Client, filter: Filter): AsyncGenerator<Item> {
  let cursor: string | null = null
  do {
    const given = Object.entries({ ...filter, limit: `${PAGE}`, cursor }).filter(([, value]) => value != null)
    const query = new URLSearchParams(given as [string, string][])
    const page = (await client.send('GET', `/v1/escalations?${query}`)) as Page
    yield* page.escalations
    cursor = page.next
  } while (cursor !== null)
}

interface Page {
  readonly escalations: readonly Item[]
  readonly next: string | null
}

export function questionOf({ rule, decision }: Pick<Item, 'rule' | 'decision'>): string {
  return rule === null ? decision : `${rule} fails`
}

/** `expansion-outreach about acme` */
export function subjectOf({ rule, decision, account }: Pick<Item, 'rule' | 'decision' | 'account'>): string {
  return rule === null ? `${decision} about ${account}` : `${rule}, which fails`
}

/** `override: send expansion email` */
export function answerOf({ resolution, status }: Pick<Item, 'resolution' | 'status'>): string {
  if (resolution === null) return status
  const { resolution: how, action } = resolution
  return action === null ? how : `${how}: ${spoken(action)}`
}
