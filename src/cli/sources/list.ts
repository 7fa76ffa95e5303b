import { readRules } from '../../app/rule-files.ts'
import { troublesOf } from '../../webhooks/webhooks.ts'
import { paints, type Terminal, table, terminalOf } from '../terminal.ts'

/** Prints the sources of a directory, where each posts to, and whether it is heard. */
export async function listSources({ rules }: { readonly rules: string }): Promise<void> {
  const { sources } = await readRules(rules, 'name another by --rules')
  if (sources.size === 0) {
    console.log('no source is declared; sources.yaml says who may post')
    return
  }
  const terminal = terminalOf(process.stdout, process.env)
  const troubles = troublesOf(sources, (name) => process.env[name] || undefined)
  const rows = [...sources.values()].map(({ name, auth }) => {
    const path = `/v1/webhooks/${name}${auth.scheme === 'secret-path' ? '/<secret>' : ''}`
    return [name, auth.scheme, path, heard(name, troubles, terminal)]
  })
  const columns = [
    { head: 'source' },
    { head: 'scheme' },
    { head: 'posts to' },
    { head: '', flexible: true, least: 30 },
  ]
  console.log(table(columns, rows, terminal))
  console.log('\nin this environment; the service may have another, and says what it lacks at GET /readyz')
}

function heard(name: string, troubles: ReturnType<typeof troublesOf>, terminal: Terminal): string {
  const { green, yellow } = paints(terminal)
  const of = troubles.filter(({ source }) => source === name)
  const reasons = of.map(({ reason }) => reason).join('; ')
  if (of.some(({ off }) => off)) return yellow(`off: ${reasons}`)
  return of.length > 0 ? yellow(`on, but ${reasons}`) : green('on')
}
