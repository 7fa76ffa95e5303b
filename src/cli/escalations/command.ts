import { type Command, InvalidArgumentError, Option } from 'commander'
import { ESCALATION_STATUSES } from '../../core/escalation/escalation.ts'

const WHICH = 'an id or the end of one, at least four characters; or an account about which one decision waits'

/** The commands of reviewers, who need a running service and a key. Each loads what it needs when it is called. */
export function addEscalations(escalations: Command): void {
  escalations.addHelpText(
    'after',
    [
      '',
      'Which service: --url, UMPIRE_URL, or else the one of this machine at PORT.',
      'Which key: UMPIRE_API_KEY, UMPIRE_ADMIN_KEY, or else the file admin.key in UMPIRE_DATA_DIR.',
      'Who reviews: the person whose key it is; of an admin key --as, UMPIRE_REVIEWER, or else the user of this machine.',
    ].join('\n'),
  )

  add('list', 'what waits for a person, first what should be taken first')
    .option('-q, --queue <queue>', 'only of this queue')
    .addOption(new Option('-s, --status <status>', 'only with this status').choices(ESCALATION_STATUSES))
    .addOption(
      new Option('-k, --kind <kind>', 'decisions wait for a person, samples block nothing')
        .choices(KINDS)
        .default('decision'),
    )
    .option('-a, --account <account>', 'only of this account')
    .option('-m, --mine', 'only what you hold or should take', false)
    .option('-n, --limit <number>', 'how many at most', atLeastOne, 50)
    .option('--json', 'print JSON, as the API gives it', false)
    .action(async (options) => (await import('./list.ts')).listEscalations(options))

  add('show', 'all that it takes to decide one')
    .argument('<which>', WHICH)
    .option('--json', 'print JSON, as the API gives it', false)
    .action(async (which, options) => (await import('./show.ts')).showEscalation(which, options))

  add('claim', 'take one, so that nobody else does')
    .argument('[which]', WHICH)
    .option('--next <queue>', 'the one that should be taken first of this queue')
    .action(async (which, options) => (await import('./work.ts')).claimEscalation(which, options))

  add('release', 'give one back')
    .argument('<which>', WHICH)
    .action(async (which, options) => (await import('./work.ts')).releaseEscalation(which, options))

  add('resolve', 'decide one: by --uphold, --override or --dismiss')
    .argument('<which>', WHICH)
    .addOption(new Option('--uphold', 'do what is recommended').conflicts(['override', 'dismiss']))
    .addOption(new Option('--override <action>', 'do this instead').conflicts(['uphold', 'dismiss']))
    .addOption(new Option('--dismiss', 'decide nothing').conflicts(['uphold', 'override']))
    .requiredOption('--reason <code>', 'why, by a code of rules/queues.yaml')
    .option('--state <state>', 'what you know to be true of the account')
    .option('--wrong <signal...>', 'ids of signals that were wrong')
    .option('--adjudication <id>', 'the answer that you have looked at: refused where there is a newer one')
    .option('--comment <text>', 'what others should know')
    .action(async (which, options) => (await import('./work.ts')).resolveEscalation(which, options))

  add('comment', 'add a word to one')
    .argument('<which>', WHICH)
    .argument('<text...>', 'the comment')
    .action(async (which, text, options) => (await import('./work.ts')).commentEscalation(which, text, options))

  add('reassign', 'put one into other hands')
    .argument('<which>', WHICH)
    .argument('[person]', 'anybody of the queue if left out')
    .option('-q, --queue <queue>', 'of another queue')
    .action(async (which, person, options) =>
      (await import('./work.ts')).reassignEscalation(which, person ?? null, options),
    )

  add('watch', 'follow what waits for people, until Ctrl-C')
    .option('-q, --queue <queue>', 'only of this queue')
    .action(async (options) => (await import('./watch.ts')).watchEscalations(options))

  function add(name: string, description: string): Command {
    return escalations
      .command(name)
      .description(description)
      .option('--url <url>', 'of the service')
      .option('--as <name>', 'the person for whom an admin key acts')
  }
}

const KINDS = ['decision', 'sample'] as const

function atLeastOne(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('it must be a number, at least 1')
}
