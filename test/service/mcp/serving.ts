import { readFileSync } from 'node:fs'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { afterwards } from '../afterwards.ts'
import { listen } from '../deliveries/receiver.ts'
import { createTestHttp, type TestHttp, type TestHttpOptions } from '../http/http.ts'

/** The API with `/mcp`, listening. */
export interface McpServing extends TestHttp {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
}

export const GLOSSARY = readFileSync(new URL('../../../docs/glossary.md', import.meta.url), 'utf8')

/** Call it at the top level of a file or `describe`. */
export async function createMcpServing(options: TestHttpOptions & { resolves?: boolean } = {}): Promise<McpServing> {
  const { resolves = false, ...rest } = options
  const test = await createTestHttp({ mcp: { glossary: GLOSSARY, resolves }, ...rest })
  const port = await listen(test.http.server)
  return { ...test, url: `http://127.0.0.1:${port}` }
}

/** What a copilot is built with. */
export interface Mcp {
  readonly client: Client
  /** The result of a tool, checked against its output schema by the client. */
  call(name: string, args?: Record<string, unknown>): Promise<CallToolResult>
  /** The answer of a tool that must not fail. */
  ask(name: string, args?: Record<string, unknown>): Promise<any>
}

/** Connects the SDK's own client over Streamable HTTP. */
export async function connectOverHttp(url: string, key: string): Promise<Mcp> {
  const transport = new StreamableHTTPClientTransport(new URL('/mcp', url), {
    requestInit: { headers: { authorization: `Bearer ${key}` } },
  })
  return connected(transport)
}

/** A client that is connected, and knows the schemas of all tools. */
export async function connected(transport: Parameters<Client['connect']>[0]): Promise<Mcp> {
  const client = new Client({ name: 'copilot', version: '1.0.0' })
  afterwards(() => client.close())
  await client.connect(transport)
  await client.listTools()
  const call = async (name: string, args: Record<string, unknown> = {}) =>
    (await client.callTool({ name, arguments: args })) as CallToolResult
  return {
    client,
    call,
    async ask(name, args) {
      const result = await call(name, args)
      if (result.isError) throw new Error(said(result))
      return result.structuredContent
    },
  }
}

/** What a model reads. */
export function said({ content }: CallToolResult): string {
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
}

/** The code of the problem, for programs. */
export function codeOf({ _meta }: CallToolResult): unknown {
  return (_meta?.problem as { code?: string } | undefined)?.code
}

export const SEND = {
  account: 'acme',
  decision: 'expansion-outreach',
  action: 'send_expansion_email',
  agent: 'renewal-copilot',
}

/** An account of which the health model alone has spoken, so that its mail may be sent. */
export async function healthyAccount({ call }: McpServing, account: string): Promise<void> {
  await call('PUT', `/v1/accounts/${account}`, { body: { facts: { arr: 180_000, segment: 'mid' } } })
  const signals = [{ id: 'h', agent: 'pulse', account, claim: 'healthy', confidence: 0.9 }]
  await call('POST', '/v1/signals', { body: { signals } })
}

/** A churn agent contradicts, so that a person decides. */
export async function doubted({ call }: McpServing, account: string): Promise<void> {
  const signals = [{ id: 'c', agent: 'churn-radar', account, claim: 'churn_risk', confidence: 0.82 }]
  await call('POST', '/v1/signals', { body: { signals } })
}

/** The key of the copilot, bound to its agent. */
export function copilotKey({ keyOf }: McpServing, name = 'copilot'): Promise<string> {
  const scopes = ['adjudications:write', 'signals:write', 'read'] as const
  return keyOf({ name, principal: 'agent', scopes, agents: ['renewal-copilot'] })
}

/** The key of a reviewer. */
export function personKey({ keyOf }: McpServing, name = 'maria'): Promise<string> {
  return keyOf({ name, principal: 'person', scopes: ['adjudications:write', 'escalations:review', 'read'] })
}
