import { setTimeout as pause } from 'node:timers/promises'
import { activateDirectory } from '../app/activation.ts'
import type { App } from '../app/app.ts'
import { type Reloaded, reasonsOf, reloadRules } from '../app/reload.ts'
import { lookAt, untilChanged } from '../app/rule-changes.ts'
import { sourceOf } from '../app/rules.ts'
import { hasBeenActive } from '../storage/activations.ts'
import { isUnavailable } from '../storage/unavailable.ts'

/**
 * Takes rules that change in the directory, once it has been quiet for a moment. What does not load, or fails its cases,
 * is refused: the rules that answered go on answering, and everybody who asks is told why.
 *
 * @param started what was there when the process started
 * @returns what stops it, and resolves when nothing is under way
 */
export function watchDirectory(app: App, started: Reloaded): () => Promise<void> {
  const { rules, log } = app
  const directory = rules.directory.path
  const stop = new AbortController()
  let { known } = started
  /** What was taken last; null until it is known whether that was what the directory had at the start. */
  let last: string | null = null
  let isHeld = false

  /** Takes the rules, unless they no longer look as they did: then they are read again when they are quiet. */
  async function take(looked: string): Promise<void> {
    // Of a set that was held back when the process started, too, nobody has taken notice.
    last ??= 'ruleset' in started && (await hasBeenActive(app.db, started.ruleset.hash)) ? started.ruleset.hash : ''
    const reloaded = await reloadRules(directory, known)
    known = reloaded.known
    if ((await lookAt(directory)) !== looked) return
    isHeld = false
    if ('refused' in reloaded) {
      const reasons = reasonsOf(reloaded.refused)
      // At the start, they have been told of.
      const isNews = reasons.join('\n') !== rules.refused?.reasons.join('\n')
      rules.refuse({ at: app.now(), reasons })
      if (isNews)
        log.error({ reasons }, `the rules in \`${directory}\` are refused; the last good ones go on answering`)
      return
    }
    const { ruleset } = reloaded
    if (rules.refused) log.info(`nothing is wrong any more with the rules in \`${directory}\``)
    rules.find(ruleset)
    if (ruleset.hash !== last) {
      isHeld = (await activateDirectory(app, ruleset, sourceOf(rules.directory))) === null
      if (isHeld) {
        log.warn(
          { ruleset: rules.active.hash },
          `the rules in \`${directory}\` have changed, but others are pinned; they are taken when those are released`,
        )
      } else {
        last = ruleset.hash
      }
    }
  }

  async function watch(): Promise<void> {
    let looked = ''
    while (!stop.signal.aborted) {
      looked = await untilChanged(directory, looked, stop.signal, () => isHeld && !rules.activation.pinned)
      if (stop.signal.aborted) return
      try {
        await take(looked)
      } catch (error) {
        const what = isUnavailable(error) ? { reason: (error as Error).message } : { err: error }
        log.error(what, `the rules in \`${directory}\` could not be taken; it is tried again`)
        await pause(RETRY, undefined, { signal: stop.signal }).catch(() => undefined)
        looked = ''
      }
    }
  }

  const watching = watch()
  return async () => {
    stop.abort()
    await watching
  }
}

/** Milliseconds. */
const RETRY = 1_000
