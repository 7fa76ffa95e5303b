import path from 'node:path'
import type { Decision } from '../core/model.ts'
import {
  formatProblem,
  type Known,
  lackOfDecision,
  loadingRuleset,
  type RuleFile,
  type Ruleset,
} from '../core/rules/load.ts'
import { explainFailure } from '../core/rules/run-case.ts'
import { type TestedRuleset, testingRuleset } from '../core/rules/test-ruleset.ts'
import { inTurns } from './in-turns.ts'
import { inDirectory, type RuleFiles, RulesInvalid, RulesUnreadable, readRuleFiles } from './rule-files.ts'

/** Rules of a directory that may answer, or why they may not. */
export type Found = { readonly ruleset: Ruleset } | { readonly refused: RulesUnreadable | RulesInvalid | CasesFail }

export type Reloaded = Found & { readonly known: Reloadable }

/** Rules that load, but fail their cases; the message has a line for each thing that is otherwise. */
export class CasesFail extends Error {
  override readonly name = 'CasesFail'
}

/** Why rules are refused, one line each. */
export const reasonsOf = ({ message }: Error): readonly string[] => message.split('\n')

/** What earlier reloads have found out, so that the next need not. */
export interface Reloadable {
  readonly rules: Known
  /** Files of cases that all passed, by path. */
  readonly passed: ReadonlyMap<string, Passed>
}

/** All that the outcome of a file of cases depends on. */
interface Passed {
  readonly text: string
  readonly decision: Decision
  readonly agents: Ruleset['agents']
}

const NOTHING: Reloadable = { rules: { ruleset: null, files: new Map() }, passed: new Map() }

/** Reads, compiles and tries the rules of a directory: they may answer where every file loads and every case passes. */
export async function reloadRules(directory: string, known: Reloadable = NOTHING): Promise<Reloaded> {
  let read: RuleFiles
  try {
    read = await readRuleFiles(directory)
  } catch (error) {
    if (error instanceof RulesUnreadable) return { refused: error, known }
    throw error
  }
  const files = read.files.map((file) => ({ ...file, path: path.join(directory, file.path) }))
  const loaded = await inTurns(loadingRuleset(files, inDirectory(directory, read.unread), known.rules))
  const { ruleset, problems, known: rules } = loaded
  if (ruleset === null) return { refused: new RulesInvalid(problems), known: { ...known, rules } }
  const lack = lackOfDecision(ruleset, files)
  if (lack.length > 0) return { refused: new RulesInvalid(lack), known: { ...known, rules } }
  const { failures, passed } = await runCases(ruleset, files, known.passed)
  const next = { known: { rules, passed } }
  return failures.length > 0 ? { ...next, refused: new CasesFail(failures.join('\n')) } : { ...next, ruleset }
}

/** Runs all cases but those that passed before and can come to nothing else now. */
async function runCases(ruleset: Ruleset, files: readonly RuleFile[], before: Reloadable['passed']) {
  const { agents, decisions } = ruleset
  const passed = new Map<string, Passed>()
  for (const { path, text } of files) {
    const known = before.get(path)
    if (known?.text === text && known.agents === agents && known.decision === decisions.get(known.decision.name))
      passed.set(path, known)
  }
  const others = files.filter(({ path }) => !passed.has(path))
  const tested = await inTurns(testingRuleset(ruleset, others))
  const failures = failuresOf(tested)
  const failed = new Set(failures.map(({ file }) => file))
  const decisionIn = new Map(tested.results.map(({ test }) => [test.file, test.decision]))
  for (const { path, text } of others) {
    const decision = decisionIn.get(path)
    if (decision && !failed.has(path)) passed.set(path, { text, decision, agents })
  }
  return { failures: failures.map(({ line }) => line), passed }
}

/** Why rules may not answer, a line each with its file. */
export function failuresOf({
  problems,
  results,
}: Pick<TestedRuleset, 'problems' | 'results'>): readonly { readonly file: string; readonly line: string }[] {
  return [
    ...problems.map((problem) => ({ file: problem.file, line: formatProblem(problem) })),
    ...results.flatMap((result) => {
      const { file, line, name } = result.test
      return explainFailure(result).map((reason) => ({ file, line: `${file}:${line}: case \`${name}\`: ${reason}` }))
    }),
  ]
}
