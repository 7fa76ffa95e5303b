import { setTimeout as pause } from 'node:timers/promises'
import { type Client, Refused, Unreachable } from '../client.ts'
import { type ConnectionOptions, connect } from '../connection.ts'
import { terminalOf } from '../terminal.ts'
import { changeLine, changesBetween } from './changes.ts'
import { type Item, readWaiting } from './item.ts'
import { createScreen } from './screen.ts'
import { renderWaiting } from './table.ts'

/** Between two looks. Milliseconds. */
const INTERVAL = 2_000
/** Followed at most; who has more waiting needs a queue to look at. */
const FOLLOWED = 1_000

export interface WatchOptions extends ConnectionOptions {
  readonly queue?: string
}

/**
 * Follows what waits for people until it is interrupted: on a terminal as a table that is drawn anew where it stands,
 * else as a line for each change. A service that is away for a while is waited for.
 */
export async function watchEscalations({ queue, ...connection }: WatchOptions): Promise<void> {
  const interruption = new AbortController()
  const interrupt = () => interruption.abort()
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  const client = await connect(connection, interruption.signal)
  const where = queue === undefined ? 'all queues' : `\`${queue}\``
  const view = process.stdout.isTTY ? tableView(where) : lineView(where, client)
  try {
    await follow(() => readWaiting(client, { queue, kind: 'decision' }, FOLLOWED), view, interruption.signal)
  } catch (error) {
    if (!interruption.signal.aborted) throw error
  } finally {
    view.close()
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

/** Where somebody follows. */
interface View {
  show(items: readonly Item[]): Promise<void>
  /** Once an outage: why nothing is heard at the moment. */
  lost(reason: string): void
  close(): void
}

/** @throws what the first look throws, and whatever else than an outage comes between later ones */
async function follow(look: () => Promise<readonly Item[]>, view: View, interrupted: AbortSignal): Promise<void> {
  await view.show(await look())
  let isLost = false
  for (;;) {
    await pause(INTERVAL, undefined, { signal: interrupted })
    try {
      await view.show(await look())
      isLost = false
    } catch (error) {
      if (!isPassing(error)) throw error
      if (!isLost) view.lost(error instanceof Unreachable ? error.what : (error as Error).message)
      isLost = true
    }
  }
}

/** What is over by itself: a service that restarts, or one that has been asked too often. */
function isPassing(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof Refused && error.status === 429)
}

function tableView(where: string): View {
  const screen = createScreen(process.stdout)
  let items: readonly Item[] = []
  let trouble = ''
  const draw = () => {
    const terminal = terminalOf(process.stdout, process.env)
    const now = Date.now()
    const table = items.length === 0 ? '  nothing waits' : renderWaiting(items, now, terminal)
    const count = items.length === FOLLOWED ? `the first ${FOLLOWED}` : `${items.length}`
    const status = trouble || `${count} in ${where} at ${new Date(now).toLocaleTimeString()}; Ctrl-C ends`
    screen.draw(table, status)
  }
  process.stdout.on('resize', draw)
  return {
    async show(seen) {
      items = seen
      trouble = ''
      draw()
    },
    lost(reason) {
      trouble = `${reason}; waiting for it`
      draw()
    },
    close() {
      process.stdout.off('resize', draw)
      screen.close()
    },
  }
}

function lineView(where: string, client: Client): View {
  let before: readonly Item[] | undefined
  return {
    async show(items) {
      if (before === undefined) console.error(`following ${where}: ${items.length} wait; a line for each change`)
      else {
        const gone = await endings(client, before, items)
        for (const change of changesBetween(before, items, gone)) console.log(changeLine(change, Date.now()))
      }
      before = items
    },
    lost: (reason) => console.error(`${reason}; waiting for it`),
    close: () => {},
  }
}

/** What became of those that wait no more. */
async function endings(client: Client, before: readonly Item[], after: readonly Item[]): Promise<readonly Item[]> {
  const waiting = new Set(after.map(({ id }) => id))
  const gone = before.filter(({ id }) => !waiting.has(id))
  const ends: Item[] = []
  for (const { id } of gone) {
    try {
      ends.push((await client.send('GET', `/v1/escalations/${id}`)) as Item)
    } catch (error) {
      // Of one that has been erased there is nothing to tell.
      if (!(error instanceof Refused) || error.status === 429) throw error
    }
  }
  return ends
}
