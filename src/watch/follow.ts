import { follow } from '../app/activation.ts'
import type { App } from '../app/app.ts'
import { readShadow } from '../app/shadow.ts'
import { newestActivation, newestSequence } from '../storage/activations.ts'
import { onceMore } from '../storage/once-more.ts'
import { isUnavailable } from '../storage/unavailable.ts'

/** How often it looks though no bell has rung, and how soon after one. Milliseconds. */
const LOOK_EVERY = 500
const LOOK_AFTER = 50

/**
 * Answers with whatever ruleset is active in the database, in this process as in every other: it looks whenever the
 * bell rings, and twice a second in case it was not heard. A set that can't be read leaves the last one in place. The
 * shadow set is followed likewise; one that can't be read runs nowhere.
 *
 * @returns what stops it, and resolves when nothing is under way
 */
export function followActivations({
  db,
  rules,
  bell,
  log,
}: Pick<App, 'db' | 'rules' | 'bell' | 'log'>): () => Promise<void> {
  // All is read once more, so that what could not be read at the start is told of.
  let seen = 0
  /** What could not be read is told of once. */
  let complainedOf = 0
  let soon: NodeJS.Timeout | null = null

  async function look(): Promise<void> {
    let newest = seen
    try {
      newest = await newestSequence(db)
      if (newest === seen) return
      const activation = await newestActivation(db)
      if (activation) await follow({ rules, log }, activation)
      await lookForShadow()
      seen = newest
    } catch (error) {
      if (isUnavailable(error) || complainedOf === newest) return
      complainedOf = newest
      log.error({ err: error }, 'the active rules could not be read; the last ones go on answering')
    }
  }

  async function lookForShadow(): Promise<void> {
    try {
      const shadow = await readShadow(db, rules)
      if (shadow?.start.sequence !== rules.shadow?.start.sequence) {
        log.info(
          { ruleset: shadow?.ruleset.hash ?? null },
          shadow ? 'a shadow runs: its answers go to nobody' : 'no shadow runs any more',
        )
      }
      rules.followShadow(shadow)
    } catch (error) {
      if (isUnavailable(error)) throw error
      log.error({ err: error }, 'the shadow set could not be read; it does not run')
      rules.followShadow(null)
    }
  }

  const looking = onceMore(look)
  const stopHearing = bell.onRing(() => {
    soon ??= setTimeout(() => {
      soon = null
      looking.ask()
    }, LOOK_AFTER)
  })
  const timer = setInterval(looking.ask, LOOK_EVERY)
  return async () => {
    stopHearing()
    clearInterval(timer)
    if (soon) clearTimeout(soon)
    await looking.stop()
  }
}
