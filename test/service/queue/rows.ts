import { v7 as uuid } from 'uuid'
import { execute } from '../database.ts'

/** Rows as the desk commits them, without what else it commits. */

export async function commitNotices(url: string, accounts: readonly string[], createdAt = Date.now()): Promise<void> {
  await commit(url, accounts, 'notice', accounts.map(notice), createdAt)
}

/** Of these nobody knows more than the outbox says. */
function notice(account: string): object {
  return { event: 'escalation.opened', escalation: uuid(), stream: `account:${account}`, sequence: 1 }
}

export async function commitRow(url: string, topic: string, payload: unknown): Promise<void> {
  await commit(url, ['acme'], topic, [payload], Date.now())
}

async function commit(
  url: string,
  accounts: readonly string[],
  topic: string,
  payloads: readonly unknown[],
  at: number,
) {
  await execute(
    url,
    `INSERT INTO outbox (account_id, topic, payload, created_at)
     SELECT account, $3, payload, $4 FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS row(account, payload, n) ORDER BY n`,
    [
      accounts,
      payloads.map((payload) => (typeof payload === 'string' ? payload : JSON.stringify(payload))),
      topic,
      new Date(at),
    ],
  )
}

/** An escalation of which only the clock matters. */
export async function openEscalation(url: string, tickAt: number): Promise<string> {
  const id = uuid()
  await execute(
    url,
    `INSERT INTO escalations (id, account_id, decision, adjudication_id, opened_by, kind, queue, priority, regret, due_at,
       created_at, tick_at, asked)
     VALUES ($1, 'acme', 'expansion-outreach', $1, $1, 'decision', 'csm', 0, 1, $2, $2, $2, '{}')`,
    [id, new Date(tickAt)],
  )
  return id
}

export const outboxDepth = async (url: string): Promise<number> =>
  (await execute<{ n: number }>(url, 'SELECT count(*)::int AS n FROM outbox'))[0]!.n
