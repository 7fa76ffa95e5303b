import { shortHash } from '../../core/short-hash.ts'
import type { Client } from '../client.ts'
import { type ConnectionOptions, connect } from '../connection.ts'
import { table, terminalOf } from '../terminal.ts'
import { type Activation, newestActivations, storedHash } from './stored.ts'

/** What `GET /v1/ruleset` says of the rules that answer, and of those in the directory of the service. */
interface Active {
  readonly ruleset: string
  readonly pinned: boolean
  readonly directory: {
    readonly path: string
    readonly watched: boolean
    readonly ruleset: string | null
    readonly differs: boolean
  }
  readonly lastError: { readonly reasons: readonly string[] } | null
}

const RELEASE = '`umpire rules release`'

/** Makes rules the active ones, of a directory or as they are stored: they hold until they are released. */
export async function activateRules(which: string, connection: ConnectionOptions): Promise<void> {
  const client = await connect(connection)
  const hash = await storedHash(client, which)
  const before = await activeRules(client)
  const activation = await post(client, `/v1/rulesets/${hash}/activate`)
  if (before.ruleset !== activation.ruleset) tell(activation)
  else
    console.log(
      `${shortHash(hash)} answered already, ${before.pinned ? 'and is' : 'and now is'} pinned until ${RELEASE}`,
    )
}

export async function rollBackRules(connection: ConnectionOptions): Promise<void> {
  tell(await post(await connect(connection), '/v1/rulesets/rollback'))
}

export async function releaseRules(connection: ConnectionOptions): Promise<void> {
  const client = await connect(connection)
  const { ruleset } = await post(client, '/v1/rulesets/release')
  const { directory } = await activeRules(client)
  console.log(
    directory.watched
      ? `the directory is heard again; until something is taken from there ${shortHash(ruleset)} answers`
      : `${shortHash(ruleset)} answers, not pinned any more; the directory is not watched (UMPIRE_ACTIVATION=manual)`,
  )
}

export async function showHistory({
  json,
  ...connection
}: ConnectionOptions & { readonly json: boolean }): Promise<void> {
  const client = await connect(connection)
  const [active, history] = await Promise.all([activeRules(client), newestActivations(client)])
  if (json) {
    console.log(JSON.stringify(history, null, 2))
    return
  }
  const terminal = terminalOf(process.stdout, process.env)
  const rows = history.map(({ ruleset: hash, activatedAt, by, changes }, i) => [
    i === 0 && hash === active.ruleset ? '→' : '',
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
  for (const note of notesOn(active)) console.log(`\n${note}`)
}

/** What else one should know to expect the right rules to answer. */
function notesOn({ pinned, directory, lastError }: Active): readonly string[] {
  const notes: string[] = []
  if (pinned)
    notes.push(directory.watched ? `Pinned: the directory is not heard until ${RELEASE}.` : `Pinned until ${RELEASE}.`)
  if (!directory.watched) notes.push(`The directory \`${directory.path}\` is not watched (UMPIRE_ACTIVATION=manual).`)
  if (directory.differs && directory.ruleset !== null) {
    const untaken = directory.watched && !pinned ? ', which are not taken until it changes' : ''
    const rules = `The directory \`${directory.path}\` has other rules (${shortHash(directory.ruleset)})${untaken}`
    notes.push(`${rules}; \`umpire rules activate ${directory.path}\` takes them.`)
  }
  if (lastError)
    notes.push(`Newer rules of the directory are refused:\n${lastError.reasons.map((line) => `  ${line}`).join('\n')}`)
  return notes
}

async function activeRules(client: Client): Promise<Active> {
  return (await client.send('GET', '/v1/ruleset')) as Active
}

async function post(client: Client, path: string): Promise<Activation> {
  return (await client.send('POST', path, {})) as Activation
}

function tell({ ruleset, changes }: Activation): void {
  console.log(`${shortHash(ruleset)} answers now, pinned until ${RELEASE}${changes.length === 0 ? '' : ':'}`)
  for (const change of changes) console.log(`  ${change}`)
}
