import type { Case } from '../cases.ts'
import type { Ruleset, Sources } from '../load.ts'
import { type RuleProblem, sortProblems } from '../problem.ts'

/** What lint knows beside the ruleset. */
export interface LintContext {
  /** The files of the ruleset, as `loadRuleset` gives them. */
  readonly sources: Sources
  /** The cases of its tests; none where there are none. */
  readonly cases: readonly Pick<Case, 'decision' | 'facts' | 'signals'>[]
  /** Milliseconds since the epoch: what has passed does not come again. */
  readonly now: number
  /** Names of facts that accounts have; null: not known. */
  readonly facts: ReadonlySet<string> | null
  /** Claims that agents have sent; null: not known. */
  readonly claims: ReadonlySet<string> | null
}

/**
 * Reads each decision as a whole and says what can't be meant. All problems are warnings. Each check keeps silent where
 * it can't be sure, so that a warning is worth reading.
 */
export function lintRuleset(_ruleset: Ruleset, _context: LintContext): readonly RuleProblem[] {
  return sortProblems([])
}
