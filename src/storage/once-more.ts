/** What is asked for, however often, and done one at a time. */
export interface OnceMore {
  /** Has it done from now on: at once, or once more after what is under way, however many ask meanwhile. */
  ask(): void
  /** Nothing is begun any more; resolves when what is under way has ended. */
  stop(): Promise<void>
}

/**
 * For looking at something that changes: whoever says that it has may be too late for the look that is under way, and
 * then there is another.
 *
 * @param look never throws: it tells of its failures itself
 */
export function onceMore(look: () => Promise<void>): OnceMore {
  let running: Promise<void> = Promise.resolve()
  let isRunning = false
  let isAsked = false
  let isStopped = false

  async function run(): Promise<void> {
    isRunning = true
    while (isAsked && !isStopped) {
      isAsked = false
      await look()
    }
    isRunning = false
  }

  return {
    ask() {
      if (isStopped) return
      isAsked = true
      if (!isRunning) running = run()
    },
    async stop() {
      isStopped = true
      await running
    },
  }
}
