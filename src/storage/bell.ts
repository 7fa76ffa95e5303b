import pg from 'pg'
import { onceMore } from './once-more.ts'

/**
 * Wakes every process that waits for something to be committed: relays that publish, long polls that answer. It says
 * that there is something new, not what; who is woken looks. A bell that is not heard delays that until the listener's
 * own slow poll, and so nothing here ever fails.
 */
export interface Bell {
  /** Rings in every process, this one too. Call it after the commit. Calls that come close together ring once. */
  ring(): void
  /** @returns what stops it */
  onRing(listener: () => void): () => void
  close(): Promise<void>
}

export interface BellOptions {
  /** Sends the notification: any connection to the same database. */
  readonly notify: (sql: string) => Promise<unknown>
  /** Makes the connection that listens; with the first listener, and again whenever one breaks. */
  readonly connect: () => pg.Client
  /** Hears, once an outage, that bells of other processes are not heard at the moment. */
  readonly onError: (error: Error) => void
}

const CHANNEL = 'umpire_changes'
const LISTEN = `SET ROLE umpire_app; LISTEN ${CHANNEL}`
/** Before the listening connection is made again, from the first to the longest wait. Milliseconds. */
const RETRY = { first: 100, longest: 5_000 }

export function createBell({ notify, connect, onError }: BellOptions): Bell {
  const listeners = new Set<() => void>()
  let client: pg.Client | null = null
  let connecting: Promise<void> | null = null
  let retry: NodeJS.Timeout | null = null
  let failures = 0
  let closed = false

  const ringing = onceMore(async () => {
    // Where the database does not answer, those who listen poll.
    await notify(`NOTIFY ${CHANNEL}`).catch(() => {})
  })

  function hear(): void {
    for (const listener of listeners) listener()
  }

  function listen(): void {
    if (closed || client !== null || connecting !== null || retry !== null) return
    connecting = open().finally(() => {
      connecting = null
    })
  }

  async function open(): Promise<void> {
    const fresh = connect()
    const onLost = (error: Error) => lose(fresh, error)
    fresh.on('error', onLost)
    fresh.on('end', () => onLost(new Error('the connection has ended')))
    fresh.on('notification', hear)
    client = fresh
    try {
      await fresh.connect()
      await fresh.query(LISTEN)
    } catch (error) {
      return lose(fresh, error as Error)
    }
    failures = 0
    // What was rung before anybody listened is not heard: look once.
    hear()
  }

  function lose(lost: pg.Client, { message }: Error): void {
    if (client !== lost) return
    client = null
    lost.removeAllListeners('notification')
    lost.end().catch(() => {})
    if (closed) return
    // pg hangs the client on the error, its password included: only what happened goes on.
    if (failures === 0) onError(new Error(message))
    const wait = Math.min(RETRY.first * 2 ** failures++, RETRY.longest)
    retry = setTimeout(() => {
      retry = null
      listen()
    }, wait)
  }

  return {
    ring: ringing.ask,
    onRing(listener) {
      listeners.add(listener)
      listen()
      return () => listeners.delete(listener)
    },
    async close() {
      closed = true
      if (retry !== null) clearTimeout(retry)
      listeners.clear()
      await Promise.all([ringing.stop(), connecting])
      const last = client
      client = null
      await last?.end().catch(() => {})
    },
  }
}

/** A connection that only listens. */
export function createListener(connection: pg.ClientConfig): pg.Client {
  return new pg.Client({
    ...connection,
    application_name: 'umpire bell',
    connectionTimeoutMillis: 5_000,
    // A connection that is silently gone shows within seconds and not hours.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  })
}
