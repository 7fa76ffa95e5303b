import type { Ruleset } from '../load.ts'
import { type RuleProblem, sortProblems } from '../problem.ts'
import { checkAgents } from './agents.ts'
import { checkCaps } from './caps.ts'
import { checkClaims, checkStates } from './claims.ts'
import { checkConditions } from './conditions.ts'
import { checkContradictions } from './contradictions.ts'
import { checkDominated } from './dominated.ts'
import { type Check, examine, type LintContext } from './examined.ts'
import { checkFacts } from './facts.ts'
import { checkLosses } from './losses.ts'
import { checkNames } from './names.ts'
import { checkPermitted } from './permitted.ts'
import { checkReview } from './review.ts'
import { checkSources } from './sources.ts'

export type { LintContext } from './examined.ts'

const CHECKS: readonly Check[] = [
  checkConditions,
  checkLosses,
  checkPermitted,
  checkDominated,
  checkReview,
  checkContradictions,
  checkCaps,
  checkStates,
  checkClaims,
  checkNames,
  checkFacts,
  checkAgents,
  checkSources,
]

/**
 * Reads each decision as a whole and says what can't be meant. All problems are warnings. Each check keeps silent where
 * it can't be sure, so that a warning is worth reading.
 */
export function lintRuleset(ruleset: Ruleset, context: LintContext): readonly RuleProblem[] {
  const examined = examine(ruleset, context)
  return sortProblems(CHECKS.flatMap((check) => check(examined, context)))
}
