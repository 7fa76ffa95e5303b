import type { Bell } from './bell.ts'
import { onceMore } from './once-more.ts'

/**
 * Looks whenever the bell rings, and by itself after as many milliseconds as the look before said.
 *
 * @param look never throws: it tells of its failures itself
 * @returns what stops it, and resolves when nothing is under way
 */
export function lookOften({ onRing }: Pick<Bell, 'onRing'>, look: () => Promise<number>): () => Promise<void> {
  let timer: NodeJS.Timeout | null = null
  const looking = onceMore(async () => {
    if (timer !== null) clearTimeout(timer)
    timer = setTimeout(looking.ask, await look())
  })
  const stopHearing = onRing(looking.ask)
  looking.ask()
  return async () => {
    stopHearing()
    await looking.stop()
    if (timer !== null) clearTimeout(timer)
  }
}
