import type { Kysely } from 'kysely'
import { diffRulesets } from '../core/rules/diff.ts'
import type { Ruleset } from '../core/rules/load.ts'
import { findContent } from '../storage/activations.ts'
import type { Database } from '../storage/database.ts'

/** What is new beside a stored ruleset, in words; nothing where that is damaged: `umpire audit verify` says so. */
export async function changesFrom(db: Kysely<Database>, hash: string, ruleset: Ruleset): Promise<readonly string[]> {
  const content = await findContent(db, hash)
  if (content === undefined) return []
  try {
    return diffRulesets({ content }, ruleset).map(({ text }) => text)
  } catch {
    return []
  }
}
