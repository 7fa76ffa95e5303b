import type { ItemView } from '../../app/escalations/item-view.ts'
import type { EscalationStatus } from '../../core/escalation/escalation.ts'
import { spoken } from '../../core/phrases.ts'
import type { Client } from '../client.ts'

/** An escalation as the API gives it. */
export type Item = ItemView

export interface Filter {
  readonly status?: EscalationStatus | undefined
  readonly queue?: string | undefined
  readonly kind?: 'decision' | 'sample' | undefined
  readonly account?: string | undefined
  readonly claimedBy?: string | undefined
  readonly assignee?: string | undefined
}

/** What waits for a person: what is open and what somebody holds, up to `limit` of it, in order. */
export async function readWaiting(client: Client, filter: Filter, limit: number): Promise<readonly Item[]> {
  const found = new Map<string, Item>()
  for (const status of ['open', 'claimed'] as const) {
    for (const item of await readSome(client, { ...filter, status }, limit)) found.set(item.id, item)
  }
  return [...found.values()].sort(inOrder).slice(0, limit)
}

/** The first `limit` of a list. */
export async function readSome(client: Client, filter: Filter, limit: number): Promise<readonly Item[]> {
  const items: Item[] = []
  for await (const item of readItems(client, filter)) {
    if (items.push(item) === limit) break
  }
  return items
}

/** By priority, due time, regret, as the API lists them: several of its lists become one. */
export function inOrder(a: Item, b: Item): number {
  return (
    b.priority - a.priority ||
    Date.parse(a.dueAt) - Date.parse(b.dueAt) ||
    (b.regret ?? 0) - (a.regret ?? 0) ||
    (a.id < b.id ? -1 : 1)
  )
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
