import path from 'node:path'
import { parseCases } from '../core/rules/cases.ts'
import { lintRuleset } from '../core/rules/lint/lint.ts'
import { lackOfDecision, loadRuleset, type RuleFile, type RuleProblem, type Ruleset } from '../core/rules/load.ts'
import { sortProblems } from '../core/rules/problem.ts'
import { inDirectory, readRuleFiles } from './rule-files.ts'

export interface CheckedRules {
  /** Null where anything keeps the rules from being used. */
  readonly ruleset: Ruleset | null
  /** All problems of all files, tests too, by file, line and column. */
  readonly problems: readonly RuleProblem[]
  /** Those that could be read. */
  readonly files: readonly RuleFile[]
}

/** What there is beyond the files that can show that they are wrong. */
export interface Surroundings {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Names of facts that accounts have; null: not known. */
  readonly facts: ReadonlySet<string> | null
  /** Claims that agents have sent; null: not known. */
  readonly claims: ReadonlySet<string> | null
}

/**
 * Reads, compiles and examines all rule files of a directory: what is wrong as errors and, where nothing is, what
 * looks wrong as warnings.
 *
 * @throws RulesUnreadable
 */
export async function checkRules(
  directory: string,
  surroundings: Surroundings,
  elsewhere?: string,
): Promise<CheckedRules> {
  const { files, unread } = await readRuleFiles(directory, elsewhere)
  const { ruleset, problems, sources } = loadRuleset(files, unread)
  const lack = ruleset === null ? [] : lackOfDecision(ruleset, files)
  const found = [...problems, ...lack]
  if (ruleset !== null && lack.length === 0) {
    const tests = files.filter((file) => file.path.endsWith('_test.yaml')).map((file) => parseCases(file, ruleset))
    const cases = tests.flatMap((test) => test.cases)
    found.push(...tests.flatMap((test) => test.problems), ...lintRuleset(ruleset, { sources, cases, ...surroundings }))
  }
  return {
    ruleset: lack.length === 0 ? ruleset : null,
    problems: sortProblems(inDirectory(directory, found)),
    files: files.map((file) => ({ ...file, path: path.join(directory, file.path) })),
  }
}
