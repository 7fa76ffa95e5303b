import type { TestedRules } from '../../app/test-rules.ts'
import { formatProblem, type RuleProblem } from '../../core/rules/problem.ts'
import { type CaseResult, explainFailure } from '../../core/rules/run-case.ts'
import { isFailed } from './test-report.ts'

/**
 * Results as build servers read them: the XML of JUnit, as the schema of Jenkins has it
 * (https://github.com/jenkinsci/xunit-plugin, junit-10.xsd). A suite for each file of cases, and one of errors where
 * files have problems. Without times, so that the same results are the same bytes.
 */
export function junitOf({ results, problems }: TestedRules): string {
  const files = new Set(results.map(({ test }) => test.file))
  const suites = [
    ...(problems.length > 0 ? [problemSuite(problems)] : []),
    ...[...files].map((file) => suiteOf(results.filter(({ test }) => test.file === file))),
  ]
  const counts = countsOf(results.length, results.filter(isFailed).length, problems.length)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="umpire rules test"${counts}>`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n')
}

function suiteOf(results: readonly CaseResult[]): string {
  const [first] = results
  const counts = countsOf(results.length, results.filter(isFailed).length, 0)
  const cases = results.map((result) => {
    const { name, decision, file, line } = result.test
    const place = attributes({ name, classname: decision.name, file, line: String(line) })
    if (!isFailed(result)) return `    <testcase${place}/>`
    const [message = '', ...more] = explainFailure(result)
    const text = [message, ...more, result.answer.summary].join('\n')
    return [
      `    <testcase${place}>`,
      `      <failure${attributes({ type: 'difference', message })}>${escapeXml(text)}</failure>`,
      '    </testcase>',
    ].join('\n')
  })
  return [`  <testsuite${attributes({ name: first?.test.file ?? '' })}${counts}>`, ...cases, '  </testsuite>'].join(
    '\n',
  )
}

function problemSuite(problems: readonly RuleProblem[]): string {
  const cases = problems.map((problem) => {
    const { file, line, column, severity, message } = problem
    const place = attributes({ name: `${file}:${line}:${column}`, classname: 'rule files', file, line: String(line) })
    return [
      `    <testcase${place}>`,
      `      <error${attributes({ type: severity, message })}>${escapeXml(formatProblem(problem))}</error>`,
      '    </testcase>',
    ].join('\n')
  })
  const counts = countsOf(0, 0, problems.length)
  return [`  <testsuite name="rule files"${counts}>`, ...cases, '  </testsuite>'].join('\n')
}

function countsOf(cases: number, failures: number, errors: number): string {
  return attributes({ tests: String(cases + errors), failures: String(failures), errors: String(errors) })
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(value).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')}"`)
    .join('')
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Text for XML 1.0 (https://www.w3.org/TR/xml/#charsets): what it has no place for becomes `�`. */
function escapeXml(text: string): string {
  return text.replace(NOT_XML, '\ufffd').replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '')
}
const NOT_XML = /[^\t\n\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu
