import { reasonOf } from '../client/error.ts'
import { CommandError } from './failure.ts'

/** The API of a running service, as any client sees it. */
export interface Client {
  /**
   * @returns the answer's JSON
   * @throws Refused, Unreachable, and CommandError where it is interrupted or what answers is no Umpire
   */
  send(method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown>
}

export interface ClientOptions {
  /** Without a slash at its end. */
  readonly url: string
  readonly key: string
  /** Variable or file that holds the key, for whoever has to mend it. */
  readonly keyFrom?: string
  readonly interrupted?: AbortSignal
}

/** The service said no; the message is what it says. */
export class Refused extends CommandError {
  readonly status: number
  /** Of the problem; undefined where it says none. */
  readonly code: string | undefined
  /** Seconds after which it makes sense to try again; null: that helps nothing. */
  readonly retryAfter: number | null

  constructor(status: number, detail: string, code?: string, retryAfter: string | null = null) {
    super(detail)
    this.status = status
    this.code = code
    this.retryAfter = retryAfter === null ? null : Number(retryAfter)
  }
}

/** Nobody answers, or nobody who could: it is worth trying again. */
export class Unreachable extends CommandError {
  readonly what: string

  constructor(what: string, advice: string) {
    super(`${what}; ${advice}`)
    this.what = what
  }
}

export function createClient({ url, key, keyFrom, interrupted }: ClientOptions): Client {
  return {
    async send(method, path, body) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
        ...(interrupted && { signal: interrupted }),
      }).catch((error: Error) => {
        throw interrupted?.aborted ? new CommandError('interrupted') : unreachable(url, reasonOf(error))
      })
      const answer = await response.text().then(parse, () => undefined)
      if (response.ok && answer) return answer
      if (interrupted?.aborted) throw new CommandError('interrupted')
      throw refusal(response, answer, url, keyFrom)
    },
  }
}

function refusal(
  { status, statusText, headers }: Response,
  answer: Answer | undefined,
  url: string,
  keyFrom: string | undefined,
): CommandError {
  if (answer?.detail === undefined) {
    const said = `\`${url}\` answers ${[status, statusText].filter(Boolean).join(' ')}`
    // A proxy whose service is away says so in its own words.
    if (status >= 502) return new Unreachable(said, 'try again once the service is up')
    return new CommandError(`${said}, as no Umpire does; name another by --url or UMPIRE_URL`)
  }
  if (status === 401 && keyFrom)
    return new Refused(status, `\`${url}\` refuses the key in ${keyFrom}: ${answer.detail}`, answer.code)
  if (status === 503) return new Unreachable(`\`${url}\` is not ready`, answer.detail)
  return new Refused(status, [answer.detail, ...wrongIn(answer)].join('\n'), answer.code, headers.get('retry-after'))
}

/** All that is wrong with rules that were sent, a line each: the detail does not say. */
function wrongIn({ code, errors = [] }: Answer): readonly string[] {
  return code === 'invalid_ruleset' ? errors.map(({ message }) => message) : []
}

function unreachable(url: string, reason: string): Unreachable {
  return new Unreachable(
    `no service answers at \`${url}\` (${reason})`,
    'start it with `umpire serve`, or name another by --url or UMPIRE_URL',
  )
}

interface Answer {
  readonly code?: string
  readonly detail?: string
  readonly errors?: readonly { readonly message: string }[]
}

function parse(text: string): Answer | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Does `work` for all items, at most `limit` at a time. Results are in the order of the items. */
export async function inFlight<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = new Array(items.length)
  let next = 0
  const lane = async () => {
    while (next < items.length) {
      const i = next++
      results[i] = await work(items[i] as T)
    }
  }
  const lanes = Array.from({ length: limit }, () =>
    lane().catch((error) => {
      // No more is begun once one has failed.
      next = items.length
      throw error
    }),
  )
  await Promise.all(lanes)
  return results
}
