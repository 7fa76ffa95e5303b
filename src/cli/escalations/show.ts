import type { EscalationDetail } from '../../app/escalations/reading.ts'
import { type ConnectionOptions, connect } from '../connection.ts'
import { terminalOf } from '../terminal.ts'
import { renderEscalation } from './detail.ts'
import { findId } from './ids.ts'

/** Prints all that it takes to decide an escalation. */
export async function showEscalation(
  name: string,
  { json, ...connection }: ConnectionOptions & { readonly json: boolean },
): Promise<void> {
  const client = await connect(connection)
  const detail = (await client.send('GET', `/v1/escalations/${await findId(client, name)}`)) as EscalationDetail
  if (json) console.log(JSON.stringify(detail, null, 2))
  else console.log(renderEscalation(detail, Date.now(), terminalOf(process.stdout, process.env)))
}
