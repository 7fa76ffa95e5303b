import { MESSAGE_BYTES_AT_MOST } from '../../mcp/mistake.ts'
import { Refused } from '../client.ts'
import { connect, copilotKey } from '../connection.ts'
import { CommandError, UsageError } from '../failure.ts'
import { type Answer, type Stdio, serveStdio } from './stdio.ts'

export interface McpCommand {
  readonly url?: string
  readonly embedded: boolean
}

/** Serves one copilot over standard input and output: what it asks goes to a service, or is answered in this process. */
export async function serveCopilot({ url, embedded }: McpCommand): Promise<void> {
  if (embedded && url !== undefined) throw new UsageError('--embedded needs no service: leave --url out')
  const interruption = new AbortController()
  const interrupt = () => interruption.abort()
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    await (embedded ? serveEmbedded(interruption) : serveRemote(url, interruption.signal))
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

const stdio: Stdio = { stdin: process.stdin, stdout: process.stdout, complain: (line) => console.error(line) }

async function serveRemote(url: string | undefined, stopped: AbortSignal): Promise<void> {
  const client = await connect(
    { url: serviceOf(url ?? (process.env.UMPIRE_URL || undefined)) },
    stopped,
    copilotKey(process.env),
  )
  const answer: Answer = async (request) => {
    // A service that refuses it does so before it has read it, and a connection that ends then tells nobody why.
    const size = Buffer.byteLength(JSON.stringify(request))
    if (size <= MESSAGE_BYTES_AT_MOST) return client.send('POST', '/mcp', request)
    throw new Refused(413, `the message has ${size} bytes; at most ${MESSAGE_BYTES_AT_MOST} fit`, 'payload_too_large')
  }
  await serveStdio(answer, stdio, stopped)
}

/** Hosts that speak HTTP are given the URL of `/mcp`, so that some is given here, too. */
function serviceOf(url: string | undefined): string | undefined {
  return url?.replace(/\/mcp\/*$/, '')
}

async function serveEmbedded(interruption: AbortController): Promise<void> {
  const { startEmbeddedService } = await import('./embedded.ts')
  const service = await startEmbeddedService(process.env)
  let lost: string | undefined
  service.lost.then((reason) => {
    lost = reason
    interruption.abort()
  })
  try {
    await serveStdio(service.answer, stdio, interruption.signal)
  } finally {
    await service.close()
  }
  if (lost !== undefined) throw new CommandError(lost)
}
