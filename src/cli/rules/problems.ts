import type { CheckedRules } from '../../app/check-rules.ts'
import type { RuleProblem } from '../../core/rules/problem.ts'
import { type Paints, paints, plain, type Terminal } from '../terminal.ts'

/** Columns of a source line beside its number and the frame. */
const LEAST_ROOM = 20

/**
 * Each problem as a compiler would show it, with a blank line after it:
 *
 *     rules/x.yaml:12:9 error: unknown fact `account.ar`; did you mean `account.arr`?
 *       12 │ when: account.ar > 5
 *          │       ^
 */
export function forPeople({ problems, files }: CheckedRules, terminal: Terminal): readonly string[] {
  const lines = new Map(files.map(({ path, text }) => [path, text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)]))
  const paint = paints(terminal)
  return problems.map((problem) => {
    const { file, line, column, severity, message } = problem
    const colour = severity === 'error' ? paint.red : paint.yellow
    const place = paint.bold(plain(`${file}:${line}:${column}`))
    // Not wrapped, so that programs find the message in one line.
    const head = `${place} ${colour(`${severity}:`)} ${plain(message)}`
    const source = lines.get(file)?.[line - 1]
    const excerpt = source === undefined || source.trim() === '' ? [] : excerptOf(source, problem, terminal, paint)
    return [head, ...excerpt, ''].join('\n')
  })
}

/** The line, without its indentation where it is too long for the terminal, and a caret under the place. */
function excerptOf(
  source: string,
  { line, column }: RuleProblem,
  { width }: Terminal,
  paint: Paints,
): readonly string[] {
  const number = String(line)
  const frame = `  ${' '.repeat(number.length)} │ `
  const room = Math.max(width - frame.length, LEAST_ROOM)
  // The place stays in sight, a third of the way in.
  const from =
    source.length <= room ? 0 : Math.max(0, Math.min(column - 1 - Math.floor(room / 3), source.length - room))
  const shown = `${from > 0 ? '…' : ''}${source.slice(from > 0 ? from + 1 : 0, from + room)}`
  const before = shown.slice(0, column - 1 - from)
  const margin = ' '.repeat([...before].length)
  return [
    `${paint.dim(`  ${number} │`)} ${oneLine(shown)}`,
    `${paint.dim(frame.trimEnd())} ${margin}${paint.bold('^')}`,
  ]
}

/** A tab is one column wide here, so that the caret stands where it should. */
function oneLine(text: string): string {
  return plain(text.replaceAll('\t', ' '))
}

/** Annotations of GitHub Actions, shown beside the lines of a change. */
export function forGitHub(problems: readonly RuleProblem[]): readonly string[] {
  return problems.map(({ file, line, column, severity, message }) => {
    const properties = { file: file.replaceAll('\\', '/'), line, col: column }
    const list = Object.entries(properties).map(([name, value]) => `${name}=${inProperty(String(value))}`)
    return `::${severity} ${list.join(',')}::${inData(message)}`
  })
}

/** What would end the message of a workflow command, or begin a value that it is not. */
function inData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function inProperty(text: string): string {
  return inData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

/** The same as a value. `ruleset` is null where the rules can't be used. */
export function forPrograms({ ruleset, problems, files }: CheckedRules) {
  return {
    ruleset: ruleset?.hash ?? null,
    files: files.length,
    errors: countOfSeverity(problems, 'error'),
    warnings: countOfSeverity(problems, 'warning'),
    problems: problems.map(({ file, line, column, severity, message }) => ({ file, line, column, severity, message })),
  }
}

/** `2 errors and 1 warning in 7 files`. */
export function countOf({ problems, files }: CheckedRules): string {
  const unread = problems.filter(({ file }) => !files.some(({ path }) => path === file))
  const read = files.length + new Set(unread.map(({ file }) => file)).size
  const errors = countOfSeverity(problems, 'error')
  const warnings = countOfSeverity(problems, 'warning')
  const counts = [
    ...(errors > 0 ? [counted(errors, 'error')] : []),
    ...(warnings > 0 ? [counted(warnings, 'warning')] : []),
  ]
  return `${counts.join(' and ') || 'nothing wrong'} in ${counted(read, 'file')}`
}

function countOfSeverity(problems: readonly RuleProblem[], which: RuleProblem['severity']): number {
  return problems.filter(({ severity }) => severity === which).length
}

function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`
}
