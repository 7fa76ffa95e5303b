import { EventSource } from 'eventsource'
import { afterwards } from '../afterwards.ts'
import { eventually } from '../queue/eventually.ts'

export interface Heard {
  readonly id: string
  readonly type: string
  readonly data: any
}

/** A program that follows events, and comes back by itself whenever it is cut off. */
export interface Listener {
  readonly heard: readonly Heard[]
  /** How often it has been connected. */
  readonly connections: number
  /** Resolves once it is connected so often. */
  connected(times?: number): Promise<void>
  /** What it has heard, once it is so much. */
  hears(count: number): Promise<readonly Heard[]>
  close(): void
}

export interface ListenerOptions {
  readonly url: string
  readonly key: string
  readonly query?: string
  readonly lastEventId?: string
  /** Throws for an event that is not as it should be. */
  readonly check?: (event: { readonly type: string }) => void
}

const TYPES = ['adjudication.created', 'adjudication.changed', 'adjudication.resolved', 'lease.revoked', 'stream.late']

export function startListener({ url, key, query = '', lastEventId, check }: ListenerOptions): Listener {
  const heard: Heard[] = []
  let fault: unknown
  let connections = 0
  const source = new EventSource(`${url}/v1/stream?${query}`, {
    fetch: (input, init) =>
      fetch(input, {
        ...init,
        headers: {
          ...(connections === 0 && lastEventId !== undefined && { 'last-event-id': lastEventId }),
          ...(init.headers as Record<string, string>),
          authorization: `Bearer ${key}`,
        },
      }),
  })
  source.addEventListener('open', () => {
    connections += 1
  })
  for (const type of TYPES) {
    source.addEventListener(type, ({ data, lastEventId }) => {
      const one = { id: lastEventId, type, data: JSON.parse(data) }
      heard.push(one)
      try {
        if (!type.startsWith('stream.')) check?.(one.data)
      } catch (error) {
        fault ??= error
      }
    })
  }
  const close = () => source.close()
  afterwards(close)
  return {
    heard,
    get connections() {
      return connections
    },
    connected: (times = 1) => eventually(() => connections >= times),
    async hears(count) {
      await eventually(() => heard.length >= count)
      if (fault) throw fault
      return heard
    },
    close,
  }
}
