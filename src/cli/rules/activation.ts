import { stat } from 'node:fs/promises'
import { readRuleFiles } from '../../app/rule-files.ts'
import type { Client } from '../client.ts'
import { type ConnectionOptions, connect } from '../connection.ts'
import { CommandError, UsageError } from '../failure.ts'
import { table, terminalOf } from '../terminal.ts'

/** An activation as the service tells it. */
interface Activation {
  readonly ruleset: string
  readonly activatedAt: string
  readonly source: string
  readonly by: string
  readonly pinned: boolean
  readonly changes: readonly string[]
}

/** Makes rules the active ones, of a directory or as they are stored: they hold until they are released. */
export async function activateRules(which: string, connection: ConnectionOptions): Promise<void> {
  const client = await connect(connection)
  const hash = (await isDirectory(which)) ? await uploadDirectory(client, which) : await findHash(client, which)
  tell(await post(client, `/v1/rulesets/${hash}/activate`), 'until they are released')
}

export async function rollBackRules(connection: ConnectionOptions): Promise<void> {
  tell(await post(await connect(connection), '/v1/rulesets/rollback'), 'until they are released')
}

export async function releaseRules(connection: ConnectionOptions): Promise<void> {
  tell(await post(await connect(connection), '/v1/rulesets/release'), 'until the directory changes')
}

export async function showHistory({
  json,
  ...connection
}: ConnectionOptions & { readonly json: boolean }): Promise<void> {
  const client = await connect(connection)
  const [now, history] = await Promise.all([client.send('GET', '/v1/ruleset'), newest(client)])
  if (json) {
    console.log(JSON.stringify(history, null, 2))
    return
  }
  const { ruleset, pinned, lastError } = now as {
    ruleset: string
    pinned: boolean
    lastError: { reasons: readonly string[] } | null
  }
  const terminal = terminalOf(process.stdout, process.env)
  const rows = history.map(({ ruleset: hash, activatedAt, by, changes }, i) => [
    i === 0 && hash === ruleset ? '→' : '',
    shortHash(hash),
    activatedAt.slice(0, 16).replace('T', ' '),
    by,
    changes.length === 0 ? (i === history.length - 1 ? 'the first' : '') : changes.join('\n'),
  ])
  const columns = [
    { head: '' },
    { head: 'ruleset' },
    { head: 'since (UTC)' },
    { head: 'by', flexible: true },
    { head: 'what changed', flexible: true },
  ]
  console.log(table(columns, rows, terminal))
  if (pinned) console.log('\nPinned: the directory is not heard until `umpire rules release`.')
  if (lastError)
    console.log(
      `\nNewer rules of the directory are refused:\n${lastError.reasons.map((line) => `  ${line}`).join('\n')}`,
    )
}

async function isDirectory(name: string): Promise<boolean> {
  return (await stat(name).catch(() => null))?.isDirectory() ?? false
}

async function uploadDirectory(client: Client, directory: string): Promise<string> {
  const { files, unread } = await readRuleFiles(directory, 'name another')
  const [problem] = unread
  if (problem) throw new CommandError(`${directory}/${problem.file}: ${problem.message}`)
  const body = { files: Object.fromEntries(files.map(({ path, text }) => [path, text])) }
  const { ruleset, warnings } = (await client.send('POST', '/v1/rulesets', body)) as {
    ruleset: string
    warnings: readonly string[]
  }
  for (const warning of warnings) console.error(warning)
  return ruleset
}

/** A hash by its beginning, among those that have been active. */
async function findHash(client: Client, which: string): Promise<string> {
  const wanted = which.startsWith('sha256:') ? which : `sha256:${which}`
  if (!/^sha256:[0-9a-f]{4,64}$/.test(wanted)) {
    throw new UsageError(`\`${which}\` is neither a directory nor the beginning of a hash, of four digits at least`)
  }
  if (wanted.length === 'sha256:'.length + 64) return wanted
  const found = [...new Set((await newest(client)).map(({ ruleset }) => ruleset))].filter((hash) =>
    hash.startsWith(wanted),
  )
  const [only, another] = found
  if (only === undefined)
    throw new CommandError(`no ruleset that was active begins with \`${which}\`; see \`umpire rules history\``)
  if (another !== undefined) throw new CommandError(`several rulesets begin with \`${which}\`; give more of the hash`)
  return only
}

async function newest(client: Client): Promise<readonly Activation[]> {
  return ((await client.send('GET', '/v1/rulesets?limit=200')) as { activations: readonly Activation[] }).activations
}

async function post(client: Client, path: string): Promise<Activation> {
  return (await client.send('POST', path, {})) as Activation
}

function tell({ ruleset, changes }: Activation, until: string): void {
  console.log(`${shortHash(ruleset)} answers now, ${until}${changes.length === 0 ? '' : ':'}`)
  for (const change of changes) console.log(`  ${change}`)
}

const shortHash = (hash: string): string => hash.slice('sha256:'.length, 'sha256:'.length + 12)
