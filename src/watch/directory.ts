import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { activateDirectory } from '../app/activation.ts'
import type { App } from '../app/app.ts'
import { reloadRules } from '../app/reload.ts'

/** How often it looks, and for how long nothing may have changed before it reads. Milliseconds. */
const LOOK_EVERY = 100
const QUIET_FOR = 150

/**
 * Takes rules that change in a directory, once it has been quiet for a moment: an editor writes a file in several
 * steps, a deployment several files. What does not load, or fails its cases, is refused: the rules that answered go on
 * answering, and everybody who asks is told why.
 *
 * It looks at names, sizes and times instead of listening, since links into other volumes, network file systems and
 * directories that come and go tell nobody.
 *
 * @param started hash of the rules that were there when the process started
 * @returns what stops it, and resolves when nothing is under way
 */
export function watchDirectory(app: App, directory: string, source: string, started: string): () => Promise<void> {
  const { rules, log } = app
  /** How the directory looked when it was last read. */
  let known = ''
  let last = started
  let seen = ''
  let seenAt = 0
  let running: Promise<void> | null = null
  let stopped = false

  async function look(): Promise<void> {
    const state = await stateOf(directory)
    if (state !== seen) {
      seen = state
      seenAt = performance.now()
    }
    if (state === known || performance.now() - seenAt < QUIET_FOR) return
    const reloaded = await reloadRules(directory)
    // What changed while it was read is looked at again.
    if ((await stateOf(directory)) !== state) return
    known = state
    if ('refused' in reloaded) {
      rules.refuse({ at: app.now(), reasons: reloaded.refused })
      log.error(
        { reasons: reloaded.refused },
        `the rules in \`${directory}\` are refused; the last good ones go on answering`,
      )
      return
    }
    rules.refuse(null)
    if (reloaded.ruleset.hash === last) return
    last = reloaded.ruleset.hash
    const activation = await activateDirectory(app, reloaded.ruleset, source)
    if (activation === null) {
      log.warn(
        { ruleset: rules.active.hash },
        `the rules in \`${directory}\` have changed, but others are pinned; release them first`,
      )
    }
    app.bell.ring()
  }

  const timer = setInterval(() => {
    if (stopped) return
    running ??= look()
      .catch((error) =>
        log.error({ err: error }, `the rules in \`${directory}\` could not be looked at; it is tried again`),
      )
      .finally(() => {
        running = null
      })
  }, LOOK_EVERY)
  return async () => {
    stopped = true
    clearInterval(timer)
    await running
  }
}

/** All that shows from outside whether rule files have changed. */
async function stateOf(directory: string): Promise<string> {
  const names = await readdir(directory).catch(() => null)
  if (names === null) return 'gone'
  const files = names.filter((name) => /\.ya?ml$/.test(name)).sort()
  const states = await Promise.all(
    files.map(async (name) => {
      const found = await stat(path.join(directory, name)).catch(() => null)
      return `${name} ${found?.ino} ${found?.size} ${found?.mtimeMs} ${found?.ctimeMs}`
    }),
  )
  return states.join('\n')
}
