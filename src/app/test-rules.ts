import path from 'node:path'
import type { Case } from '../core/rules/cases.ts'
import type { Coverage } from '../core/rules/coverage.ts'
import { loadRuleset } from '../core/rules/load.ts'
import { sortProblems } from '../core/rules/problem.ts'
import type { CaseResult } from '../core/rules/run-case.ts'
import { testRuleset } from '../core/rules/test-ruleset.ts'
import type { CheckedRules } from './check-rules.ts'
import { inDirectory, readRuleFiles } from './rule-files.ts'

/** Rule files and what their cases came to. `problems` are those that keep rules or cases from being run. */
export interface TestedRules extends CheckedRules {
  readonly results: readonly CaseResult[]
  /** Null unless all cases were run: it means nothing what some of them leave out. */
  readonly coverage: Coverage | null
}

/**
 * Reads and compiles the rule files of a directory and runs their cases. What only looks wrong is for `checkRules`.
 *
 * @param isMeant which cases to run; all where left out
 * @throws RulesUnreadable
 */
export async function testRules(
  directory: string,
  elsewhere?: string,
  isMeant?: (test: Case) => boolean,
): Promise<TestedRules> {
  const { files: read, unread } = await readRuleFiles(directory, elsewhere)
  const files = read.map((file) => ({ ...file, path: path.join(directory, file.path) }))
  const { ruleset, problems } = loadRuleset(files, inDirectory(directory, unread))
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (ruleset === null) return { ruleset, files, problems: errors, results: [], coverage: null }
  const tested = testRuleset(ruleset, files, isMeant)
  const areAll = isMeant === undefined && tested.problems.length === 0
  return {
    ruleset,
    files,
    problems: sortProblems([...errors, ...tested.problems]),
    results: tested.results,
    coverage: areAll ? tested.coverage : null,
  }
}
