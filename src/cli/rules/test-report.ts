import type { TestedRules } from '../../app/test-rules.ts'
import type { Coverage, Covered } from '../../core/rules/coverage.ts'
import { type CaseResult, type Difference, failedRules, type Part, showDifference } from '../../core/rules/run-case.ts'
import { type Paints, paints, plain, type Terminal, table, wrap } from '../terminal.ts'
import { forPeople, forPrograms } from './problems.ts'

export function isFailed({ differences }: CaseResult): boolean {
  return differences.length > 0
}

/** `66 cases pass`, or `2 of 66 cases fail`. */
export function countOfCases(results: readonly CaseResult[]): string {
  const failed = results.filter(isFailed).length
  const cases = `${results.length.toLocaleString('en-US')} case${results.length === 1 ? '' : 's'}`
  if (failed === 0) return `${cases} pass${results.length === 1 ? 'es' : ''}`
  return `${failed.toLocaleString('en-US')} of ${cases} fail${failed === 1 ? 's' : ''}`
}

/** Problems of files, cases that fail, and what no case exercises, each with a blank line after it. */
export function asText(tested: TestedRules, terminal: Terminal): readonly string[] {
  const { results, coverage } = tested
  const failures = results.filter(isFailed).map((result) => `${failure(result, terminal)}\n`)
  const exercised = coverage !== null ? [`${coverageTable(coverage, results, terminal)}\n`] : []
  return [...forPeople(tested, terminal), ...failures, ...exercised]
}

/** Name, place, what is otherwise than expected, and why. */
function failure({ test, answer, differences }: CaseResult, terminal: Terminal): string {
  const paint = paints(terminal)
  const columns = [{ head: '' }, { head: 'expected', flexible: true }, { head: 'got', flexible: true }]
  return [
    wrap(`${paint.red('✗')} ${paint.bold(plain(test.name))}`, terminal, '', '  '),
    paint.dim(`  ${plain(`${test.file}:${test.line}`)}`),
    table(
      columns,
      differences.map((difference) => differenceRow(difference, paint)),
      terminal,
    ),
    ...failedRules(answer).map((line) => wrap(plain(line), terminal, '  ', '    ')),
    wrap(`${paint.dim('why')} ${plain(answer.summary)}`, terminal, '  ', '    '),
  ].join('\n')
}

/** Of lists, only what one has and the other has not is coloured. */
function differenceRow(difference: Difference, { green, red }: Paints): readonly string[] {
  const shown = showDifference(difference)
  const cell = (text: string, other: Part, paint: (text: string) => string) => {
    const others = new Set(listOf(other))
    const lines = plain(text).split('\n')
    return lines.map((line) => (others.has(line) ? line : paint(line))).join('\n')
  }
  return [difference.part, cell(shown.expected, difference.got, green), cell(shown.got, difference.expected, red)]
}

function listOf(part: Part): readonly string[] {
  return typeof part === 'object' && part !== null ? part : []
}

function coverageTable({ decisions, shared }: Coverage, results: readonly CaseResult[], terminal: Terminal): string {
  const paint = paints(terminal)
  const casesOf = (name: string, total: number) => {
    const failed = results.filter((result) => isFailed(result) && result.test.decision.name === name).length
    if (failed > 0) return paint.red(`${failed} of ${total} fail`)
    return total === 0 ? paint.yellow('none') : paint.green(`${total} pass`)
  }
  const missed = (rules: Covered, actions: Covered | null) =>
    [listed('rule', rules.missed), listed('action', actions?.missed ?? [])]
      .flatMap((line) => (line === '' ? [] : [paint.yellow(line)]))
      .join('\n')
  const rows = decisions.map(({ decision, cases, rules, actions }) => [
    decision,
    casesOf(decision, cases),
    countOfCovered(rules),
    countOfCovered(actions),
    missed(rules, actions),
  ])
  if (shared.total > 0) rows.push(['_all.yaml', '', countOfCovered(shared), '', missed(shared, null)])
  const columns = [
    { head: 'decision', flexible: true },
    { head: 'cases' },
    { head: 'rules' },
    { head: 'actions' },
    { head: 'no case exercises', flexible: true, least: 17 },
  ]
  return table(columns, rows, terminal)
}

/** `rules a, b` */
function listed(kind: string, names: readonly string[]): string {
  return names.length === 0 ? '' : `${kind}${names.length === 1 ? '' : 's'} ${names.join(', ')}`
}

/** `5 of 6`: so many are exercised. */
function countOfCovered({ total, missed }: Covered): string {
  return total === 0 ? '' : `${total - missed.length} of ${total}`
}

/** The same as a value. */
export function asValue(tested: TestedRules) {
  const { results, coverage } = tested
  const failed = results.filter(isFailed).length
  return {
    ...forPrograms(tested),
    passed: results.length - failed,
    failed,
    cases: results.map(({ test, answer, differences }) => ({
      decision: test.decision.name,
      name: test.name,
      file: test.file,
      line: test.line,
      passed: differences.length === 0,
      differences,
      failedRules: failedRules(answer),
      summary: answer.summary,
    })),
    coverage,
  }
}
