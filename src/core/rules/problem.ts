/** Something wrong in a rule file. Lines and columns count from 1, columns in UTF-16 units as editors do. */
export interface RuleProblem {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly severity: 'error' | 'warning'
  /** What is wrong and what would be right; lower case, no full stop. */
  readonly message: string
}

/** As compilers print it, so that editors and CI can jump to it: `rules/x.yaml:12:9 error: unknown fact …`. */
export function formatProblem(problem: RuleProblem): string {
  return `${problem.file}:${problem.line}:${problem.column} ${problem.severity}: ${problem.message}`
}

/** By file, line and column, each said once. */
export function sortProblems(problems: readonly RuleProblem[]): readonly RuleProblem[] {
  const distinct = new Map(problems.map((problem) => [formatProblem(problem), problem]))
  return [...distinct.values()].sort(
    (a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.message, b.message),
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
