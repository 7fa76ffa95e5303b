import { compose } from '../../compose.ts'
import { readConfig } from '../../config.ts'
import { dispatch } from '../../http/dispatch.ts'
import type { ProblemTold } from '../../mcp/api.ts'
import { createLogger } from '../../server.ts'
import { joinStore } from '../../storage/open.ts'
import { Refused } from '../client.ts'
import { copilotKey } from '../connection.ts'
import type { Answer } from './stdio.ts'

/** A service of the command's own that listens nowhere. */
export interface EmbeddedService {
  readonly answer: Answer
  /** Resolves, with the reason, when it can't go on. */
  readonly lost: Promise<string>
  close(): Promise<void>
}

/**
 * The whole service within this process, on the data that the environment names: through a running service's embedded server
 * where there is one. It works on queues, too, so that clocks strike and people are told though nothing else runs.
 *
 * @throws CommandError where there is no key, what `compose` throws
 */
export async function startEmbeddedService(env: NodeJS.ProcessEnv): Promise<EmbeddedService> {
  const config = readConfig(env)
  const { key } = copilotKey(env)
  const options = { open: joinStore, showsAdminKey: false }
  const { http, lost, close } = await compose(config, createLogger(config, process.stderr), options)
  try {
    await http.ready()
    const headers = { authorization: `Bearer ${key}` }
    return {
      async answer(request) {
        const answer = await dispatch(http, { method: 'POST', url: '/mcp', headers, body: request })
        if (answer.status < 400) return answer.body
        const { detail, code } = answer.body as ProblemTold
        const wait = answer.headers['retry-after']
        throw new Refused(answer.status, detail, code, wait === undefined ? null : String(wait))
      },
      lost,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
