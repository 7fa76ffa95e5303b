import type { Principal } from '../../../src/app/principal.ts'
import type { TestAppOptions } from '../app.ts'
import { RULES } from '../app.ts'
import { createTestHttp, type Reply, type TestHttp } from '../http/http.ts'

/** A copilot with a key of its own, over HTTP. */
export interface Copilot extends TestHttp {
  readonly key: string
  check(fields?: Readonly<Record<string, unknown>>, headers?: Readonly<Record<string, string>>): Promise<Reply>
  redeem(token: string, payloadHash?: string | null, headers?: Readonly<Record<string, string>>): Promise<Reply>
  /** What an agent says of an account, in the admin's name. */
  signal(agent: string, claim: string, confidence: number, fields?: Readonly<Record<string, unknown>>): Promise<void>
  facts(facts: Readonly<Record<string, unknown>>, account?: string): Promise<void>
  /** An answer that allows it, with its lease. */
  allowed(fields?: Readonly<Record<string, unknown>>): Promise<Reply>
}

export const SEND = {
  account: 'acme',
  decision: 'expansion-outreach',
  action: 'send_expansion_email',
  agent: 'renewal-copilot',
}

/** Its key, for what is asked without HTTP. */
export const COPILOT: Principal = {
  name: 'copilot',
  kind: 'agent',
  scopes: new Set(['adjudications:write']),
  agents: new Set([SEND.agent]),
}

/** Rules of the design, their decision file changed. */
export function rulesWith(
  ...edits: readonly (readonly [from: string, to: string])[]
): Readonly<Record<string, string>> {
  const file = 'expansion-outreach.yaml'
  const text = edits.reduce((before, [from, to]) => {
    if (!before.includes(from)) throw new Error(`the rules have no ${from}`)
    return before.replace(from, to)
  }, RULES[file]!)
  return { ...RULES, [file]: text }
}

/** Call it at the top level of a file or `describe`. The health model alone speaks, so that it may send. */
export async function createCopilot(options: TestAppOptions = {}): Promise<Copilot> {
  const test = await createTestHttp(options)
  const { call } = test
  const scopes = ['adjudications:write', 'read'] as const
  const key = await test.keyOf({ name: 'copilot', principal: 'agent', scopes, agents: ['renewal-copilot'] })
  let sent = 0
  const copilot: Copilot = {
    ...test,
    key,
    check: (fields = {}, headers = {}) => call('POST', '/v1/checks', { key, headers, body: { ...SEND, ...fields } }),
    redeem: (token, payloadHash, headers = {}) =>
      call('POST', '/v1/leases/redeem', {
        key,
        headers,
        body: { token, ...(payloadHash !== undefined && { payloadHash }) },
      }),
    async signal(agent, claim, confidence, fields = {}) {
      const body = { signals: [{ id: `s${++sent}`, agent, account: 'acme', claim, confidence, ...fields }] }
      const { body: answer } = await call('POST', '/v1/signals', { body })
      if (answer.results[0].status !== 'accepted') throw new Error(JSON.stringify(answer))
    },
    async facts(facts, account = 'acme') {
      await call('PUT', `/v1/accounts/${account}`, { body: { facts } })
    },
    async allowed(fields = {}) {
      const reply = await copilot.check(fields)
      if (reply.body.verdict !== 'allow') throw new Error(reply.text)
      return reply
    },
  }
  await copilot.facts({ arr: 180_000, segment: 'mid' })
  await copilot.signal('pulse', 'healthy', 0.9)
  return copilot
}
