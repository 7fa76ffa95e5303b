import type { Kysely } from 'kysely'
import { formatProblem, lackOfDecision, loadingRuleset, type RuleFile, type Ruleset } from '../core/rules/load.ts'
import { testingRuleset } from '../core/rules/test-ruleset.ts'
import {
  type Activation,
  appendActivation,
  appendRelease,
  listActivations,
  lockActivations,
  newestActivation,
  storeRuleset,
} from '../storage/activations.ts'
import type { Database } from '../storage/database.ts'
import { enqueue } from '../storage/outbox.ts'
import { type App, type Page, type Paged, paged } from './app.ts'
import { inTurns } from './in-turns.ts'
import { demand, type Principal } from './principal.ts'
import { Problem } from './problem.ts'
import { failuresOf } from './reload.ts'
import { changesFrom } from './ruleset-diff.ts'
import { endShadowOf } from './shadow.ts'

/** What opens an activation: which set, and in whose name. */
export type NewActivation = Pick<Activation, 'source' | 'by' | 'pinned' | 'restores'>

/**
 * Makes a ruleset the active one, in every process as soon as each hears of it.
 * @param unless decides under the lock whether the set that is active now should stay
 * @returns the activation that counts
 */
export async function activate(
  db: Kysely<Database>,
  ruleset: Ruleset,
  how: NewActivation,
  now: number,
  unless: (current: Activation | undefined) => boolean = (current) => isSame(current, ruleset, how),
): Promise<Activation> {
  return db.transaction().execute(async (trx) => {
    await lockActivations(trx)
    const current = await newestActivation(trx)
    if (current && unless(current)) return current
    await storeRuleset(trx, ruleset.hash, ruleset.content, now)
    const changes = current ? await changesFrom(trx, current.ruleset, ruleset) : []
    await endShadowOf(trx, ruleset, { by: how.by, at: now })
    const activation = await appendActivation(trx, { ...how, at: now, changes, ruleset: ruleset.hash })
    // Leases rest on the rules that allowed them.
    if (current)
      await enqueue(trx, { account: '', topic: 'leases', payload: { activation: activation.sequence }, at: now })
    return activation
  })
}

/** Whether what is active is that set already, pinned or not as it should be. */
export const isSame = (current: Activation | undefined, { hash }: Ruleset, { pinned }: NewActivation): boolean =>
  current?.ruleset === hash && current.pinned === pinned

/**
 * Takes rules that have changed in the directory, unless another set is pinned against it.
 * @returns null where it is
 */
export async function activateDirectory(app: App, ruleset: Ruleset, source: string): Promise<Activation | null> {
  const how = { source, by: source, pinned: false, restores: null }
  const stays = (current?: Activation) => current?.pinned === true || isSame(current, ruleset, how)
  const activation = await announced(app, activate(app.db, ruleset, how, app.now(), stays))
  return activation.ruleset === ruleset.hash ? activation : null
}

/**
 * Stores a ruleset whose cases pass, which answers nothing until it is activated.
 * @throws Problem `invalid_ruleset` with everything that is wrong with it
 */
export async function uploadRuleset(
  app: App,
  principal: Principal,
  files: readonly RuleFile[],
): Promise<{ readonly ruleset: string; readonly warnings: readonly string[] }> {
  demand(principal, 'admin')
  const known = { ruleset: app.rules.active, files: new Map() }
  const { ruleset, problems } = await inTurns(loadingRuleset(files, [], known))
  if (!ruleset) {
    const errors = problems.map((problem) => ({ path: problem.file, message: formatProblem(problem) }))
    throw new Problem('invalid_ruleset', 'the rules do not load; nothing was stored', { errors })
  }
  const [lack] = lackOfDecision(ruleset, files)
  if (lack) {
    const errors = [{ path: lack.file, message: formatProblem(lack) }]
    throw new Problem('invalid_ruleset', 'the rules have no decision; nothing was stored', { errors })
  }
  const failed = failuresOf(await inTurns(testingRuleset(ruleset, files)))
  if (failed.length > 0) {
    const errors = failed.map(({ file, line }) => ({ path: file, message: line }))
    throw new Problem('invalid_ruleset', 'cases of the rules fail; nothing was stored', { errors })
  }
  await storeRuleset(app.db, ruleset.hash, ruleset.content, app.now())
  return { ruleset: ruleset.hash, warnings: problems.map(formatProblem) }
}

/**
 * Makes a stored ruleset the active one and pins it: the directory is not heard until it is released.
 * @param restores of a rollback, the sequence of the activation that it goes back to
 * @throws Problem `not_found`
 */
export async function activateStored(
  app: App,
  principal: Principal,
  hash: string,
  restores: number | null = null,
): Promise<Activation> {
  demand(principal, 'admin')
  const ruleset = await app.rules.byHash(hash)
  const how = { source: 'api', by: principal.name, pinned: true, restores }
  return announced(app, activate(app.db, ruleset, how, app.now()))
}

/**
 * Goes back to the set that was active before, and pins it; the next time to the one before that, and so on: what has
 * been gone back from is not come back to.
 * @throws Problem `not_found` where there was none
 */
export async function rollBack(app: App, principal: Principal): Promise<Activation> {
  demand(principal, 'admin')
  const [current] = await listActivations(app.db, undefined, 1)
  const before = current ? await listActivations(app.db, current.restores ?? current.sequence, LOOKED_BACK) : []
  const previous = before.find(({ ruleset }) => ruleset !== current?.ruleset)
  if (!previous) throw new Problem('not_found', 'no other ruleset has been active before; activate one by its hash')
  return activateStored(app, principal, previous.ruleset, previous.restores ?? previous.sequence)
}
const LOOKED_BACK = 200

/** Lets the directory speak again: what has changed there since others were pinned is taken now. */
export async function releaseRules(app: App, principal: Principal): Promise<Activation> {
  demand(principal, 'admin')
  const released = app.db.transaction().execute(async (trx) => {
    await lockActivations(trx)
    const current = await newestActivation(trx)
    if (!current) throw new Problem('not_found', 'no ruleset has been activated')
    if (current.pinned) await appendRelease(trx, principal.name, app.now())
    return { ...current, pinned: false }
  })
  return announced(app, released)
}

/** Which rules answered when, the newest first. */
export async function listRulesets(app: App, page: Page): Promise<Paged<Activation>> {
  const before = page.cursor === undefined ? undefined : Number(page.cursor)
  const rows = await listActivations(app.db, before, page.limit + 1)
  return paged(
    rows,
    page.limit,
    (row) => row,
    (row) => String(row.sequence),
  )
}

/** Answers with what was activated from now on, in this process, unless it answers with something newer. */
export async function follow({ rules, log }: Pick<App, 'rules' | 'log'>, activation: Activation): Promise<void> {
  const ruleset = await rules.byHash(activation.ruleset)
  const before = rules.active.hash
  rules.follow(activation, ruleset)
  if (rules.active.hash !== before) log.info({ ruleset: ruleset.hash, by: activation.by }, 'other rules answer now')
}

/** Other processes hear of it; whoever asked this one finds it done. */
async function announced(app: App, activation: Promise<Activation>): Promise<Activation> {
  const done = await activation
  app.bell.ring()
  // Where it can't be read, whoever follows it says so.
  await follow(app, done).catch(() => undefined)
  return done
}
