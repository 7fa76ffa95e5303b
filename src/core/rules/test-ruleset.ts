import { type Case, parseCases } from './cases.ts'
import { type Coverage, coverageOf } from './coverage.ts'
import type { RuleFile, RuleProblem, Ruleset } from './load.ts'
import { sortProblems } from './problem.ts'
import { type CaseResult, runCase } from './run-case.ts'

/** What the cases of a ruleset came to. */
export interface TestedRuleset {
  /** By file, in the order of the file. */
  readonly results: readonly CaseResult[]
  /** What is wrong with files of cases; of such a file no case is run. */
  readonly problems: readonly RuleProblem[]
  readonly coverage: Coverage
}

/**
 * Runs the cases of all `_test.yaml` among the files.
 * @param isMeant which cases to run
 */
export function testRuleset(
  ruleset: Ruleset,
  files: readonly RuleFile[],
  isMeant: (test: Case) => boolean = () => true,
): TestedRuleset {
  const parsed = files.filter(({ path }) => path.endsWith('_test.yaml')).map((file) => parseCases(file, ruleset))
  const results = parsed.flatMap(({ cases }) => cases.filter(isMeant).map((test) => runCase(ruleset, test)))
  const problems = sortProblems(parsed.flatMap((file) => file.problems))
  return { results, problems, coverage: coverageOf(ruleset, results) }
}
