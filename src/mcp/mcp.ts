import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import {
  CallToolRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
} from '@modelcontextprotocol/sdk/types.js'
import { type Api, Refusal } from './api.ts'
import { INSTRUCTIONS, PROMPTS, promptText } from './prompt.ts'
import { RESOURCES, readResource } from './resources.ts'
import { type Result, refused } from './result.ts'
import type { OnError } from './tool.ts'
import { type Allowance, toolsOf, whyNot } from './tools.ts'

export interface McpOptions extends Allowance {
  /** Of the service. */
  readonly version: string
  /** Markdown. */
  readonly glossary: string
  /** In the name of whoever is served. */
  readonly api: Api
  readonly onError: OnError
}

/**
 * Umpire over the Model Context Protocol, for one caller and whatever transport it is connected to. It keeps nothing from
 * one message to the next.
 *
 * The SDK's plain `Server` rather than its `McpServer`: what is wrong with arguments is told in our words, and schemas are
 * made once for all callers.
 */
export function createMcpServer(options: McpOptions): Server {
  const { version, glossary, api, onError } = options
  const server = new Server(
    { name: 'umpire', title: 'Umpire', version },
    { capabilities: { tools: {}, resources: {}, prompts: {} }, instructions: INSTRUCTIONS },
  )
  const tools = toolsOf(options)
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: tools.map(({ listing }) => listing) }))
  server.setRequestHandler(CallToolRequestSchema, ({ params }) => callTool(options, params.name, params.arguments))
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: [...RESOURCES] }))
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates: [] }))
  server.setRequestHandler(ReadResourceRequestSchema, ({ params }) =>
    readOrTell(async () => ({ contents: [await readResource(params.uri, api, glossary)] }), onError),
  )
  server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: [...PROMPTS] }))
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => {
    const text = promptText(params.name, params.arguments)
    return { messages: [{ role: 'user', content: { type: 'text', text } }] }
  })
  return server
}

async function callTool(options: McpOptions, name: string, args: unknown): Promise<Result> {
  const tools = toolsOf(options)
  const tool = tools.find(({ listing }) => listing.name === name)
  if (tool) return tool.run(options.api, args, options.onError)
  const detail = whyNot(name, options)
  if (detail === undefined) {
    const known = tools.map(({ listing }) => listing.name).join(', ')
    throw new McpError(ErrorCode.InvalidParams, `no tool \`${name.slice(0, 200)}\`; there are ${known}`)
  }
  return refused(new Refusal({ code: 'forbidden', detail }, null, LEAVE_TO_PEOPLE))
}

const LEAVE_TO_PEOPLE = 'Leave the decision to the people of its queue, and do not act before they have decided.'

/** What the SDK would tell of an error is its message, whatever that says. @throws McpError */
async function readOrTell<T>(read: () => Promise<T>, onError: OnError): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof McpError) throw error
    if (error instanceof Refusal) throw new McpError(ErrorCode.InvalidRequest, error.message, error.problem)
    onError(error)
    throw new McpError(ErrorCode.InternalError, 'an unexpected error; tell whoever runs Umpire')
  }
}
