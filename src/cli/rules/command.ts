import { type Command, Option } from 'commander'

/** How problems of rule files are printed. */
export const FORMATS = ['text', 'json', 'github'] as const
export type Format = (typeof FORMATS)[number]

/** The commands of whoever edits rule files. Each loads what it needs when it is called. */
export function addRules(rules: Command): void {
  rules
    .command('check')
    .description(
      'say everything that is wrong with rule files, or looks wrong; the exit code is 1 where anything is wrong',
    )
    .argument('[directory]', 'rule files', process.env.UMPIRE_RULES_DIR || 'rules')
    .addOption(
      new Option('-f, --format <format>', 'for people, programs or GitHub Actions').choices(FORMATS).default('text'),
    )
    .option('--strict', 'let warnings count as errors', false)
    .option('--database', 'look for facts and claims that the rules name and nobody sends', false)
    .action(async (directory, options) => (await import('./check.ts')).checkRuleFiles(directory, options))

  rules
    .command('schema')
    .description('write the JSON Schemas by which editors complete, explain and check rule files')
    .argument('[directory]', 'rule files', process.env.UMPIRE_RULES_DIR || 'rules')
    .option('--check', 'write nothing; the exit code is 1 where they are not current', false)
    .action(async (directory, options) => (await import('./schema.ts')).writeSchemas(directory, options))
}
