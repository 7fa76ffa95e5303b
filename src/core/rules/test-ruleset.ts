import { finish, type Steps } from '../steps.ts'
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
  isMeant?: (test: Case) => boolean,
): TestedRuleset {
  return finish(testingRuleset(ruleset, files, isMeant))
}

/** `testRuleset` in steps, of a case each. */
export function* testingRuleset(
  ruleset: Ruleset,
  files: readonly RuleFile[],
  isMeant: (test: Case) => boolean = () => true,
): Steps<TestedRuleset> {
  const results: CaseResult[] = []
  const problems: RuleProblem[] = []
  for (const file of files.filter(({ path }) => path.endsWith('_test.yaml'))) {
    const parsed = parseCases(file, ruleset)
    problems.push(...parsed.problems)
    for (const test of parsed.cases.filter(isMeant)) {
      yield
      results.push(runCase(ruleset, test))
    }
    yield
  }
  return { results, problems: sortProblems(problems), coverage: coverageOf(ruleset, results) }
}
