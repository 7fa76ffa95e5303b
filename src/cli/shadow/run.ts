import { counted } from '../../backtest/words.ts'
import { shortHash } from '../../core/short-hash.ts'
import { type ConnectionOptions, connect } from '../connection.ts'
import { storedHash } from '../rules/stored.ts'
import { plain, terminalOf } from '../terminal.ts'
import { renderShadow, type ShadowView } from './report.ts'

/** Has rules run as a shadow, of a directory or as they are stored. */
export async function startShadow(which: string, connection: ConnectionOptions): Promise<void> {
  const client = await connect(connection)
  const ruleset = await storedHash(client, which)
  const { changes } = (await client.send('POST', '/v1/shadow', { ruleset })) as ShadowView
  console.log(`${shortHash(ruleset)} runs as a SHADOW: it is asked what is asked, answers nobody and changes nothing`)
  if (changes.length > 0) console.log('Other than in the rules that answered when it was started:')
  for (const change of changes) console.log(`  ${plain(change)}`)
  console.log('`umpire shadow status` says what it would have answered')
}

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
  const name = shortHash(ruleset ?? '')
  console.log(
    `${name} runs no more, after ${counted(questions, 'question')}; \`umpire shadow status\` still says what it found`,
  )
}
