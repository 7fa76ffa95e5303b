import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll } from 'vitest'

export interface SentRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** What is done with one request. */
export type Turn = (response: ServerResponse, request: SentRequest) => void

export interface ScriptedServer {
  readonly url: string
  /** All that were made since the last script. */
  readonly requests: readonly SentRequest[]
  /** What is done with the next requests, in turn; the last of them with all that follow. */
  script(...turns: Turn[]): void
}

/** A server on the other end of a real connection that does to it whatever networks do. */
export async function startScriptedServer(): Promise<ScriptedServer> {
  let turns: Turn[] = []
  let requests: SentRequest[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('error', () => {})
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const sent = { method, url, headers, body: Buffer.concat(chunks).toString() }
      requests.push(sent)
      turns[Math.min(requests.length, turns.length) - 1]?.(response, sent)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests
    },
    script(...next) {
      turns = next
      requests = []
    },
  }
}

export const answer =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Turn =>
  (response) => {
    const isText = typeof body === 'string'
    response.writeHead(status, { 'content-type': isText ? 'text/html' : 'application/json', ...headers })
    response.end(isText ? body : JSON.stringify(body))
  }

/** A problem document, as the service writes it. */
export const problem = (status: number, code: string, headers: Readonly<Record<string, string>> = {}): Turn =>
  answer(
    status,
    {
      type: `urn:umpire:problem:${code}`,
      title: `The title of ${code}`,
      status,
      code,
      detail: `the detail of ${code}`,
      instance: 'urn:uuid:1',
    },
    { 'content-type': 'application/problem+json', ...headers },
  )

/** Nothing, ever. */
export const stall: Turn = () => {}

/** The connection breaks off. */
export const reset: Turn = (response) => response.socket?.resetAndDestroy()

/** Half of an answer, and then nothing. */
export const stallMidway: Turn = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
  response.write('{"verdict": "al')
}

/** Half of an answer, and the connection breaks off. */
export const resetMidway: Turn = (response, request) => {
  stallMidway(response, request)
  response.socket?.once('drain', () => response.socket?.destroy())
  setImmediate(() => response.socket?.destroy())
}

/** A byte now and then, for as long as anybody listens. */
export const drip: Turn = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  const dripping = setInterval(() => response.write(' '), 5)
  response.once('close', () => clearInterval(dripping))
}
