import type { Command } from 'commander'

/** The commands of whoever connects a CRM. Each loads what it needs when it is called. */
export function addSources(sources: Command): void {
  const add = (name: string, description: string) =>
    sources
      .command(name)
      .description(description)
      .option('-r, --rules <directory>', 'rule files', process.env.UMPIRE_RULES_DIR || 'rules')

  add('list', 'say who may post to webhooks, and what keeps whom from being heard in this environment').action(
    async (options) => (await import('./list.ts')).listSources(options),
  )

  add('test', 'say what a payload becomes; nothing is taken in, and no secret is needed')
    .argument('<source>', 'its name in sources.yaml')
    .argument('<payload>', 'a file as the source sends it; - for standard input')
    .option('--json', 'print JSON', false)
    .addHelpText('after', '\nThe exit code is 1 where an event could not be taken in.')
    .action(async (source, payload, options) => (await import('./test.ts')).testSource(source, payload, options))
}
