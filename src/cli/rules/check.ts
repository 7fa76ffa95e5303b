import { checkRules } from '../../app/check-rules.ts'
import { CommandError } from '../failure.ts'
import { terminalOf } from '../terminal.ts'
import type { Format } from './command.ts'
import { countOf, forGitHub, forPeople, forPrograms } from './problems.ts'

export interface CheckOptions {
  readonly format: Format
  readonly strict: boolean
  readonly database: boolean
}

/**
 * Prints everything that is wrong with the rule files of a directory, or looks wrong, and how much it is.
 *
 * @throws CommandError where anything is wrong; where `strict`, also where anything looks wrong
 */
export async function checkRuleFiles(directory: string, { format, strict, database }: CheckOptions): Promise<void> {
  const known = database ? await (await import('./known.ts')).knownToDatabase() : { facts: null, claims: null }
  const checked = await checkRules(directory, { now: Date.now(), ...known }, 'name another directory')
  const count = countOf(checked)
  const failed = checked.problems.some(({ severity }) => strict || severity === 'error')
  switch (format) {
    case 'json':
      console.log(JSON.stringify(forPrograms(checked), null, 2))
      break
    case 'github':
      for (const line of forGitHub(checked.problems)) console.log(line)
      break
    case 'text':
      for (const text of forPeople(checked, terminalOf(process.stdout, process.env))) console.log(text)
  }
  if (failed) throw new CommandError(count)
  if (format !== 'json') console.log(count)
}
