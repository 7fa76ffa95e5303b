import { writeFile } from 'node:fs/promises'
import { lookAt, untilChanged } from '../../app/rule-changes.ts'
import { RulesUnreadable } from '../../app/rule-files.ts'
import { type TestedRules, testRules } from '../../app/test-rules.ts'
import type { Case } from '../../core/rules/cases.ts'
import { CommandError, failureOf } from '../failure.ts'
import { terminalOf } from '../terminal.ts'
import { junitOf } from './junit.ts'
import { countOf } from './problems.ts'
import { asText, asValue, countOfCases, isFailed } from './test-report.ts'

export interface TestOptions {
  readonly format: 'text' | 'json'
  /** Only cases that have it in their name, or their decision's, whatever the case of its letters. */
  readonly name?: string
  readonly watch: boolean
  /** Where to write the results for a build server. */
  readonly junit?: string
}

/**
 * Runs the cases of the rule files of a directory and prints what they came to; with `watch`, again whenever a rule
 * file has changed, until it is interrupted.
 *
 * @throws CommandError where a case fails, there is none, or anything keeps rules or cases from being run
 */
export async function testRuleFiles(directory: string, options: TestOptions): Promise<void> {
  if (options.watch) await testAgainAndAgain(directory, options)
  else await testOnce(directory, options)
}

async function testOnce(directory: string, { format, name, junit }: TestOptions): Promise<void> {
  const tested = await testRules(directory, 'name another directory', name === undefined ? undefined : namedLike(name))
  if (junit !== undefined) await writeReport(junit, junitOf(tested))
  if (format === 'json') console.log(JSON.stringify(asValue(tested), null, 2))
  else for (const text of asText(tested, terminalOf(process.stdout, process.env))) console.log(text)
  const failure = failureIn(tested, directory, name)
  if (failure !== null) throw new CommandError(failure)
  if (format === 'text') console.log(countOfCases(tested.results))
}

function namedLike(name: string): (test: Case) => boolean {
  const wanted = name.toLowerCase()
  return (test) => `${test.decision.name} ${test.name}`.toLowerCase().includes(wanted)
}

function failureIn(tested: TestedRules, directory: string, name: string | undefined): string | null {
  const { problems, results } = tested
  const failures = [
    ...(problems.length > 0 ? [countOf(tested)] : []),
    ...(results.some(isFailed) ? [countOfCases(results)] : []),
  ]
  if (failures.length > 0) return failures.join(', ')
  if (results.length > 0) return null
  if (name !== undefined) return `no case has \`${name}\` in its name; leave out \`-t\` to see all`
  return `no cases in \`${directory}\`; write some into \`<decision>_test.yaml\` beside a decision`
}

async function writeReport(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CommandError(`can't write \`${file}\` (${code}); name another file by --junit`)
  }
}

async function testAgainAndAgain(directory: string, options: TestOptions): Promise<void> {
  const interruption = new AbortController()
  const interrupt = () => interruption.abort()
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    while (!interruption.signal.aborted) {
      const seen = await lookAt(directory)
      // Only a terminal is cleared.
      console.clear()
      await testOnce(directory, options).catch(tell)
      console.error(`\n${new Date().toLocaleTimeString()}, waiting for changes in \`${directory}\`; Ctrl-C ends`)
      await untilChanged(directory, seen, interruption.signal)
    }
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

/** What an edit can mend ends nothing. */
function tell(error: unknown): void {
  if (!(error instanceof CommandError || error instanceof RulesUnreadable)) throw error
  console.error(failureOf(error, {}).message)
}
