import { formatProblem, type Ruleset } from '../core/rules/load.ts'
import { explainFailure } from '../core/rules/run-case.ts'
import { RulesUnreadable } from './rule-files.ts'
import { type TestedRules, testRules } from './test-rules.ts'

/** Rules of a directory that may answer, or why they may not: one line each. */
export type Reloaded = { readonly ruleset: Ruleset } | { readonly refused: readonly string[] }

/** Reads, compiles and tries the rules of a directory: they may answer where every file loads and every case passes. */
export async function reloadRules(directory: string): Promise<Reloaded> {
  let tested: TestedRules
  try {
    tested = await testRules(directory)
  } catch (error) {
    if (error instanceof RulesUnreadable) return { refused: [error.message] }
    throw error
  }
  const { ruleset, problems, results } = tested
  const refused = [
    ...problems.map(formatProblem),
    ...results.flatMap((result) => {
      const { file, line, name } = result.test
      return explainFailure(result).map((reason) => `${file}:${line}: case \`${name}\`: ${reason}`)
    }),
  ]
  return ruleset === null || refused.length > 0 ? { refused } : { ruleset }
}
