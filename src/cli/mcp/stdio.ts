import type { Readable, Writable } from 'node:stream'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import {
  isJSONRPCRequest,
  type JSONRPCMessage,
  type JSONRPCRequest,
  JSONRPCResponseSchema,
} from '@modelcontextprotocol/sdk/types.js'
import { Refused } from '../client.ts'
import { failureOf } from '../failure.ts'

/**
 * Answers one request of the protocol, as `POST /mcp` does.
 * @throws what `failureOf` has words for
 */
export type Answer = (request: JSONRPCRequest) => Promise<unknown>

export interface Stdio {
  readonly stdin: Readable
  readonly stdout: Writable
  /** What goes wrong, a line each: never to stdout, which is the protocol's. */
  readonly complain: (line: string) => void
}

/**
 * The Model Context Protocol over standard input and output (a message a line), until input ends or `stopped`; what is under
 * way then is answered. Notifications go no further: there is no state that they could change.
 */
export async function serveStdio(
  answer: Answer,
  { stdin, stdout, complain }: Stdio,
  stopped: AbortSignal,
): Promise<void> {
  const transport = new StdioServerTransport(stdin as NodeJS.ReadStream, stdout as NodeJS.WriteStream)
  const underWay = new Set<Promise<void>>()
  const ended = new Promise<void>((resolve) => {
    stdin.once('end', resolve).once('close', resolve)
    stopped.addEventListener('abort', () => resolve(), { once: true })
    // While a service of its own was started, for one.
    if (stopped.aborted) resolve()
    // A line that is longer than it keeps in mind.
    transport.onclose = resolve
  })
  transport.onerror = ({ message }) => complain(`umpire: a message that can't be read: ${message}`)
  transport.onmessage = (message: JSONRPCMessage) => {
    if (!isJSONRPCRequest(message)) return
    const work = answerTo(message, answer, complain)
      .then((response) => transport.send(response))
      .finally(() => underWay.delete(work))
    underWay.add(work)
  }
  await transport.start()
  await ended
  stdin.destroy()
  await Promise.all(underWay)
}

async function answerTo(request: JSONRPCRequest, answer: Answer, complain: Stdio['complain']): Promise<JSONRPCMessage> {
  try {
    return JSONRPCResponseSchema.parse(await answer(request))
  } catch (error) {
    const { message } = failureOf(error, {})
    complain(message)
    return failed(request, message, error instanceof Refused)
  }
}

/**
 * A model hears of a tool that failed only where that is its result.
 * @param isRefused the same again would be refused again
 */
function failed({ id, method }: JSONRPCRequest, message: string, isRefused: boolean): JSONRPCMessage {
  const jsonrpc = '2.0'
  if (method !== 'tools/call') return { jsonrpc, id, error: { code: SERVER_ERROR, message } }
  const next = isRefused ? '' : ' Call again later with the same arguments.'
  const text = `${message}\nYou have no permission: do not act.${next}`
  return { jsonrpc, id, result: { isError: true, content: [{ type: 'text', text }] } }
}

const SERVER_ERROR = -32_000
