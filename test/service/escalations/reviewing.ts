import { putAccount } from '../../../src/app/accounts.ts'
import { adjudicate } from '../../../src/app/adjudications.ts'
import type { App } from '../../../src/app/app.ts'
import type { Principal } from '../../../src/app/principal.ts'
import { ingestSignals } from '../../../src/app/signals.ts'
import { readSteps } from '../../../src/storage/steps.ts'
import { RULES } from '../app.ts'
import { execute } from '../database.ts'

export const admin: Principal = { name: 'admin', kind: 'service', scopes: new Set(['admin']), agents: null }

/** A reviewer with a key of their own. */
export const person = (name: string): Principal => ({
  name,
  kind: 'person',
  scopes: new Set(['escalations:review', 'read']),
  agents: null,
})
export const maria = person('maria')
export const ben = person('ben')

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

const expansion = RULES['expansion-outreach.yaml']!

/** One decision for each queue, `of-<queue>`: they differ in what becomes of an item that nobody decides. */
const QUEUES = ['csm', 'blind', 'stuck', 'loop', 'auto', 'named'] as const
export type QueueName = (typeof QUEUES)[number]

export const REVIEW_RULES: Readonly<Record<string, string>> = {
  'agents.yaml': RULES['agents.yaml']!,
  'queues.yaml': `
queues:
  csm: { due: PT8H }
  blind: { due: PT8H, blind: true }
  stuck: { due: PT2H, onExpiry: { raise: { queue: loop, priority: 80 } } }
  loop: { due: PT4H, lease: PT5M, onExpiry: { raise: { queue: leads, priority: 90 } } }
  leads: { due: PT1H, onExpiry: keep }
  auto: { due: PT2H, onExpiry: fallback }
  named: { due: PT2H, onExpiry: fallback }
reasons: { agreed: The recommendation is right, knows_account: The reviewer knows more, stale: It is no longer so }
`,
  ...Object.fromEntries(
    QUEUES.map((queue) => [
      `of-${queue}.yaml`,
      expansion
        .replace('decision: expansion-outreach', `decision: of-${queue}`)
        .replace(
          'review: { cost: 40, queue: csm, due: PT8H, sampleRate: 0.1 }',
          `review: { cost: 40, queue: ${queue}, sampleRate: 1${queue === 'named' ? ', fallback: send_expansion_email' : ''} }`,
        )
        .replace(
          'rules:\n',
          `rules:
  - id: broken
    when: 'account.segment == "broken" && account.missing == 1'
    then: { tag: broken, because: It breaks }
`,
        )
        .replace('segment: string', 'segment: string, missing: number'),
    ]),
  ),
}

/** What tests do before anybody reviews. */
export function createCases(app: App, databaseUrl: string) {
  const say = (account: string, agent: string, claim: string, confidence: number, id = `${agent}-${claim}`) =>
    ingestSignals(app, admin, [{ id, agent, account, claim, confidence }])

  async function ask(account: string, queue: QueueName = 'csm', request: object = {}) {
    const { body } = await adjudicate(app, admin, { account, decision: `of-${queue}`, ...request })
    return JSON.parse(body)
  }

  /** An account about which two agents disagree, and the item about it. */
  async function open(account: string, queue: QueueName = 'csm', facts: object = {}): Promise<string> {
    await putAccount(app, admin, account, { facts: { arr: 180_000, segment: 'smb', ...facts } })
    await say(account, 'pulse', 'healthy', 0.9)
    await say(account, 'churn-radar', 'churn_risk', 0.82)
    return (await ask(account, queue)).escalation.id
  }

  return {
    say,
    ask,
    open,
    async steps(id: string): Promise<readonly string[]> {
      return (await readSteps(app.db, id, { limit: 100 })).map(({ kind }) => kind.replace('escalation.', ''))
    },
    async body(id: string, kind: string): Promise<any> {
      return (await readSteps(app.db, id, { limit: 100 })).find((step) => step.kind === `escalation.${kind}`)?.body
    },
    async events(id: string): Promise<readonly string[]> {
      const rows = await execute<{ payload: string }>(
        databaseUrl,
        `SELECT payload FROM outbox WHERE topic = 'notice' ORDER BY id`,
      )
      return rows
        .map(({ payload }) => JSON.parse(payload))
        .filter((notice) => notice.escalation === id)
        .map(({ event }) => event)
    },
  }
}
