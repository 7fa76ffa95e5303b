/**
 * Work that is done step by step, so that whoever does it may turn to something else in between. It comes to the same
 * however long the pauses are.
 */
export type Steps<T> = Generator<void, T, void>

/** Takes all steps at once. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}
