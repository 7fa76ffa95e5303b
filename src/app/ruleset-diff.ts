import type { Kysely } from 'kysely'
import { diffingRulesets } from '../core/rules/diff.ts'
import type { Ruleset } from '../core/rules/load.ts'
import { findContent } from '../storage/activations.ts'
import type { Database } from '../storage/database.ts'
import { inTurns } from './in-turns.ts'

/** What is new beside a stored ruleset, in words; nothing where that is damaged: `umpire audit verify` says so. */
export async function changesFrom(db: Kysely<Database>, hash: string, ruleset: Ruleset): Promise<readonly string[]> {
  const content = await findContent(db, hash)
  if (content === undefined) return []
  try {
    return (await inTurns(diffingRulesets({ content }, ruleset))).map(({ text }) => text)
  } catch {
    return []
  }
}
