import type { Logger } from 'pino'
import type { Escalation } from '../../core/escalation/escalation.ts'
import type { Bell } from '../../storage/bell.ts'
import { findClosed } from '../../storage/escalations.ts'
import { onceMore } from '../../storage/once-more.ts'
import type { App } from '../app.ts'

/** Callers who wait until a person has decided. One of them all looks, so that ten thousand ask no more than one. */
export interface Waits {
  /** How many wait. */
  readonly size: number
  /**
   * @param limit milliseconds
   * @param signal aborted when nobody waits any more
   * @returns the item, once it has been closed; null: the time is over, or the service stops
   */
  untilClosed(id: string, limit: number, signal: AbortSignal): Promise<Escalation | null>
  /** Ends all waits at once, those to come as well. */
  close(): void
}

export interface WaitsOptions {
  readonly db: App['db']
  readonly bell: Bell
  readonly log: Logger
  /** Milliseconds between two looks where no bell is heard. */
  readonly interval?: number
}

export function createWaits({ db, bell, log, interval = 1_000 }: WaitsOptions): Waits {
  /** By the id of the item that they wait for. */
  const waiting = new Map<string, Set<(item: Escalation | null) => void>>()
  let size = 0
  let ended = false
  let watching: { readonly timer: NodeJS.Timeout; readonly unlisten: () => void } | null = null

  const { ask: look } = onceMore(async () => {
    if (size === 0) return
    try {
      for (const item of await findClosed(db, [...waiting.keys()])) answer(item.id, item)
    } catch (error) {
      log.debug({ reason: (error as Error).message }, 'could not look for resolutions; looking again shortly')
    }
  })

  function answer(id: string, item: Escalation | null): void {
    for (const resolve of waiting.get(id) ?? []) resolve(item)
  }

  function enter(id: string, resolve: (item: Escalation | null) => void): void {
    waiting.set(id, (waiting.get(id) ?? new Set()).add(resolve))
    size += 1
    watching ??= { timer: setInterval(look, interval), unlisten: bell.onRing(look) }
    // It may have been closed before.
    look()
  }

  function leave(id: string, resolve: (item: Escalation | null) => void): void {
    const others = waiting.get(id)
    others?.delete(resolve)
    if (others?.size === 0) waiting.delete(id)
    size -= 1
    if (size > 0 || watching === null) return
    clearInterval(watching.timer)
    watching.unlisten()
    watching = null
  }

  return {
    get size() {
      return size
    },
    async untilClosed(id, limit, signal) {
      if (ended || signal.aborted) return null
      const { promise, resolve } = withResolvers<Escalation | null>()
      const give = () => resolve(null)
      const timer = setTimeout(give, limit)
      signal.addEventListener('abort', give)
      enter(id, resolve)
      try {
        return await promise
      } finally {
        clearTimeout(timer)
        signal.removeEventListener('abort', give)
        leave(id, resolve)
      }
    },
    close() {
      ended = true
      for (const id of waiting.keys()) answer(id, null)
    },
  }
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function withResolvers<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve!: (value: T) => void
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
