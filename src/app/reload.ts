import { formatProblem, type Known, type Ruleset } from '../core/rules/load.ts'
import { explainFailure } from '../core/rules/run-case.ts'
import { RulesUnreadable } from './rule-files.ts'
import { testRules } from './test-rules.ts'

/** Rules of a directory that may answer, or why they may not: one line each; and what is known for the next time. */
export type Reloaded = { readonly known: Known } & (
  | { readonly ruleset: Ruleset }
  | { readonly refused: readonly string[] }
)

/** Reads, compiles and tries the rules of a directory: they may answer where every file loads and every case passes. */
export async function reloadRules(directory: string, before: Known): Promise<Reloaded> {
  let tested: Awaited<ReturnType<typeof testRules>>
  try {
    tested = await testRules(directory, undefined, undefined, before)
  } catch (error) {
    if (error instanceof RulesUnreadable) return { refused: [error.message], known: before }
    throw error
  }
  const { ruleset, problems, results, known } = tested
  const refused = [
    ...problems.map(formatProblem),
    ...results.flatMap((result) => {
      const { file, line, name } = result.test
      return explainFailure(result).map((reason) => `${file}:${line}: case \`${name}\`: ${reason}`)
    }),
  ]
  return ruleset === null || refused.length > 0 ? { refused, known } : { ruleset, known }
}
