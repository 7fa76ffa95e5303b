import { readdir, realpath } from 'node:fs/promises'
import path from 'node:path'
import { formatProblem, loadRuleset, type RuleFile, type RuleProblem, type Ruleset } from '../core/rules/load.ts'
import { readRuleFile } from './rule-file.ts'

/** Rule files that can't be used; the message has a line for each thing that is wrong. */
export class RulesInvalid extends Error {
  override readonly name = 'RulesInvalid'
  readonly problems: readonly RuleProblem[]
  constructor(problems: readonly RuleProblem[]) {
    super(problems.map(formatProblem).join('\n'))
    this.problems = problems
  }
}

/** A directory that holds no rules or can't be read; the message says what to do. */
export class RulesUnreadable extends Error {
  override readonly name = 'RulesUnreadable'
}

/** The YAML files of a directory, tests among them. Files are named as they are called in it. */
export interface RuleFiles {
  readonly files: readonly RuleFile[]
  /** Why others can't be read. */
  readonly unread: readonly RuleProblem[]
}

/** Of a directory with more, one may think that it was not meant. */
const MOST_FILES = 1000

/**
 * Reads all rule files of a directory, not of those below it.
 * @param elsewhere how whoever runs this names another directory
 * @throws RulesUnreadable
 */
export async function readRuleFiles(directory: string, elsewhere = 'set UMPIRE_RULES_DIR'): Promise<RuleFiles> {
  let root: string
  let names: string[]
  try {
    root = await realpath(directory)
    // The loader has words for what is called .yml.
    names = (await readdir(root)).filter((name) => /\.ya?ml$/.test(name)).sort()
  } catch (error) {
    throw new RulesUnreadable(`can't read the rules directory \`${directory}\` (${reason(error)}); ${elsewhere}`)
  }
  if (names.length === 0) throw new RulesUnreadable(`no rule file (*.yaml) in \`${directory}\`; ${elsewhere}`)
  if (names.length > MOST_FILES)
    throw new RulesUnreadable(
      `${names.length} YAML files in \`${directory}\`, at most ${MOST_FILES} are read; ${elsewhere}`,
    )
  const read = await Promise.all(names.map((name) => readRuleFile(root, name)))
  return { files: read.filter((one) => 'text' in one), unread: read.filter((one) => 'message' in one) }
}

/**
 * Reads and compiles all rule files of a directory.
 * @param elsewhere how whoever runs this names another directory
 * @throws RulesInvalid with everything that is wrong with all of them, RulesUnreadable
 */
export async function readRules(directory: string, elsewhere?: string): Promise<Ruleset> {
  const { files, unread } = await readRuleFiles(directory, elsewhere)
  const { ruleset, problems } = loadRuleset(files, unread)
  if (ruleset === null) throw new RulesInvalid(inDirectory(directory, problems))
  return ruleset
}

/** Problems with the paths of their files. */
export function inDirectory(directory: string, problems: readonly RuleProblem[]): readonly RuleProblem[] {
  return problems.map((problem) => ({ ...problem, file: path.join(directory, problem.file) }))
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? message
}
