import { setImmediate as othersTurn } from 'node:timers/promises'
import type { Steps } from '../core/steps.ts'

/** How long steps are taken before others have their turn. Milliseconds. */
const TURN = 5

/** Takes steps, and lets the process answer in between: nobody waits for longer than a turn and the step that ends it. */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    const end = performance.now() + TURN
    while (performance.now() < end) {
      const step = steps.next()
      if (step.done) return step.value
    }
    await othersTurn()
  }
}
