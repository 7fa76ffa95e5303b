import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Server } from 'node:net'
import { afterAll } from 'vitest'
import { freePort } from '../ports.ts'

export interface Received {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Receiver {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  readonly port: number
  readonly received: readonly Received[]
  /** How the requests from now on are answered; 200 at first. */
  answer(how: (response: ServerResponse, request: IncomingMessage) => void): void
  /** Resolves when so many requests have arrived. */
  arrived(count: number): Promise<void>
}

/** A server on this machine that keeps what it is sent. Call it at the top level of a file or `describe`. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = []
  const waiting = new Set<() => void>()
  let answer: Parameters<Receiver['answer']>[0] = (response) => response.end('ok')
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    received.push({ url: request.url!, headers: request.headers, body })
    for (const look of waiting) look()
    answer(response, request)
  })
  const port = await listen(server)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    received,
    answer: (how) => {
      answer = how
    },
    arrived: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (received.length < count) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
  }
}

/** Listens on this machine, on a port that nobody else has. */
export async function listen(server: Server & { closeAllConnections?: (() => void) | undefined }): Promise<number> {
  for (;;) {
    const port = await freePort()
    server.listen(port, '127.0.0.1')
    const taken = await once(server, 'listening').then(
      () => false,
      (error) => {
        if (error.code === 'EADDRINUSE') return true
        throw error
      },
    )
    if (taken) continue
    afterAll(() => {
      server.closeAllConnections?.()
      server.close()
    })
    return port
  }
}
