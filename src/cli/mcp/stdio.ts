import type { Readable, Writable } from 'node:stream'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import {
  isJSONRPCRequest,
  type JSONRPCMessage,
  type JSONRPCRequest,
  JSONRPCResponseSchema,
} from '@modelcontextprotocol/sdk/types.js'
import { PROBLEM_CODES } from '../../app/problem.ts'
import { Refusal } from '../../mcp/api.ts'
import { answerToMistake, failed } from '../../mcp/mistake.ts'
import { Refused, Unreachable } from '../client.ts'
import { CommandError, failureOf } from '../failure.ts'

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
  transport.onerror = (error) => complain(`umpire: a message that can't be read: ${whyUnread(error)}`)
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

/** Of what is no JSON-RPC the schemas say more than anybody reads. */
function whyUnread({ name, message }: Error): string {
  return name === 'ZodError' ? 'it is no request, notification or answer of JSON-RPC 2.0' : message
}

async function answerTo(request: JSONRPCRequest, answer: Answer, complain: Stdio['complain']): Promise<JSONRPCMessage> {
  // Before it is written anew, which makes `null` of numbers that are beyond the range.
  const mistaken = answerToMistake(request)
  if (mistaken) return mistaken
  try {
    const { data: response } = JSONRPCResponseSchema.safeParse(await answer(request))
    if (response !== undefined) return response
    throw new CommandError('what answers is no Umpire; name another by --url or UMPIRE_URL')
  } catch (error) {
    const { message } = failureOf(error, {})
    complain(message)
    return failed(request, asRefusal(error, message))
  }
}

function asRefusal(error: unknown, message: string): Refusal {
  if (error instanceof Refused) {
    const { code, status, retryAfter } = error
    const known = PROBLEM_CODES.find((name) => name === code) ?? (status < 500 ? 'invalid_request' : 'internal')
    return new Refusal({ code: known, detail: error.message }, retryAfter)
  }
  if (error instanceof Unreachable)
    return new Refusal({ code: 'unavailable', detail: message }, null, 'Call again later with the same arguments.')
  return new Refusal({ code: 'internal', detail: message }, null, 'Tell whoever set up this connection.')
}
