import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { readRules } from '../app/rule-files.ts'
import { viewOf } from '../app/view.ts'
import { adjudicate } from '../core/adjudicate.ts'
import { ENGINE } from '../core/model.ts'
import type { RuleFile } from '../core/rules/yaml.ts'
import { renderAnswer } from './answer.ts'
import { readCase } from './case.ts'
import { CommandError, UsageError } from './failure.ts'
import { terminalOf } from './terminal.ts'

/** Answers one question from rule files and a JSON file (or stdin), without service or database. */
export async function adjudicateOffline(
  input: string | undefined,
  { rules, json }: { readonly rules: string; readonly json: boolean },
): Promise<void> {
  const ruleset = await readRules(rules, 'name another by --rules')
  const asked = readCase(await readInput(input), ruleset, Date.now())
  const answer = adjudicate(asked.decision, asked.question)
  const envelope = { id: null, ruleset: ruleset.hash, engine: ENGINE, createdAt: asked.question.now }
  const output = json
    ? JSON.stringify(viewOf(answer, { ...envelope, escalation: null, audit: null }), null, 2)
    : renderAnswer(answer, asked, terminalOf(process.stdout, process.env))
  console.log(output)
}

/**
 * The text of a question.
 * @param elsewhere how whoever runs this gives another
 * @throws CommandError where the file can't be read, UsageError where there is none
 */
export async function readInput(
  input: string | undefined,
  elsewhere = 'name a JSON file, or - for standard input',
): Promise<RuleFile> {
  if (input !== undefined && input !== '-') {
    try {
      return { path: input, text: await readFile(input, 'utf8') }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      throw new CommandError(`can't read \`${input}\` (${code}); ${elsewhere}`)
    }
  }
  if (input === undefined && process.stdin.isTTY) {
    throw new UsageError('nothing to adjudicate; name a JSON file, or pipe one in')
  }
  return { path: 'stdin', text: await text(process.stdin) }
}
