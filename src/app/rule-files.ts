import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { formatProblem, loadRuleset, type RuleProblem, type Ruleset } from '../core/rules/load.ts'

/** Rule files that can't be used; the message has a line for each thing that is wrong. */
export class RulesInvalid extends Error {
  override readonly name = 'RulesInvalid'
  readonly problems: readonly RuleProblem[]
  constructor(problems: readonly RuleProblem[]) {
    super(problems.map(formatProblem).join('\n'))
    this.problems = problems
  }
}

/** A directory that holds no rules; the message says what to do. */
export class RulesMissing extends Error {
  override readonly name = 'RulesMissing'
}

/**
 * Reads and compiles all rule files of a directory, not of those below it.
 * @throws RulesInvalid with everything that is wrong with all of them, RulesMissing
 */
export async function readRules(directory: string): Promise<Ruleset> {
  let names: string[]
  try {
    names = (await readdir(directory)).filter((name) => name.endsWith('.yaml')).sort()
  } catch (error) {
    throw new RulesMissing(
      `can't read the rules directory \`${directory}\`: ${(error as Error).message}; set UMPIRE_RULES_DIR`,
    )
  }
  if (names.length === 0) throw new RulesMissing(`no rule file (*.yaml) in \`${directory}\`; set UMPIRE_RULES_DIR`)
  const files = await Promise.all(
    names.map(async (name) => ({ path: name, text: await readFile(path.join(directory, name), 'utf8') })),
  )
  const { ruleset, problems } = loadRuleset(files)
  if (!ruleset)
    throw new RulesInvalid(problems.map((problem) => ({ ...problem, file: path.join(directory, problem.file) })))
  return ruleset
}
