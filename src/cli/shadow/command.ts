import type { Command } from 'commander'

/** The commands of whoever tries rules on live questions. Each loads what it needs when it is called. */
export function addShadow(shadow: Command): void {
  shadow.addHelpText(
    'after',
    [
      '',
      'A shadow is asked whatever the active rules are asked. Nobody hears its answers, and they change nothing.',
      'Which service: --url, UMPIRE_URL, or else the one of this machine at PORT.',
      'Which key: UMPIRE_API_KEY, UMPIRE_ADMIN_KEY, or else the file admin.key in UMPIRE_DATA_DIR.',
    ].join('\n'),
  )

  const add = (name: string, description: string) =>
    shadow.command(name).description(description).option('--url <url>', 'of the service')

  add('start', 'begin to compare other rules; one set at a time')
    .argument('<which>', 'a directory, a hash, or the beginning of one')
    .action(async (which, options) => (await import('./run.ts')).startShadow(which, options))

  add('status', 'say what has been found so far')
    .option('--json', 'print JSON, as the API gives it', false)
    .action(async (options) => (await import('./run.ts')).showShadow(options))

  add('stop', 'end the comparison; what was found stays until the next is started').action(async (options) =>
    (await import('./run.ts')).stopShadow(options),
  )
}
