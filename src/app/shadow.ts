import type { Kysely, Transaction } from 'kysely'
import type { Ruleset } from '../core/rules/load.ts'
import { lockActivations, newestActivation, storeRuleset } from '../storage/activations.ts'
import type { Database } from '../storage/database.ts'
import { appendShadowStart, appendShadowStop, newestShadow, type StoredShadow } from '../storage/shadow.ts'
import type { App } from './app.ts'
import { demand, type Principal } from './principal.ts'
import { Problem } from './problem.ts'
import type { Rules, Shadow } from './rules.ts'
import { changesFrom } from './ruleset-diff.ts'

/**
 * Has a stored ruleset answer, unheard, whatever the active one answers, in every process as soon as each hears of it.
 * Where it does so already nothing happens.
 *
 * @throws Problem `not_found`; `shadow_conflict` where it is the active one, or another runs
 */
export async function startShadow(app: App, principal: Principal, hash: string): Promise<void> {
  demand(principal, 'admin')
  const ruleset = await app.rules.byHash(hash)
  await app.db.transaction().execute(async (trx) => {
    await lockActivations(trx)
    const running = await runningShadow(trx)
    if (running?.ruleset === hash) return
    if (running) {
      throw new Problem('shadow_conflict', `\`${running.ruleset}\` runs as a shadow; stop it before you start another`)
    }
    const active = await newestActivation(trx)
    if (active?.ruleset === hash) {
      throw new Problem('shadow_conflict', `\`${hash}\` answers already; start a set that is otherwise`)
    }
    await storeRuleset(trx, hash, ruleset.content, app.now())
    const against = active?.ruleset ?? hash
    const changes = await changesFrom(trx, against, ruleset)
    await appendShadowStart(trx, { ruleset: hash, against, changes, by: principal.name, source: 'api', at: app.now() })
  })
  app.bell.ring()
}

/** Ends the comparison; what it found stays until the next is started. @throws Problem `not_found` where none runs */
export async function stopShadow(app: App, principal: Principal): Promise<void> {
  demand(principal, 'admin')
  await app.db.transaction().execute(async (trx) => {
    await lockActivations(trx)
    const running = await runningShadow(trx)
    if (!running) throw new Problem('not_found', 'no shadow runs')
    await appendShadowStop(trx, running, { at: app.now(), by: principal.name, reason: 'stopped' })
  })
  app.bell.ring()
}

/** Ends the comparison of a set that becomes the active one, in the transaction that makes it so. */
export async function endShadowOf(
  trx: Transaction<Database>,
  { hash }: Ruleset,
  { by, at }: { readonly by: string; readonly at: number },
): Promise<void> {
  const running = await runningShadow(trx)
  if (running?.ruleset === hash) await appendShadowStop(trx, running, { at, by, reason: 'activated' })
}

async function runningShadow(db: Kysely<Database>): Promise<StoredShadow | undefined> {
  const newest = await newestShadow(db)
  return newest?.end === null ? newest : undefined
}

/** The set that runs as a shadow now, compiled. @throws Problem `not_found` where its content is lost; what a damaged one throws */
export async function readShadow(db: Kysely<Database>, rules: Pick<Rules, 'byHash'>): Promise<Shadow | null> {
  const start = await runningShadow(db)
  return start ? { start, ruleset: await rules.byHash(start.ruleset) } : null
}
