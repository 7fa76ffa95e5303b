import type { Kysely } from 'kysely'
import type { Ruleset } from '../core/rules/load.ts'
import { hasBeenActive, newestActivation } from '../storage/activations.ts'
import type { Database } from '../storage/database.ts'
import { isUnavailable } from '../storage/unavailable.ts'
import { activate, isSame } from './activation.ts'
import type { App } from './app.ts'
import { type Found, reasonsOf } from './reload.ts'
import { createRules, type Rules, type RulesDirectory, sourceOf, storedRuleset } from './rules.ts'
import { readShadow } from './shadow.ts'

type Parts = Pick<App, 'db' | 'log'>

/**
 * The rules with which a process starts: the set that is active already, unless it was pinned never and the directory's
 * has never been active. So the hosts of a rolling deployment, old directories and new, don't take turns.
 *
 * A directory whose rules are refused changes nothing, at a start as little as later. An active set that this version
 * can't use any more gives way to the directory's.
 *
 * @param found what is in the directory
 * @throws RulesUnreadable, RulesInvalid, CasesFail where that may not answer, and the database has nothing that can
 */
export async function startRules(parts: Parts, found: Found, directory: RulesDirectory, now: number): Promise<Rules> {
  const rules =
    'ruleset' in found
      ? await startWith(parts, found.ruleset, directory, now)
      : await startWithout(parts, found.refused, directory, now)
  // Where it can't be read, whoever follows it says so.
  rules.followShadow(await readShadow(parts.db, rules).catch(() => null))
  return rules
}

async function startWith({ db, log }: Parts, theirs: Ruleset, directory: RulesDirectory, now: number): Promise<Rules> {
  const before = await newestActivation(db)
  const active = before ? await usable(db, before.ruleset, theirs) : null
  const unusable = active instanceof Error ? before?.sequence : undefined
  const isKnown = await hasBeenActive(db, theirs.hash)
  const source = sourceOf(directory)
  const how = { source, by: source, pinned: false, restores: null }
  const activation = await activate(db, theirs, how, now, (current) => {
    const stays = current !== undefined && current.sequence !== unusable && (isKnown || current.pinned)
    return stays || isSame(current, theirs, how)
  })
  if (active instanceof Error) {
    const what = { ruleset: before?.ruleset, reason: active.message }
    log.error(what, `the active rules can't be used any more; those in \`${directory.path}\` answer instead`)
  }
  const compiled = [theirs, active].find((one) => one && 'hash' in one && one.hash === activation.ruleset) as
    | Ruleset
    | undefined
  const ruleset = compiled ?? (await storedRuleset(db, activation.ruleset, theirs))
  const rules = createRules(db, activation, ruleset, directory)
  rules.find(theirs)
  if (ruleset.hash !== theirs.hash) {
    const { path } = directory
    const what = { ruleset: ruleset.hash, directory: theirs.hash }
    log.info(what, `other rules answer than those in \`${path}\`; \`umpire rules activate ${path}\` takes these`)
  }
  return rules
}

async function startWithout({ db, log }: Parts, refused: Error, directory: RulesDirectory, now: number) {
  const activation = await newestActivation(db)
  const active = activation ? await usable(db, activation.ruleset) : null
  if (active instanceof Error)
    log.error({ ruleset: activation?.ruleset, reason: active.message }, "the active rules can't be used any more")
  if (!activation || !active || active instanceof Error) throw refused
  const rules = createRules(db, activation, active, directory)
  const reasons = reasonsOf(refused)
  rules.refuse({ at: now, reasons })
  log.error({ reasons }, `the rules in \`${directory.path}\` are refused; the last good ones go on answering`)
  return rules
}

/** A stored set; or why it can't be used: it is gone, damaged, or this version does not load it any more. */
async function usable(db: Kysely<Database>, hash: string, known?: Ruleset): Promise<Ruleset | Error> {
  if (hash === known?.hash) return known
  try {
    return await storedRuleset(db, hash, known)
  } catch (error) {
    if (isUnavailable(error)) throw error
    return error as Error
  }
}
