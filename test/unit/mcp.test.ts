import { randomUUID } from 'node:crypto'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { describe, expect, it } from 'vitest'
import type { ProblemCode } from '../../src/app/problem.ts'
import { KINDS } from '../../src/http/errors.ts'
import { type Api, type ApiRequest, Refusal } from '../../src/mcp/api.ts'
import { createMcpServer } from '../../src/mcp/mcp.ts'

interface Connected {
  readonly client: Client
  /** What it has asked of the API. */
  readonly asked: readonly ApiRequest[]
  readonly errors: readonly unknown[]
}

/** A client of a server whose API answers like this. */
async function connect(answer: Api): Promise<Connected> {
  const asked: ApiRequest[] = []
  const errors: unknown[] = []
  const api: Api = (request) => {
    asked.push(request)
    return answer(request)
  }
  const onError = (error: unknown) => void errors.push(error)
  const server = createMcpServer({ version: '1', glossary: '', resolves: true, kind: 'person', api, onError })
  const [ours, theirs] = InMemoryTransport.createLinkedPair()
  const client = new Client({ name: 'probe', version: '1' })
  await Promise.all([server.connect(ours), client.connect(theirs)])
  return { client, asked, errors }
}

const SEND = { account: 'acme', decision: 'd', action: 'a', agent: 'x' }

function refusal(code: ProblemCode, detail: string, retryAfter: number | null = null): Api {
  const problem = { code, detail, instance: 'urn:uuid:4711' }
  return () => Promise.reject(new Refusal(problem, retryAfter))
}

const textOf = (result: unknown) => (result as { content: [{ text: string }] }).content[0].text

describe('a refusal tells a model what to do now:', () => {
  it.each([
    ['unavailable', 2, 'Wait 2 s, then call again with the same arguments.'],
    ['rate_limited', 43, 'Wait 43 s, then call again with the same arguments.'],
    ['idempotency_in_progress', 1, 'Wait 1 s, then call again with the same arguments.'],
    ['internal', null, 'Tell whoever runs Umpire, and name urn:uuid:4711.'],
    ['unauthorized', null, 'Do not repeat this call: whoever set up the API key'],
    ['forbidden', null, 'Do not repeat this call: it is not for this API key.'],
    ['unknown_action', null, 'Mend the arguments before you call again.'],
    ['agent_not_allowed', null, 'Name the agent that you are.'],
  ] as const)('%s', async (code, retryAfter, next) => {
    const { client } = await connect(refusal(code, 'so it is', retryAfter))
    const result = await client.callTool({ name: 'check_action', arguments: SEND })
    expect(textOf(result)).toContain(`${code}: so it is\nYou have no permission: do not act. ${next}`)
    const { isError, _meta } = result as CallToolResult
    expect([isError, _meta?.problem]).toEqual([
      true,
      { code, status: KINDS[code].status, ...(retryAfter !== null && { retryAfter }) },
    ])
  })

  it('all that is wrong, where that is more than one thing', async () => {
    const errors = [
      { path: 'account', message: 'must not be empty' },
      { path: 'payload.to', message: 'is odd' },
    ]
    const problem = { code: 'invalid_request', detail: 'no', errors } as const
    const { client } = await connect(() => Promise.reject(new Refusal(problem)))
    const result = await client.callTool({ name: 'check_action', arguments: SEND })
    expect(textOf(result)).toContain('\n- `account` must not be empty\n- `payload.to` is odd\n')
  })
})

describe('what should not happen', () => {
  const broken: Api = () => Promise.reject(new TypeError('secret: s3cr3t at /srv/umpire/x.js:1'))

  it('is told as that and no more, and reported', async () => {
    const { client, errors } = await connect(broken)
    const result = await client.callTool({ name: 'redeem_lease', arguments: { token: `uml_${'A'.repeat(64)}` } })
    expect(textOf(result)).toBe(
      'internal: an unexpected error\nDo not act. Tell whoever runs Umpire, and name the time.',
    )
    await expect(client.readResource({ uri: 'umpire://ruleset' })).rejects.toThrow(/an unexpected error; tell whoever/)
    expect(errors).toHaveLength(2)
  })
})

describe('what tools ask of the API', () => {
  it('is the person’s decision, come through mcp, whatever the arguments say', async () => {
    const { client, asked } = await connect(refusal('not_found', 'no'))
    const answer = { resolution: 'dismiss', reason: 'other', adjudication: randomUUID() }
    const escalation = randomUUID()
    const call = (more: object) =>
      client.callTool({ name: 'resolve_escalation', arguments: { escalation, ...answer, ...more } })
    await call({})
    expect(asked).toMatchObject([{ path: `/v1/escalations/${escalation}/resolve`, body: { ...answer, via: 'mcp' } }])
    for (const forged of [{ via: 'console' }, { reviewer: 'ben' }]) {
      expect(textOf(await call(forged))).toMatch(/^invalid_request: `(via|reviewer)` is not known here/)
    }
    expect(asked).toHaveLength(1)
  })
})
