import { formatProblem, type Known, type Ruleset } from '../core/rules/load.ts'
import { explainFailure } from '../core/rules/run-case.ts'
import type { TestedRuleset } from '../core/rules/test-ruleset.ts'
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
  const { ruleset, known } = tested
  const refused = failuresOf(tested).map(({ line }) => line)
  return ruleset === null || refused.length > 0 ? { refused, known } : { ruleset, known }
}

/** Why rules may not answer, a line each with its file. */
export function failuresOf({
  problems,
  results,
}: Pick<TestedRuleset, 'problems' | 'results'>): readonly { readonly file: string; readonly line: string }[] {
  return [
    ...problems.map((problem) => ({ file: problem.file, line: formatProblem(problem) })),
    ...results.flatMap((result) => {
      const { file, line, name } = result.test
      return explainFailure(result).map((reason) => ({ file, line: `${file}:${line}: case \`${name}\`: ${reason}` }))
    }),
  ]
}
