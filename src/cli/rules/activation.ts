import { shortHash } from '../../core/short-hash.ts'
import type { Client } from '../client.ts'
import { type ConnectionOptions, connect } from '../connection.ts'
import { table, terminalOf } from '../terminal.ts'
import { type Activation, newestActivations, storedHash } from './stored.ts'

/** Makes rules the active ones, of a directory or as they are stored: they hold until they are released. */
export async function activateRules(which: string, connection: ConnectionOptions): Promise<void> {
  const client = await connect(connection)
  tell(await post(client, `/v1/rulesets/${await storedHash(client, which)}/activate`))
}

export async function rollBackRules(connection: ConnectionOptions): Promise<void> {
  tell(await post(await connect(connection), '/v1/rulesets/rollback'))
}

export async function releaseRules(connection: ConnectionOptions): Promise<void> {
  const { ruleset } = await post(await connect(connection), '/v1/rulesets/release')
  console.log(`the directory is heard again; until something is taken from there ${shortHash(ruleset)} answers`)
}

export async function showHistory({
  json,
  ...connection
}: ConnectionOptions & { readonly json: boolean }): Promise<void> {
  const client = await connect(connection)
  const [now, history] = await Promise.all([client.send('GET', '/v1/ruleset'), newestActivations(client)])
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

async function post(client: Client, path: string): Promise<Activation> {
  return (await client.send('POST', path, {})) as Activation
}

function tell({ ruleset, changes }: Activation): void {
  console.log(`${shortHash(ruleset)} answers now, until it is released${changes.length === 0 ? '' : ':'}`)
  for (const change of changes) console.log(`  ${change}`)
}
