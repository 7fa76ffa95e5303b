import { existsSync } from 'node:fs'
import type { Kysely } from 'kysely'
import { readRules } from '../app/rule-files.ts'
import { rulesetFromContent } from '../core/rules/load.ts'
import { bodyOf } from '../storage/chain.ts'
import type { Database } from '../storage/database.ts'
import { BacktestError } from './failure.ts'
import type { Contestant } from './reporting.ts'

/** Names the ruleset that was activated last. */
export const ACTIVE = 'active'

/** `sha256:` and a hash, or the beginning of one; both without the prefix too. */
const HASH = /^(?:sha256:)?([0-9a-f]{8,64})$/

/** Whether a name means a ruleset of the database, not a directory. */
export function isStored(name: string): boolean {
  return name === ACTIVE || name.startsWith('sha256:') || (HASH.test(name) && !existsSync(name))
}

/**
 * The ruleset that a name means.
 * @throws BacktestError where the database has none of that hash, or none was ever active; RulesInvalid, RulesUnreadable
 */
export async function rulesetNamed(db: Kysely<Database> | null, name: string): Promise<Contestant> {
  if (!isStored(name)) return { name, ruleset: await readRules(name, 'name another directory, or a hash') }
  if (db === null)
    throw new BacktestError(`\`${name}\` is in no directory; set UMPIRE_DATA_DIR or DATABASE_URL to where it is`)
  const hash = name === ACTIVE ? await activeHash(db) : await wholeHash(db, name)
  const { content } = await db
    .selectFrom('rulesets')
    .select('content')
    .where('hash', '=', hash)
    .executeTakeFirstOrThrow()
  return { name, ruleset: rulesetFromContent(content) }
}

async function activeHash(db: Kysely<Database>): Promise<string> {
  const row = await db
    .selectFrom('audit_entries as e')
    .innerJoin('audit_payloads as p', (join) =>
      join.onRef('p.stream', '=', 'e.stream').onRef('p.sequence', '=', 'e.sequence'),
    )
    .select('p.payload')
    .where('e.stream', '=', 'rulesets')
    .where('e.kind', '=', 'ruleset.activated')
    .orderBy('e.sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!row) throw new BacktestError('no ruleset was ever active in this database; name a directory with --baseline')
  return bodyOf<{ ruleset: string }>(row.payload).ruleset
}

async function wholeHash(db: Kysely<Database>, name: string): Promise<string> {
  const digits = HASH.exec(name)?.[1]
  if (digits === undefined) {
    throw new BacktestError(`\`${name}\` is no hash; write \`sha256:\` and at least eight of its digits`)
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
    throw new BacktestError(
      `no ruleset \`${name}\` in the database; name a directory, or a hash that GET /v1/ruleset gave`,
    )
  }
  if (other !== undefined) throw new BacktestError(`more than one ruleset begins with \`${name}\`; write more of it`)
  return found
}
