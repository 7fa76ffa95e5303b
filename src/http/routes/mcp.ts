import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'
import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import type { App } from '../../app/app.ts'
import { Problem } from '../../app/problem.ts'
import { type Api, type ProblemTold, Refusal } from '../../mcp/api.ts'
import { createMcpServer } from '../../mcp/mcp.ts'
import { answerToMistake, MESSAGE_BYTES_AT_MOST } from '../../mcp/mistake.ts'
import { describeFailure } from '../../telemetry/failure.ts'
import { dispatch } from '../dispatch.ts'
import { type Http, JSON_TYPE } from '../http.ts'
import { readJson } from '../parse-json.ts'
import { refuseEncoded } from '../plugins/json.ts'

export interface McpRouteOptions {
  /** Of the service. */
  readonly version: string
  /** Markdown. */
  readonly glossary: string
  /** Whether people may resolve escalations over MCP. */
  readonly resolves: boolean
}

/**
 * The Model Context Protocol over Streamable HTTP. Stateless: every message brings all that it needs, so any process answers
 * it, a restart loses nothing, and there are no sessions to keep apart or to end. We have nothing to tell a client that has
 * not asked, so that answers are plain JSON, and there is nothing to GET or DELETE.
 *
 * Needs `authenticateRequests` before it. A tool's request to the API goes through its routes with the caller's key.
 */
export function mcpRoutes(http: Http, app: App, { version, glossary, resolves }: McpRouteOptions): void {
  readMessages(http)
  const options = { onRequest: refuseForeignOrigins(app), bodyLimit: MESSAGE_BYTES_AT_MOST, schema: { hide: true } }
  http.post('/mcp', options, async (request, reply) => {
    if (Array.isArray(request.body)) {
      throw new Problem('invalid_request', 'a message comes alone: the protocol has no batches any more')
    }
    const mistaken = answerToMistake(request.body)
    if (mistaken) return reply.send(mistaken)
    const server = createMcpServer({
      version,
      glossary,
      resolves,
      kind: request.principal.kind,
      api: apiFor(http, request),
      onError: (error) => app.log.error({ requestId: request.id, error: describeFailure(error) }, 'mcp failed'),
    })
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true })
    await server.connect(transport)
    try {
      const answer = await transport.handleRequest(messageOf(request), { parsedBody: request.body })
      const body = await answer.text()
      return reply.code(answer.status).header('content-type', JSON_TYPE).send(body)
    } finally {
      await server.close()
    }
  })
}

/** Takes all JSON: what can't be kept is refused as what a model hears of. */
function readMessages(http: Http): void {
  http.removeContentTypeParser('application/json')
  http.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      refuseEncoded(request)
      return readJson(body)
    },
  )
}

/**
 * What the transport looks at besides the body, which is parsed: no credentials. Whoever takes no event streams gets none
 * anyway, and need not say that they would.
 */
function messageOf({ headers }: FastifyRequest): Request {
  const version = headers['mcp-protocol-version']
  return new Request('http://umpire/mcp', {
    method: 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...(typeof version === 'string' && { 'mcp-protocol-version': version }),
    },
  })
}

/** A page of another origin must not use us through the browser of somebody who can reach us (DNS rebinding). */
function refuseForeignOrigins({ publicUrl }: App): onRequestHookHandler {
  const own = new URL(publicUrl).origin
  return ({ headers: { origin } }, _reply, done) => {
    if (origin === undefined || origin === own) return done()
    const detail = `pages of \`${origin.slice(0, 200)}\` may not call this; only those of UMPIRE_PUBLIC_URL, \`${own}\`, may`
    done(new Problem('forbidden', detail))
  }
}

function apiFor(http: Http, request: FastifyRequest): Api {
  const authorization = request.headers.authorization ?? ''
  return async ({ method, path, query = {}, body, idempotencyKey }) => {
    const answer = await dispatch(http, {
      method,
      url: `${path}${queryOf(query)}`,
      headers: { authorization, ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }) },
      body,
      from: request.ip,
    })
    if (answer.status < 400) return answer.body
    const wait = answer.headers['retry-after']
    throw new Refusal(answer.body as ProblemTold, wait === undefined ? null : Number(wait))
  }
}

function queryOf(query: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  )
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}
