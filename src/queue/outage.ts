import type { Logger } from 'pino'

/** Whether a server answers; told once when that ends and once when it begins again, however many notice. */
export interface Outage {
  /** Why the server can't be used, in a few words; null: it answers. */
  readonly reason: string | null
  began(error: unknown): void
  ended(): void
  /** Calls back whenever the server answers, for the first time or again; now, if it does. */
  onEnd(listener: () => void): void
}

/** @param server as the log calls it: `redis` */
export function createOutage(server: string, log: Logger): Outage {
  const listeners: (() => void)[] = []
  let reason: string | null = 'it is being connected to'
  let told = false
  return {
    get reason() {
      return reason
    },
    began(error) {
      reason = error instanceof Error ? error.message || error.name : String(error)
      if (told) return
      told = true
      log.warn({ reason }, `${server} does not answer: notices and clocks wait until it does`)
    },
    ended() {
      if (told) log.info(`${server} answers again`)
      told = false
      if (reason === null) return
      reason = null
      for (const listener of listeners) listener()
    },
    onEnd(listener) {
      listeners.push(listener)
      if (reason === null) listener()
    },
  }
}
