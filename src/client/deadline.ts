/** The end of a request, whatever it is at: thrown by what is under way then. */
export const TIME_IS_UP = Symbol('time is up')

/** The time that a request may take with all its tries, until its answer has been read. */
export interface Deadline {
  /** For `fetch`, which lets go of the connection. */
  readonly signal: AbortSignal
  /** Milliseconds. */
  left(): number
  /**
   * Waits for the work, but no longer, whether or not it heeds the signal.
   * @throws `TIME_IS_UP`, or the reason of the caller's signal
   */
  within<T>(work: Promise<T>): Promise<T>
  /** @throws as `within` */
  pause(milliseconds: number): Promise<void>
  /** Call it once there is nothing to wait for any more. */
  end(): void
}

/** @param caller not aborted yet; ends it, too */
export function startDeadline(milliseconds: number, caller?: AbortSignal): Deadline {
  const over = new AbortController()
  const { signal } = over
  const endsAt = performance.now() + milliseconds
  const timer = setTimeout(() => over.abort(TIME_IS_UP), milliseconds)
  const callOff = () => over.abort(caller?.reason)
  caller?.addEventListener('abort', callOff)
  const ended = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
  // It may end while nothing is under way.
  ended.catch(() => {})
  const within = <T>(work: Promise<T>): Promise<T> => Promise.race([ended, work])
  return {
    signal,
    left: () => endsAt - performance.now(),
    within,
    async pause(milliseconds) {
      let alarm: ReturnType<typeof setTimeout> | undefined
      try {
        await within(new Promise((resolve) => (alarm = setTimeout(resolve, milliseconds))))
      } finally {
        clearTimeout(alarm)
      }
    },
    end() {
      clearTimeout(timer)
      caller?.removeEventListener('abort', callOff)
    },
  }
}
