import type { Surroundings } from '../../app/check-rules.ts'
import { usedWords } from '../../storage/vocabulary.ts'
import { failureOf } from '../failure.ts'
import { withStore } from '../store.ts'

const PATIENCE = 20_000

/**
 * The facts and claims that the database of this environment knows; null where it knows none yet. Rules can be checked
 * without it: where it can't be read a line on stderr says so, and nothing is known.
 */
export async function knownToDatabase(): Promise<Pick<Surroundings, 'facts' | 'claims'>> {
  try {
    const { facts, claims } = await withStore({}, ({ db }) => usedWords(db, PATIENCE))
    return { facts: facts.size > 0 ? facts : null, claims: claims.size > 0 ? claims : null }
  } catch (error) {
    const { message } = failureOf(error, {})
    console.error(`${message}; checked without it`)
    return { facts: null, claims: null }
  }
}
