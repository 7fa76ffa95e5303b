import { type Command, Option } from 'commander'

/** How problems of rule files are printed. */
const FORMATS = ['text', 'json', 'github'] as const
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
    .command('test')
    .description('run the cases beside the decisions; the exit code is 1 where one fails')
    .argument('[directory]', 'rule files', process.env.UMPIRE_RULES_DIR || 'rules')
    .addOption(new Option('-f, --format <format>', 'for people or programs').choices(['text', 'json']).default('text'))
    .option('-t, --name <text>', 'only cases with this in their name or that of their decision')
    .option('-w, --watch', 'again whenever a rule file changes', false)
    .option('--junit <file>', 'write the results as JUnit XML, too, for a build server')
    .action(async (directory, options) => (await import('./test.ts')).testRuleFiles(directory, options))

  rules
    .command('schema')
    .description('write the JSON Schemas by which editors complete, explain and check rule files')
    .argument('[directory]', 'rule files', process.env.UMPIRE_RULES_DIR || 'rules')
    .option('--check', 'write nothing; the exit code is 1 where they are not current', false)
    .action(async (directory, options) => (await import('./schema.ts')).writeSchemas(directory, options))

  rules
    .command('diff')
    .description('say what changed in meaning; the exit code is 0 where nothing did, 1 where they differ, 2 in trouble')
    .argument('<from>', 'a directory, a hash of the database or its beginning, or `active`')
    .argument('<to>', 'the same')
    .option('--json', 'print JSON', false)
    .action(async (from, to, options) => (await import('./diff.ts')).diffRules(from, to, options))

  rules
    .command('explain')
    .description(
      'tell how an answer came about: who said what, who was believed and why, what it would cost, who decides',
    )
    .argument('[question]', 'the id of an adjudication, or a file as `adjudicate` takes it; standard input if left out')
    .option(
      '-r, --rules <directory>',
      'rule files, for a question from a file',
      process.env.UMPIRE_RULES_DIR || 'rules',
    )
    .option(
      '-u, --under <rules>',
      'what these rules would have answered: a directory, a hash or its beginning, or `active`',
    )
    .action(async (question, options) => (await import('./explain.ts')).explain(question, options))

  const add = (name: string, description: string) =>
    rules.command(name).description(description).option('--url <url>', 'of the service')

  add('activate', 'make other rules answer, and pin them against the directory')
    .argument('<which>', 'a directory, or the beginning of a hash')
    .action(async (which, options) => (await import('./activation.ts')).activateRules(which, options))

  add('rollback', 'go back to the rules that answered before, and pin them; again, to those before them').action(
    async (options) => (await import('./activation.ts')).rollBackRules(options),
  )

  add('release', 'hear the directory again: what has changed there meanwhile is taken').action(async (options) =>
    (await import('./activation.ts')).releaseRules(options),
  )

  add('history', 'say which rules answered when, and who wanted that')
    .option('--json', 'print JSON', false)
    .action(async (options) => (await import('./activation.ts')).showHistory(options))
}
