import type { Queue } from 'bullmq'
import { type FastifyInstance, fastify } from 'fastify'
import type { App } from '../app/app.ts'
import { Problem } from '../app/problem.ts'
import type { Http } from './http.ts'
import { authenticateRequests, basicPassword, bearerToken, needs } from './plugins/auth.ts'

/** BullMQ's queues, as the board needs them. */
export interface BoardQueues {
  /** Why they can't be reached at the moment; null: they can. */
  readonly away: string | null
  /** Once they have been reached. */
  readonly opened: Promise<readonly Queue[]>
}

const PATH = '/admin/queues'

/**
 * Serves bull-board, a page that shows what is queued, under `/admin/queues` to the holders of admin keys: over Basic
 * authentication, the key as password, since a browser can't send it otherwise. Needs `countRequests` before it.
 *
 * The board shows and changes nothing. Browsers send these credentials along whoever makes them ask, so that another
 * site could have buttons pressed; and what is queued follows from the database, which is the place to change it.
 */
export function serveBoard(http: Http, app: App, queues: BoardQueues): void {
  let board: Promise<FastifyInstance> | undefined
  authenticateRequests(http, app, (header) => bearerToken(header) ?? basicPassword(header))
  http.addHook('onRequest', needs('admin'))
  // What it refuses; the board itself sends its own.
  http.addHook('onSend', (_request, reply, _payload, done) => {
    reply.header('cache-control', 'no-store')
    if (reply.statusCode === 401) reply.header('www-authenticate', 'Basic realm="Umpire admin key", charset="UTF-8"')
    done()
  })
  http.addHook('onClose', async () => (await board)?.close())
  for (const path of [PATH, `${PATH}/*`]) {
    http.get(path, { schema: { hide: true } }, async (request, reply) => {
      if (queues.away !== null) {
        throw new Problem('unavailable', `the queues can't be reached at the moment: ${queues.away}; try again shortly`)
      }
      // Most processes never show it: it is loaded for whoever asks first.
      board ??= queues.opened.then(buildBoard)
      const { routing } = await board
      reply.hijack()
      routing(request.raw, reply.raw)
    })
  }
}

/** A server of its own that never listens, since the board brings its own ways to parse, answer and fail. */
async function buildBoard(queues: readonly Queue[]): Promise<FastifyInstance> {
  const [{ createBullBoard }, { BullMQAdapter }, { FastifyAdapter }] = await Promise.all([
    import('@bull-board/api'),
    import('@bull-board/api/bullMQAdapter'),
    import('@bull-board/fastify'),
  ])
  const serverAdapter = new FastifyAdapter().setBasePath(PATH)
  createBullBoard({
    queues: queues.map((queue) => new BullMQAdapter(queue, { readOnlyMode: true })),
    serverAdapter,
    options: { uiConfig: UI },
  })
  const board = fastify()
  board.addHook('onSend', (_request, reply, _payload, done) => {
    reply.headers(HEADERS)
    done()
  })
  await board.register(serverAdapter.registerPlugin(), { prefix: PATH })
  await board.ready()
  return board
}

const UI = {
  boardTitle: 'Umpire',
  hideDocsLink: true,
  // Its own would come from the Internet.
  theme: { light: { 'font-sans': 'system-ui, sans-serif' }, dark: { 'font-sans': 'system-ui, sans-serif' } },
}

/** Nothing but this page, within no other, and kept by no cache. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; form-action 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}
