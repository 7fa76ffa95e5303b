import { adjudicate } from '../../../src/app/adjudications.ts'
import { handleNotice } from '../../../src/app/notices/notices.ts'
import type { Principal } from '../../../src/app/principal.ts'
import { createEgress, type Egress } from '../../../src/egress/egress.ts'
import { parseNetworks } from '../../../src/egress/networks.ts'
import { createTestApp, RULES, type TestApp } from '../app.ts'
import { execute } from '../database.ts'

export const SECRET = `whsec_${Buffer.from('an-example-secret-of-32-bytes!!!').toString('base64')}`

export const QUEUES = `
queues:
  csm:
    notify:
      - { name: crm, webhookFrom: CRM_URL, secretFrom: CRM_SECRET }
  quiet: {}
  second-look:
    blind: true
    notify:
      - { name: blind-crm, webhookFrom: CRM_URL, secretFrom: CRM_SECRET }
      - { name: blind-slack, slackFrom: SLACK_URL }
notify:
  - { name: slack, slackFrom: SLACK_URL, events: [opened, resolved] }
  - { name: asker, webhookFrom: ASKER_URL, secretFrom: CRM_SECRET, events: [adjudication.resolved] }
`

export const ADMIN: Principal = { name: 'admin', kind: 'service', scopes: new Set(['admin']), agents: null }

export interface Told extends TestApp {
  /** Asks about an account so that a person must decide, and returns the answer. */
  ask(account: string, claim?: object): Promise<any>
  /** Handles all notices that wait, in their order, and returns the ids of the deliveries. */
  handle(): Promise<readonly string[]>
  /** Ids of the notices that wait. */
  waiting(): Promise<readonly number[]>
  query<Row extends object = any>(sql: string, values?: unknown[]): Promise<readonly Row[]>
}

/** An app whose queues tell others. Call it at the top level of a file or `describe`. */
export async function createTold(): Promise<Told> {
  const test = await createTestApp({ rules: { ...RULES, 'queues.yaml': QUEUES } })
  const query = <Row extends object>(sql: string, values: unknown[] = []) =>
    execute<Row & Record<string, unknown>>(test.databaseUrl, sql, values)

  async function ask(account: string, claim: object = {}): Promise<any> {
    const signals = [
      { id: 'c1', agent: 'churn-radar', claim: 'churn_risk', confidence: 0.82, ...claim },
      { id: 'h1', agent: 'pulse', claim: 'healthy', confidence: 0.9 },
    ]
    const facts = { arr: 180_000, segment: 'smb' }
    const { body } = await adjudicate(test.app, ADMIN, { account, decision: 'expansion-outreach', facts, signals })
    return JSON.parse(body)
  }

  async function waiting(): Promise<readonly number[]> {
    const rows = await query<{ id: string }>("SELECT id FROM outbox WHERE topic = 'notice' ORDER BY id")
    return rows.map(({ id }) => Number(id))
  }

  async function handle(): Promise<readonly string[]> {
    const made: string[] = []
    for (const id of await waiting()) made.push(...(await handleNotice(test.app, id)))
    return made
  }

  return { ...test, ask, handle, waiting, query }
}

/** A way out to this machine, under an environment. */
export function egressTo(env: Readonly<Record<string, string | undefined>>): Egress {
  const parsed = parseNetworks('127.0.0.0/8')
  return createEgress({ allow: 'networks' in parsed ? parsed.networks : [], env })
}
