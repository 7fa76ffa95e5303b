import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../../app/app.ts'
import { Problem, type ProblemCode } from '../../app/problem.ts'
import { describeFailure } from '../../telemetry/failure.ts'
import { httpProblem, KINDS, PROBLEM_TYPE, problemDocument } from '../errors.ts'
import { shownPath } from '../shown-path.ts'
import { shorten } from '../validation.ts'

/** Answers every failure with a problem document, and logs those that are ours. */
export function answerErrors(http: FastifyInstance, app: App): void {
  http.setErrorHandler((error, request, reply) => sendProblem(app, error, request, reply))
  const methods = knownMethods(http)
  http.setNotFoundHandler((request, reply) => {
    const path = shorten(shownPath(request.url))
    const allowed = methods(pathOf(request))
    if (allowed.length === 0) {
      const detail = `there is nothing at \`${path}\`; \`/docs\` lists what there is`
      return sendProblem(app, new Problem('not_found', detail), request, reply)
    }
    reply.header('allow', allowed.join(', '))
    const detail = `\`${path}\` does not have ${request.method}, but ${allowed.join(', ')}`
    return sendProblem(app, new Problem('method_not_allowed', detail), request, reply)
  })
}

export function sendProblem(app: App, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = httpProblem(error, () => request.routeOptions.bodyLimit)
  const { status, retryAfter } = KINDS[problem.code]
  if (status >= 500) logFailure(app, problem, request)
  if (retryAfter !== undefined && !reply.hasHeader('retry-after')) reply.header('retry-after', retryAfter)
  if (status === 401) reply.header('www-authenticate', 'Bearer')
  return reply
    .code(status)
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(problemDocument(problem, request.id)))
}

function logFailure({ log }: App, problem: Problem, request: FastifyRequest): void {
  const error = describeFailure(problem.cause ?? problem)
  const line = {
    requestId: request.id,
    method: request.method,
    path: shownPath(request.url),
    code: problem.code,
    error,
  }
  if (problem.code === 'internal') log.error(line, 'request failed')
  else log.warn(line, 'request not served')
}

function pathOf({ url }: FastifyRequest): string {
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

/** Which methods the routes have that a path matches; routes registered afterwards count too. */
function knownMethods(http: FastifyInstance): (path: string) => readonly string[] {
  const routes = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>()
  http.addHook('onRoute', ({ url, method }) => {
    const route = routes.get(url) ?? { pattern: toPattern(url), methods: new Set() }
    for (const name of [method].flat()) route.methods.add(name)
    routes.set(url, route)
  })
  return (path) => {
    const matching = [...routes.values()].filter(({ pattern }) => pattern.test(path))
    return [...new Set(matching.flatMap(({ methods }) => [...methods]))].sort()
  }
}

/** `/v1/accounts/:account` as a regular expression. */
function toPattern(url: string): RegExp {
  const segments = url.split('/').map((segment) => {
    if (segment.startsWith(':')) return '[^/]+'
    if (segment === '*') return '.*'
    return segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  })
  return new RegExp(`^${segments.join('/')}$`)
}

const TRANSPORT: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'the request did not arrive in time'],
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'the headers have more than 16 KiB'],
}

/** For what is not HTTP, so that there is neither a request nor a reply. */
export function answerMalformed(error: NodeJS.ErrnoException, socket: Socket, requestId: string): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const [code, detail] = TRANSPORT[error.code ?? ''] ?? ['invalid_request', 'the request is not valid HTTP']
  const body = JSON.stringify(problemDocument(new Problem(code, detail), requestId))
  const { status } = KINDS[code]
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: ${PROBLEM_TYPE}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}
