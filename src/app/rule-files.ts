import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { formatProblem, loadRuleset, type RuleFile, type RuleProblem, type Ruleset } from '../core/rules/load.ts'

/** Rule files that can't be used; the message has a line for each thing that is wrong. */
export class RulesInvalid extends Error {
  override readonly name = 'RulesInvalid'
  readonly problems: readonly RuleProblem[]
  constructor(problems: readonly RuleProblem[]) {
    super(problems.map(formatProblem).join('\n'))
    this.problems = problems
  }
}

/** A directory that holds no rules, or a file of it that can't be read; the message says what to do. */
export class RulesUnreadable extends Error {
  override readonly name = 'RulesUnreadable'
}

/**
 * Reads and compiles all rule files of a directory, not of those below it.
 * @param elsewhere how whoever runs this names another directory
 * @throws RulesInvalid with everything that is wrong with all of them, RulesUnreadable
 */
export async function readRules(directory: string, elsewhere = 'set UMPIRE_RULES_DIR'): Promise<Ruleset> {
  let names: string[]
  try {
    // The loader has words for what is called .yml.
    names = (await readdir(directory)).filter((name) => /\.ya?ml$/.test(name)).sort()
  } catch (error) {
    throw new RulesUnreadable(`can't read the rules directory \`${directory}\` (${reason(error)}); ${elsewhere}`)
  }
  if (names.length === 0) throw new RulesUnreadable(`no rule file (*.yaml) in \`${directory}\`; ${elsewhere}`)
  const files = await Promise.all(names.map((name) => readRuleFile(directory, name, elsewhere)))
  const { ruleset, problems } = loadRuleset(files)
  if (!ruleset)
    throw new RulesInvalid(problems.map((problem) => ({ ...problem, file: path.join(directory, problem.file) })))
  return ruleset
}

async function readRuleFile(directory: string, name: string, elsewhere: string): Promise<RuleFile> {
  const file = path.join(directory, name)
  try {
    return { path: name, text: await readFile(file, 'utf8') }
  } catch (error) {
    throw new RulesUnreadable(
      `can't read the rule file \`${file}\` (${reason(error)}); mend or remove it, or ${elsewhere}`,
    )
  }
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? message
}
