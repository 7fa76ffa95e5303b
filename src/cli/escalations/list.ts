import type { EscalationStatus } from '../../core/escalation/escalation.ts'
import type { Client } from '../client.ts'
import { type ConnectionOptions, connect, readReviewer } from '../connection.ts'
import { terminalOf } from '../terminal.ts'
import { type Filter, type Item, inOrder, readSome, readWaiting } from './item.ts'
import { demandQueue } from './queues.ts'
import { renderClosed, renderWaiting } from './table.ts'

export interface ListOptions extends ConnectionOptions {
  readonly queue?: string
  /** Left out: what waits for a person. */
  readonly status?: EscalationStatus
  readonly kind: 'decision' | 'sample'
  readonly account?: string
  /** Only what the reviewer holds or should take. */
  readonly mine: boolean
  /** How many at most. */
  readonly limit: number
  readonly json: boolean
}

/** Prints escalations in the order in which people should take them. */
export async function listEscalations(options: ListOptions): Promise<void> {
  const { json, limit } = options
  const client = await connect(options)
  const found = await findItems(client, options)
  const items = found.slice(0, limit)
  if (items.length === 0 && options.queue !== undefined) await demandQueue(client, options.queue)
  if (json) console.log(JSON.stringify(items, null, 2))
  else console.log(rendered(items, options))
  if (found.length > limit) console.error(`these are the first ${limit}; --limit shows more`)
}

function rendered(items: readonly Item[], { kind, status }: ListOptions): string {
  if (items.length === 0) return kind === 'sample' ? 'no samples' : 'no escalations'
  const terminal = terminalOf(process.stdout, process.env)
  const isOver = status !== undefined && status !== 'open' && status !== 'claimed'
  return isOver ? renderClosed(items, terminal) : renderWaiting(items, Date.now(), terminal)
}

/** Up to one more than the limit, which says that there are more. */
async function findItems(client: Client, options: ListOptions): Promise<readonly Item[]> {
  const { queue, kind, account, status, limit } = options
  const filter: Filter = { queue, kind, account, status }
  const read = (wanted: Filter) =>
    status === undefined ? readWaiting(client, wanted, limit + 1) : readSome(client, wanted, limit + 1)
  if (!options.mine) return read(filter)
  const { name, notice } = await readReviewer(client, options)
  if (notice) console.error(notice)
  const theirs = [...(await read({ ...filter, claimedBy: name })), ...(await read({ ...filter, assignee: name }))]
  return [...new Map(theirs.map((item) => [item.id, item])).values()].sort(inOrder)
}
