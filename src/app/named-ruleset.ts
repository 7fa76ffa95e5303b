import { existsSync } from 'node:fs'
import type { Kysely } from 'kysely'
import type { Ruleset } from '../core/rules/load.ts'
import { newestActivation } from '../storage/activations.ts'
import type { Database } from '../storage/database.ts'
import { Problem } from './problem.ts'
import { readRules } from './rule-files.ts'
import { storedRuleset } from './rules.ts'

/** Names the ruleset that was activated last. */
export const ACTIVE = 'active'

/** `sha256:` and a hash, or the beginning of one; both without the prefix too. */
const HASH = /^(?:sha256:)?([0-9a-f]{8,64})$/

/** Whether a name means a ruleset of the database, not a directory. */
export function isStored(name: string): boolean {
  return name === ACTIVE || name.startsWith('sha256:') || (HASH.test(name) && !existsSync(name))
}

/**
 * The ruleset that a name means: that of a directory, of a hash or its unambiguous beginning, or the `active` one.
 *
 * @param db null: there is none, so only directories have a name
 * @param instead what to do where no ruleset was ever active
 * @throws Problem `not_found` where the database has none of that hash, or none was ever active; `invalid_request` where
 *   the name is no hash, or that of several; RulesInvalid, RulesUnreadable
 */
export async function rulesetNamed(
  db: Kysely<Database> | null,
  name: string,
  instead = 'name a directory',
): Promise<Ruleset> {
  if (!isStored(name)) return readRules(name, 'name another directory, or a hash')
  if (db === null) {
    throw new Problem('not_found', `\`${name}\` is in no directory; set UMPIRE_DATA_DIR or DATABASE_URL to where it is`)
  }
  const hash = name === ACTIVE ? await activeHash(db, instead) : await wholeHash(db, name)
  return storedRuleset(db, hash)
}

async function activeHash(db: Kysely<Database>, instead: string): Promise<string> {
  const activation = await newestActivation(db)
  if (!activation) throw new Problem('not_found', `no ruleset was ever active in this database; ${instead}`)
  return activation.ruleset
}

async function wholeHash(db: Kysely<Database>, name: string): Promise<string> {
  const digits = HASH.exec(name)?.[1]
  if (digits === undefined) {
    throw new Problem('invalid_request', `\`${name}\` is no hash; write \`sha256:\` and at least eight of its digits`)
  }
  const rows = await db
    .selectFrom('rulesets')
    .select('hash')
    .where('hash', 'like', `sha256:${digits}%`)
    .orderBy('hash')
    .limit(2)
    .execute()
  const [found, other] = rows.map(({ hash }) => hash)
  if (found === undefined) {
    throw new Problem(
      'not_found',
      `no ruleset \`${name}\` in the database; name a directory, or a hash that GET /v1/ruleset gave`,
    )
  }
  if (other !== undefined)
    throw new Problem('invalid_request', `more than one ruleset begins with \`${name}\`; write more of it`)
  return found
}
