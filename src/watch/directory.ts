import { setTimeout as pause } from 'node:timers/promises'
import { activateDirectory } from '../app/activation.ts'
import type { App } from '../app/app.ts'
import { reloadRules } from '../app/reload.ts'
import { lookAt, untilChanged } from '../app/rule-changes.ts'

/**
 * Takes rules that change in a directory, once it has been quiet for a moment. What does not load, or fails its cases,
 * is refused: the rules that answered go on answering, and everybody who asks is told why.
 *
 * @param started hash of the rules that were there when the process started
 * @returns what stops it, and resolves when nothing is under way
 */
export function watchDirectory(app: App, directory: string, source: string, started: string): () => Promise<void> {
  const { rules, log } = app
  const stop = new AbortController()
  let last = started

  async function read(): Promise<void> {
    const reloaded = await reloadRules(directory)
    if ('refused' in reloaded) {
      rules.refuse({ at: app.now(), reasons: reloaded.refused })
      log.error(
        { reasons: reloaded.refused },
        `the rules in \`${directory}\` are refused; the last good ones go on answering`,
      )
      return
    }
    const { ruleset } = reloaded
    if (ruleset.hash !== last) {
      rules.remember(ruleset)
      if ((await activateDirectory(app, ruleset, source)) === null) {
        log.warn(
          { ruleset: rules.active.hash },
          `the rules in \`${directory}\` have changed, but others are pinned; release them first`,
        )
      }
      last = ruleset.hash
      app.bell.ring()
    }
    rules.refuse(null)
  }

  async function watch(): Promise<void> {
    while (!stop.signal.aborted) {
      // What changes while it is read looks otherwise afterwards, and is read again.
      const seen = await lookAt(directory)
      const isRead = await read().then(
        () => true,
        (error) => {
          log.error({ err: error }, `the rules in \`${directory}\` could not be taken; it is tried again`)
          return false
        },
      )
      if (isRead) await untilChanged(directory, seen, stop.signal)
      else await pause(RETRY, undefined, { signal: stop.signal }).catch(() => undefined)
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
