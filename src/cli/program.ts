import { readFileSync } from 'node:fs'
import { Command, CommanderError, Option } from 'commander'
import { PRINCIPALS, SCOPES } from '../app/principal.ts'
import { ROLES } from '../config.ts'
import { addEscalations } from './escalations/command.ts'
import { failureOf } from './failure.ts'
import { projectFile } from './project.ts'
import { addRules } from './rules/command.ts'
import { addShadow } from './shadow/command.ts'
import { addSources } from './sources/command.ts'

/**
 * Runs one command line to its end; `serve` is at its end once the service listens.
 *
 * Each command loads what it needs when it is called, so that none waits for the others' modules.
 *
 * @param argv without the names of node and script
 * @returns the exit code: 0, 1 where it failed, 2 where the command line means nothing
 */
export async function run(argv: readonly string[]): Promise<number> {
  // A reader that has seen enough, such as `head`, is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  try {
    await createProgram().parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    const { message, exitCode } = failureOf(error, process.env)
    console.error(message)
    return exitCode
  }
}

function createProgram(): Command {
  const program = new Command('umpire')
    .description("The referee between a company's AI agents: conflicting signals in, one recommendation out.")
    .version(version(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .exitOverride()
    .addHelpText('after', '\nEnvironment variables say where the data is: see README.md.')

  program
    .command('serve')
    .description('start the service; the environment configures it')
    .addOption(new Option('--role <role>', 'serve the API, work on queues, or both').choices(ROLES).default('all'))
    .action(async (options) => (await import('./serve.ts')).startService(options))

  program
    .command('migrate')
    .description('bring the database up to date, and print what that took')
    .action(async () => (await import('./migrate.ts')).migrateDatabase())

  addKeys(program.command('keys').description('make, list and revoke API keys'))

  program
    .command('adjudicate')
    .description('answer one question offline, from rule files and JSON')
    .argument('[file]', 'the question, as `POST /v1/adjudications` takes it; standard input if left out')
    .option('-r, --rules <directory>', 'rule files', process.env.UMPIRE_RULES_DIR || 'rules')
    .option('--json', 'print the answer as the API gives it', false)
    .action(async (file, options) => (await import('./adjudicate.ts')).adjudicateOffline(file, options))

  addRules(program.command('rules').description('check rule files, and look after those that answer'))

  addShadow(
    program.command('shadow').description('compare other rules with those that answer, on live questions, unheard'),
  )

  addSources(program.command('sources').description('look after those who may post to webhooks'))

  addEscalations(program.command('escalations').description('work on what waits for people, in a running service'))

  program
    .command('mcp')
    .description('serve a copilot over the Model Context Protocol, on standard input and output')
    .option('--url <url>', 'of the service that answers')
    .option('--embedded', 'answer in this process, on the data that the environment names', false)
    .addHelpText(
      'after',
      [
        '',
        'Which service: --url, UMPIRE_URL, or else the one of this machine at PORT.',
        "Which key: UMPIRE_API_KEY, and no other; one of the copilot's own, as `umpire keys create` makes it.",
      ].join('\n'),
    )
    .action(async (options) => (await import('./mcp/command.ts')).serveCopilot(options))

  program
    .command('audit')
    .description('check the audit trail')
    .command('verify')
    .description('recompute every hash; the exit code is 1 where the trail is broken')
    .option('--stream <name>', 'one stream, such as account:acme, rather than all')
    .action(async (options) => (await import('./audit.ts')).verifyTrail(options))

  program
    .command('backtest')
    .description('replay history under changed rules, and count what would have come of it')
    .requiredOption('--candidate <rules>', 'the changed rules: a directory, or a hash of the database')
    .option(
      '--baseline <rules>',
      'what they are compared with; what is active if left out, from files without data `rules`',
    )
    .option('--since <duration>', 'how far back, before the newest adjudication or --now (default: P30D)')
    .option('--signals <file>', 'instead of the database: what agents said, a JSON object a line')
    .option('--outcomes <file>', 'what turned out to be true, one question each')
    .option('--accounts <file>', 'facts of accounts')
    .option('--decision <name>', 'only this decision')
    .option('--split <name>', 'only outcomes of this `split`')
    .option('--now <time>', 'the end of the time to look at; in files, the time of what has none')
    .option('--minutes-per-review <minutes>', 'what a person takes for one look', '10')
    .option('--threads <count>', 'how many work on it; as many as there are cores if left out')
    .option('--json', 'print the report as JSON', false)
    .option('--html <file>', 'write a page with the plots, too')
    .action(async (options) => (await import('./backtest.ts')).runBacktest(options))

  program
    .command('demo')
    .description('replay real customers through a service of its own, and count what the answers cost')
    .option('--data <directory>', 'accounts.jsonl, signals.jsonl and outcomes.jsonl', projectFile('examples/telco'))
    .option('--keep', 'keep the data of the service, and say how to look at them', false)
    .action(async (options) => (await import('./demo/demo.ts')).runDemo(options))

  pointAtOwnHelp(program, 'umpire')
  return program
}

/** An error ends with the help of the command that it is about. */
function pointAtOwnHelp(command: Command, name: string): void {
  command.configureOutput({ outputError: (text, write) => write(inOurWords(text, name)) })
  for (const sub of command.commands) pointAtOwnHelp(sub, `${name} ${sub.name()}`)
}

function addKeys(keys: Command): void {
  keys
    .command('create')
    .description('make a key; its token is printed, this once')
    .requiredOption('--name <name>', 'shown wherever the key was used')
    .requiredOption('--scope <scope...>', `what it may do, one or several: ${SCOPES.join(', ')}`, addScopes)
    .addOption(new Option('--principal <kind>', 'who holds it').choices(PRINCIPALS).default('service'))
    .option('--agent <agent...>', 'agents that it speaks for; a service key that names none speaks for any')
    .action(async (options) => (await import('./keys.ts')).createApiKey(options))
  keys
    .command('list')
    .description('all keys, the revoked ones too')
    .option('--json', 'print JSON', false)
    .action(async (options) => (await import('./keys.ts')).listApiKeys(options))
  keys
    .command('revoke')
    .description('refuse a key from now on')
    .argument('<name>')
    .action(async (name) => (await import('./keys.ts')).revokeApiKey(name))
}

/** `--scope read admin`, `--scope read --scope admin` and `--scope read,admin` are the same. */
function addScopes(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(',').map((scope) => scope.trim())]
}

function version(): string {
  return JSON.parse(readFileSync(projectFile('package.json'), 'utf8')).version
}

/** `error: unknown command 'sevre'\n(Did you mean serve?)` → `umpire: unknown command `sevre`; did you mean serve? …` */
function inOurWords(text: string, command: string): string {
  const line = text
    .trim()
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.*)\?\)$/, '; did you mean `$1`?')
    .replace(/'([^']*)'/g, '`$1`')
    .replace(' is invalid. ', ' is invalid: ')
    .replace(/\.$/, '')
  return `umpire: ${line}${line.endsWith('?') ? '' : `; see \`${command} --help\``}\n`
}
