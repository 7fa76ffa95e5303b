import { counted } from '../../backtest/words.ts'
import { shortHash } from '../../core/short-hash.ts'
import { type ConnectionOptions, connect } from '../connection.ts'
import { clock } from '../escalations/time.ts'
import { storedHash } from '../rules/stored.ts'
import { plain, terminalOf } from '../terminal.ts'
import { renderShadow, type ShadowView } from './report.ts'

/** Has rules run as a shadow, of a directory or as they are stored. */
export async function startShadow(which: string, connection: ConnectionOptions): Promise<void> {
  const client = await connect(connection)
  const ruleset = await storedHash(client, which)
  const before = (await client.send('GET', '/v1/shadow')) as ShadowView
  const after = (await client.send('POST', '/v1/shadow', { ruleset })) as ShadowView
  const { changes } = after
  // That which was there goes on where it is the same one.
  if (before.startedAt === after.startedAt) console.log(goesOn(after))
  else console.log([begins(after), ...forgets(before)].join('\n'))
  if (changes.length > 0) console.log('Other than in the rules that answered when it was started:')
  for (const change of changes) console.log(`  ${plain(change)}`)
  console.log('`umpire shadow status` says what it would have answered')
}

function begins({ ruleset }: ShadowView): string {
  return `${nameOf(ruleset)} runs as a SHADOW: it is asked what is asked, answers nobody and changes nothing`
}

function goesOn({ ruleset, startedBy, startedAt, questions }: ShadowView): string {
  const since = `it was started by ${plain(startedBy ?? '')} on ${clock(startedAt ?? '')}`
  const asked = questions === 0 ? 'nothing has been asked yet' : `${counted(questions, 'question')} so far`
  return `${nameOf(ruleset)} runs as a SHADOW already: ${since}; ${asked}`
}

/** What is lost with the start of another comparison. */
function forgets({ ruleset, questions }: ShadowView): readonly string[] {
  if (questions === 0) return []
  const name = nameOf(ruleset)
  const found = `what the comparison of ${name} found, in ${counted(questions, 'question')}`
  return [`${found}, is not kept; \`umpire backtest --candidate ${name}\` asks those of its time again`]
}

const nameOf = (ruleset: string | null) => shortHash(ruleset ?? '')

export async function showShadow({
  json,
  ...connection
}: ConnectionOptions & { readonly json: boolean }): Promise<void> {
  const found = (await (await connect(connection)).send('GET', '/v1/shadow')) as ShadowView
  if (json) console.log(JSON.stringify(found, null, 2))
  else console.log(renderShadow(found, Date.now(), terminalOf(process.stdout, process.env)))
}

export async function stopShadow(connection: ConnectionOptions): Promise<void> {
  const { ruleset, questions } = (await (await connect(connection)).send('DELETE', '/v1/shadow')) as ShadowView
  console.log(
    `${nameOf(ruleset)} runs no more, after ${counted(questions, 'question')}; \`umpire shadow status\` still says what it found`,
  )
}
