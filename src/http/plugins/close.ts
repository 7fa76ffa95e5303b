import { once } from 'node:events'
import type { Server } from 'node:http'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

/** Once a close has begun, requests are still taken for so long. Milliseconds. */
const FAREWELL = 500
/** After that, answers are waited for so long, and requests that have not arrived whole. Milliseconds. */
const PATIENCE = 5_000

/**
 * Loses nobody's request when the service closes. A connection that looks idle may have a request on its way, which
 * closing it would lose. So for a moment everything is still answered, each time with `connection: close`: busy clients
 * leave by themselves (RFC 9112, 9.6). Then nobody is let in any more, and what is under way is answered. What takes
 * longer than `PATIENCE` is cut off: whoever stops us does not wait for ever, Docker ten seconds.
 */
export function closeGently(http: FastifyInstance): void {
  let closing = false
  http.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing) reply.header('connection', 'close')
    done()
  })
  http.addHook('preClose', async () => {
    if (!http.server.listening) return
    closing = true
    await sleep(FAREWELL)
    await lull(http.server)
    // By ourselves, since Fastify would do it some turns later.
    const closed = once(http.server.close(), 'close')
    const patience = setTimeout(() => http.server.closeAllConnections(), PATIENCE)
    await closed
    clearTimeout(patience)
  })
}

/**
 * Resolves when a turn of the event loop has brought nothing new, or after 200 turns: the moment to stop listening, as
 * the kernel then resets the connections that it has taken and we have not.
 */
async function lull(server: Server): Promise<void> {
  let news = true
  const note = () => {
    news = true
  }
  server.on('connection', note).on('request', note)
  for (let turn = 0; news && turn < 200; turn++) {
    news = false
    await nextTurn()
  }
  server.off('connection', note).off('request', note)
}
